/** What all stream decoders share: the end marker, bad events counted, nothing more after a failure. */
import type { StreamEvent } from '../domain/answer'
import type { Failure } from '../domain/failure'
import { failed, type Outcome, success } from '../domain/outcome'
import { embeddedFailure } from './error-body'
import { isObject, parseJson } from './json'
import type { SseEvent, StreamDecoder } from './wire-format'

/** What one parsed event meant. `null`: it has none of the format's shapes. */
export type Step = StreamEvent[] | Failure | null

export interface Dialect {
  /** One JSON object of the stream. */
  read(value: unknown): Step
  isEnd(event: SseEvent): boolean
  /** The answer's last word, where the end marker came without a finish reason. */
  lastWord(): StreamEvent
}

const isFailure = (step: Step): step is Failure => step !== null && !Array.isArray(step)

/**
 * The decoder of one stream. After the finish reason an error no longer counts: the answer is whole.
 */
export const createDecoder = (dialect: Dialect): StreamDecoder => {
  let finished = false
  let ended = false
  let malformed = 0

  const read = (event: SseEvent): Step => {
    const value = parseJson(event.data)
    if (!isObject(value)) return null
    return embeddedFailure(value) ?? dialect.read(value)
  }

  return {
    push(event): Outcome<StreamEvent[]> {
      if (ended || event.data.trim() === '') return success([])
      if (dialect.isEnd(event)) {
        ended = true
        const events = finished ? [] : [dialect.lastWord()]
        finished = true
        return success(events)
      }
      const step = read(event)
      if (step === null) {
        malformed += 1
        return success([])
      }
      if (isFailure(step)) return finished ? success([]) : failed(step)
      if (step.some((one) => one.type === 'finish')) finished = true
      return success(step)
    },
    complete: () => finished,
    ended: () => ended,
    malformed: () => malformed,
  }
}
