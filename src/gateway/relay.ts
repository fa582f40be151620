/**
 * A generation's events into an event stream.
 *
 * RELAY-1 The end marker comes only after `done`. Whatever else ends the generation is sent inside the
 *    stream, or by a status where nothing was sent yet.
 * RELAY-2 A client that has gone is noticed by the generation itself (its signal): it decides whether to go
 *    on.
 * RELAY-3 A gateway that has to go says so, and the generation goes on.
 */
import type { FastifyReply } from 'fastify'
import { HoldfastError } from '../client'
import type { AnswerEvent } from '../formats/inbound'
import { type EventStream, openEventStream } from './event-stream'
import type { StreamFormat } from './formats'
import type { Limits } from './limits'
import type { StreamMeter } from './metrics'
import { errorResponse, goingAway, internalError } from './problems'
import { goesOn, type RequestContext } from './request-context'
import { type StreamProgress, streamHeaders } from './response-headers'

export interface Relay {
  events: AsyncIterable<AnswerEvent>
  format: StreamFormat
  /** An unforeseen error after the status line was sent. */
  onFault(error: unknown): void
  /** Is this error sent inside the stream, although nothing was sent yet? */
  inBand(error: HoldfastError): boolean
  id: string
  durable: boolean
  /** It goes on although its client has gone. */
  shared: boolean
  context: RequestContext
  reply: FastifyReply
  limits: Limits
  meter: StreamMeter
}

/** Resolves when the stream has ended. Rejects with an error that is sent as an HTTP status (RELAY-1). */
export async function relay(given: Relay): Promise<void> {
  const { events, format, id, durable, shared, context, reply, limits, meter } = given
  const progress: StreamProgress = { id, durable, target: null, failed: 0, result: null }
  const stream = openEventStream(reply, limits, format.ping, () => streamHeaders(progress))
  meter.streaming(reply.raw)
  const leave = (): void => answerCut(given, stream)
  if (context.cut.aborted) return leave()
  context.cut.addEventListener('abort', leave, { once: true })
  try {
    for await (const event of events) {
      noteProgress(progress, event)
      if (isContent(event)) context.trace.content()
      meter.event(event)
      if (event.type === 'done') {
        return stream.end(format.encode(event) + format.end)
      }
      if (stream.ended()) return
      const text = format.encode(event)
      if (text !== '') await stream.write(text)
    }
  } catch (error) {
    const expected = error instanceof HoldfastError
    // A client that was cut got its error, and one that has gone can get none.
    if (goesOn(context, shared)) return expected ? undefined : given.onFault(error)
    if (stream.held() && !(expected && given.inBand(error))) throw error
    if (expected && !context.signal.aborted) meter.failed()
    if (!expected) given.onFault(error)
    stream.end(format.error(expected ? error : internalError()))
  } finally {
    context.cut.removeEventListener('abort', leave)
  }
}

/** RELAY-3 */
function answerCut({ reply, context, id, durable, format }: Relay, stream: EventStream): void {
  const error = goingAway(id, durable)
  if (stream.held()) {
    const { status, headers, body } = errorResponse(error, context.dialect)
    reply.code(status).headers(headers).send(body)
  } else stream.end(format.error(error))
}

const isContent = ({ type }: AnswerEvent): boolean =>
  type !== 'attempt' && type !== 'restart' && type !== 'done'

function noteProgress(progress: StreamProgress, event: AnswerEvent): void {
  if (event.type === 'done') progress.result = event.result
  else if (event.type === 'attempt') progress.failed += 1
  else progress.target ??= event.target
}
