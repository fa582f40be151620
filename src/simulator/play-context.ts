/** What a step is played with. */
import type { Format, Reply } from './formats/format'
import type { Random } from './latency'
import type { Step } from './script'
import type { Wire } from './wire'

export interface PlayContext {
  step: Step
  format: Format
  /** Built when it is needed. */
  reply: () => Reply
  stream: boolean
  model: string
  requestId: string
  wire: Wire
  random: Random
  /** The call is to be paid for: its prompt, and so much of its answer (0 to 1). */
  charge(share: number): void
}

export const headersOf = ({ format, requestId, step }: Omit<PlayContext, 'wire'>, contentType: string) => ({
  'content-type': contentType,
  ...(format.requestIdHeader === null ? {} : { [format.requestIdHeader]: requestId }),
  ...step.headers,
})

export const JSON_TYPE = 'application/json'
const EVENT_STREAM = 'text/event-stream; charset=utf-8'

export const streamTypeOf = ({ format }: Pick<PlayContext, 'format'>): string =>
  format.binary?.contentType ?? EVENT_STREAM
