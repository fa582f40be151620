/**
 * What all stream decoders share: the end marker, events that can't be read, bodies without framing, nothing more after
 * a failure.
 *
 * OUTBOUND-SSE-1 An event that can't be read ends the answer as cut (WIRE-FORMAT-5). `null`, an empty object and an
 *    empty list carry nothing. An event named `error` is a failure whatever it carries.
 * OUTBOUND-SSE-2 Lines outside of events are read as JSON texts of their own: some servers send the whole
 *    body so, or each chunk. An event of several lines, each of them JSON, is several events: some servers
 *    leave out the blank lines.
 * OUTBOUND-SSE-3 A finish reason proves the answer where the server distinguishes it: content came without one
 *    before, and none came after it. Where every chunk has one, only the end marker or the end of the body
 *    does.
 * OUTBOUND-SSE-4 After a proved finish an error no longer counts: the answer is whole.
 */

import type { Failure } from '../../domain/failures/failure'
import { failed, type Outcome, success } from '../../domain/failures/outcome'
import type { StreamEvent } from '../../domain/streaming/answer'
import { embeddedFailure, readErrorEvent } from './error-body'
import { isObject, parseJson } from './json'
import type { SseEvent, StreamDecoder } from './wire-format'

/** What one parsed event meant. `null`: it has none of the format's shapes. */
export type Step = StreamEvent[] | Failure | null

export interface EventReader {
  /** One JSON object of the stream. */
  read(value: unknown): Step
  isEnd(event: SseEvent): boolean
  /** Was that the last event? Of formats whose last event has content of its own, and so is read like any other. */
  ended?(): boolean
  /** The answer's last word, where the end marker came without a finish reason. */
  lastWord(): StreamEvent
}

/** A body without framing is held until it is whole JSON; no answer that could be carried on is larger. */
const MAX_UNFRAMED_CHARS = 16 * 1024 * 1024

/** OpenAI's end marker; some proxies put it in quotes, or into small letters. */
export const isDone = ({ data }: SseEvent): boolean => /^\s*"?\[done\]"?\s*$/i.test(data)

/** Some proxies frame what is framed already. */
const onceFramed = (data: string): string =>
  /^\s*data:/.test(data) ? data.replace(/^(?:\s*data:)+\s*/, '') : data

const isFailure = (step: Step): step is Failure => step !== null && !Array.isArray(step)

const CONTENT: ReadonlySet<StreamEvent['type']> = new Set([
  'text',
  'reasoning',
  'toolCallStart',
  'toolCallDelta',
])

export const isContent = (event: StreamEvent): boolean => CONTENT.has(event.type)

const UNREADABLE: Failure = {
  class: 'bad_response',
  message: 'cut: an event of the stream could not be read, and may have carried a part of the answer',
}

/** OUTBOUND-SSE-1 */
const carriesNothing = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0)

export const createDecoder = (dialect: EventReader): StreamDecoder => {
  let finished = false
  let ended = false
  /** OUTBOUND-SSE-3 */
  let contentBefore = false
  let proved = false
  /** OUTBOUND-SSE-2 */
  let unframed = ''
  let parseFrom = 0

  const read = (event: SseEvent, value: unknown): Step => {
    if (event.event === 'error') return readErrorEvent(value)
    if (carriesNothing(value)) return []
    if (!isObject(value)) return null
    return embeddedFailure(value) ?? dialect.read(value)
  }

  const take = (step: Step): Outcome<StreamEvent[]> => {
    if (step === null || isFailure(step)) return proved ? success([]) : failed(step ?? UNREADABLE)
    const content = step.some(isContent)
    const finishes = step.some((one) => one.type === 'finish')
    const onlyUsage = step.length > 0 && step.every((one) => one.type === 'usage')
    if (finished && content) proved = false
    else if (finished && onlyUsage) proved = true
    else if (finishes) proved = contentBefore || !content
    if (finishes) finished = true
    else if (content) contentBefore = true
    if (dialect.ended?.()) {
      ended = true
      proved = true
    }
    return success(step)
  }

  /** The unframed lines so far as one JSON text; undefined where they are none yet. */
  const unframedValue = (): unknown => {
    const value = parseJson(unframed)
    if (value !== undefined) unframed = ''
    return value
  }

  const end = (): Outcome<StreamEvent[]> => {
    ended = true
    const events = finished ? [] : [dialect.lastWord()]
    finished = true
    proved = true
    return success(events)
  }

  /** OUTBOUND-SSE-2: a list is the events of a body in one. */
  const takeValue = (event: SseEvent, value: unknown): Outcome<StreamEvent[]> => {
    if (!Array.isArray(value) || value.length === 0) return take(read(event, value))
    const events: StreamEvent[] = []
    for (const one of value) {
      const step = take(read(event, one))
      if (!step.ok) return step
      events.push(...step.value)
    }
    return success(events)
  }

  const pushUnframed = (event: SseEvent): Outcome<StreamEvent[]> => {
    if (unframed === '' && event.data.trim() === '') return success([])
    unframed += unframed === '' ? event.data : `\n${event.data}`
    if (unframed.length > MAX_UNFRAMED_CHARS) return failed(UNREADABLE)
    // Parsed only where it could be whole: a pretty-printed body has thousands of lines.
    if (!/[}\]]\s*$/.test(event.data) || unframed.length < parseFrom) return success([])
    const value = unframedValue()
    if (value !== undefined) parseFrom = 0
    // Each try reads all of it: the next one when it has grown by a tenth.
    else parseFrom = unframed.length * 1.1
    return value === undefined ? success([]) : takeValue(event, value)
  }

  /** What has come without framing and is not whole JSON is lost. */
  const endUnframed = (): Outcome<StreamEvent[]> => {
    if (unframed === '') return success([])
    const value = unframedValue()
    return value === undefined ? take(null) : takeValue({ event: null, data: '' }, value)
  }

  const pushFramed = (framed: SseEvent): Outcome<StreamEvent[]> => {
    const event = { ...framed, data: onceFramed(framed.data) }
    if (dialect.isEnd(event)) return end()
    const value = parseJson(event.data)
    if (value !== undefined) return takeValue(event, value)
    if (event.event === 'error') return take(readErrorEvent(event.data))
    const lines = event.data.split('\n').map((data) => ({ event: event.event, data }))
    const apart =
      lines.length > 1 && lines.every((line) => dialect.isEnd(line) || parseJson(line.data) !== undefined)
    return apart ? pushAll(lines) : take(null)
  }

  /** OUTBOUND-SSE-2 */
  function pushAll(lines: readonly SseEvent[]): Outcome<StreamEvent[]> {
    const events: StreamEvent[] = []
    for (const line of lines) {
      if (ended) break
      const step = pushFramed(line)
      if (!step.ok) return step
      events.push(...step.value)
    }
    return success(events)
  }

  return {
    push(event) {
      if (ended) return success([])
      if (event.unframed) return pushUnframed(event)
      if (event.data.trim() === '' && event.event !== 'error') return success([])
      const before = endUnframed()
      if (!before.ok) return before
      const after = pushFramed(event)
      return after.ok ? success([...before.value, ...after.value]) : after
    },
    end: () => (ended ? success([]) : endUnframed()),
    complete: () => finished,
    proved: () => proved,
    ended: () => ended,
  }
}
