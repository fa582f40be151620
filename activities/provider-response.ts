/**
 * What a provider sent back, as an answer or a failure: a whole body at once, a stream as it comes.
 *
 * PROVIDER-RESPONSE-1 A whole answer waits for no end marker: some servers send none, and keep the socket open.
 * PROVIDER-RESPONSE-2 A stream is read no further than what could ever be answered, and hung up on there.
 */
import { MAX_ANSWER_BYTES } from '../src/contract/generation'
import { classifyTransport } from '../src/domain/failures/classify-transport'
import type { Failure } from '../src/domain/failures/failure'
import { failed, type Outcome } from '../src/domain/failures/outcome'
import { type Maker, type Piece, piecesOf } from '../src/domain/request/opaque'
import { accumulate, completeAnswer, EMPTY_ACCUMULATION } from '../src/domain/streaming/accumulate'
import type { Answer, StreamEvent, Usage } from '../src/domain/streaming/answer'
import { requestIdOf } from '../src/formats/outbound/request-id'
import { isContent } from '../src/formats/outbound/sse'
import type { WireFormat } from '../src/formats/outbound/wire-format'
import type { EventStream, HttpResponse } from '../src/http'
import { createTimer } from '../src/http/timer'
import type { Intake } from './intake'
import type { EventSink } from './stream-words'

/** PROVIDER-RESPONSE-1: from the finish reason to the usage, which may come in a chunk of its own, and the end marker. */
const LAST_WORD_MS = 1_000

/** `decode` reads the body of a success. `now`: epoch milliseconds. */
export function decodeBody(
  format: WireFormat,
  { status, headers, body }: HttpResponse,
  decode: (body: string) => Outcome<Answer>,
  now: number,
): Outcome<Answer> {
  if (status >= 200 && status < 300) return withRequestId(decode(body), headers)
  return failed(format.decodeFailure({ status, headers, body, now }))
}

/** Where an answer's events go, and who made what is sealed in them. */
export interface Publication {
  sink: EventSink
  maker: Maker
  intake: Intake
  /** As of ActivityDeps. */
  maxAnswerBytes?: number | undefined
}

/** A format does not know for whom it reads. */
export function madeBy(maker: Maker, outcome: Outcome<Answer>): Outcome<Answer> {
  if (!outcome.ok || outcome.value.opaque === undefined) return outcome
  const opaque = outcome.value.opaque.map((block) => ({ ...block, maker }))
  return { ok: true, value: { ...outcome.value, opaque } }
}

const withMaker = (maker: Maker, events: StreamEvent[]): StreamEvent[] =>
  events.map((event) => (event.type === 'opaque' ? { ...event, block: { ...event.block, maker } } : event))

/** A stream was requested, and it sent one body. */
export function publishWhole(outcome: Outcome<Answer>, { prefill, publish }: EventSink): Outcome<Answer> {
  if (!outcome.ok) return outcome
  const { opaque, ...rest } = outcome.value
  const counted = publish(piecesOf(outcome.value).map(eventOf))
  const own = counted.map((event) => (event.type === 'text' ? event.text : '')).join('')
  const value = { ...rest, text: (prefill ?? '') + own }
  return { ok: true, value: opaque === undefined || prefill !== null ? value : { ...value, opaque } }
}

/** Behind a call nothing is published of a thought. */
const eventOf = (piece: Piece): StreamEvent => {
  switch (piece.type) {
    case 'text':
    case 'opaque':
      return piece
    case 'toolCall':
      return { type: 'toolCallStart', index: piece.index, id: piece.toolCall.id, name: piece.toolCall.name }
  }
}

/**
 * `usage`: as far as the provider has reported it, also of a stream that was cut. `cut`: not the provider ended it, but the
 * connection. `whole`: nothing of it is missing.
 */
export async function decodeStream(
  format: WireFormat,
  stream: EventStream,
  to: Publication,
  mayBeEmpty: boolean,
): Promise<{ outcome: Outcome<Answer>; usage: Usage | null; cut: boolean; whole: boolean }> {
  const gathered = createGathering(to.sink.prefill, to.maxAnswerBytes)
  const { failure, cut } = await readStream(format, stream, to, gathered)
  const outcome =
    failure === null ? gathered.answer(mayBeEmpty) : withRequestId(failed(failure), stream.headers)
  return { outcome, usage: gathered.usage(), cut, whole: failure === null }
}

/** What of an answer counts, put together as it comes: a million events of one letter each take no more than their text. */
function createGathering(prefill: string | null, maxBytes = MAX_ANSWER_BYTES) {
  let soFar = EMPTY_ACCUMULATION
  let bytes = 0
  const add = (event: StreamEvent): void => {
    // Thoughts are published, and no part of the answer.
    if (event.type === 'reasoning') return
    // OPAQUE-3: the beginning of this answer is another call's.
    if (event.type === 'opaque' && prefill !== null) return
    if (event.type === 'opaque') bytes += Buffer.byteLength(JSON.stringify(event.block))
    soFar = accumulate(soFar, event)
    if (event.type === 'text') bytes += Buffer.byteLength(event.text)
    if (event.type === 'toolCallDelta') bytes += Buffer.byteLength(event.json)
  }
  if (prefill !== null) add({ type: 'text', text: prefill })
  return {
    add: (events: readonly StreamEvent[]) => events.forEach(add),
    /** PROVIDER-RESPONSE-2 */
    isTooLarge: () => bytes > maxBytes,
    usage: () => soFar.usage,
    answer: (mayBeEmpty: boolean) => completeAnswer(soFar, mayBeEmpty),
  }
}

const tooLarge = (maxBytes: number): Failure => ({
  class: 'answer_too_large',
  message: `the answer has more than ${Math.floor(maxBytes)} bytes, the most that can be carried`,
})

/** `failure`: why it is no whole answer; null: it is one. `cut`: as of decodeStream. */
async function readStream(
  format: WireFormat,
  stream: EventStream,
  { sink, maker, intake, maxAnswerBytes = MAX_ANSWER_BYTES }: Publication,
  gathered: ReturnType<typeof createGathering>,
): Promise<{ failure: Failure | null; cut: boolean }> {
  const decoder = format.createStreamDecoder()
  const lastWord = createTimer()
  let proved = false
  let tokensFlowing = false
  try {
    for await (const item of stream.items) {
      if (item.type === 'end') {
        if (item.error !== null && !decoder.proved())
          return { failure: classifyTransport(item.error), cut: true }
        const last = decoder.end()
        if (!last.ok) return { failure: last.failure, cut: false }
        intake.add(last.value)
        gathered.add(sink.publish(withMaker(maker, last.value)))
        break
      }
      const decoded = decoder.push(item.event)
      if (!decoded.ok) return { failure: decoded.failure, cut: false }
      intake.add(decoded.value)
      gathered.add(sink.publish(withMaker(maker, decoded.value)))
      if (gathered.isTooLarge()) {
        // PROVIDER-RESPONSE-2: its rest may be without an end.
        stream.close()
        return { failure: tooLarge(maxAnswerBytes), cut: true }
      }
      if (decoded.value.some(isContent)) {
        tokensFlowing = true
        stream.sawToken()
      }
      if (decoder.ended()) break
      // PROVIDER-RESPONSE-1. A server that sends a finish reason with every chunk has its end marker waited for.
      if (!decoder.proved()) lastWord.clear()
      else if (!proved) lastWord.set(LAST_WORD_MS, stream.close)
      proved = decoder.proved()
    }
  } finally {
    lastWord.clear()
  }
  if (decoder.complete()) return { failure: null, cut: false }
  const message = 'the stream ended before the answer was complete'
  return { failure: { class: 'bad_response', message, tokensFlowing }, cut: true }
}

/** A failure inside a 200 has no request id of its own: the headers do. */
function withRequestId(outcome: Outcome<Answer>, headers: HttpResponse['headers']): Outcome<Answer> {
  const requestId = requestIdOf(headers)
  if (outcome.ok || outcome.failure.requestId !== undefined || requestId === undefined) return outcome
  return failed({ ...outcome.failure, requestId })
}
