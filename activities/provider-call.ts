/**
 * One call to a provider: a request out, an answer or a failure back.
 *
 * PROVIDER-CALL-1 Never throws. A fault of our own ends the candidate at once: thrown, Temporal would try it
 *    again and again.
 * PROVIDER-CALL-2 A whole answer waits for no end marker: some servers send none, and keep the socket open.
 * PROVIDER-CALL-3 A stream is read no further than what could ever be answered, and hung up on there.
 */
import type { ProviderKey } from '../src/config'
import { type CallProviderInput, MAX_ANSWER_BYTES } from '../src/contract/generation'
import { isCallersOwn } from '../src/domain/circuits/callers-part'
import { classifyTransport } from '../src/domain/failures/classify'
import type { Failure } from '../src/domain/failures/failure'
import { failed, type Outcome } from '../src/domain/failures/outcome'
import { mergeParams } from '../src/domain/request/params'
import type { Message } from '../src/domain/request/request'
import { wellFormedJson } from '../src/domain/request/text'
import { accumulate, EMPTY_ACCUMULATION, settle } from '../src/domain/streaming/accumulate'
import type { Answer, StreamEvent, Usage } from '../src/domain/streaming/answer'
import { wireFormat } from '../src/formats/outbound'
import { isContent } from '../src/formats/outbound/sse'
import type { EncodedRequest, WireFormat } from '../src/formats/outbound/wire-format'
import type { EventStream, HttpRequest, HttpResponse, SendLimits } from '../src/http'
import { createTimer } from '../src/http/timer'
import { faultFields } from '../src/telemetry'
import { outputCheck } from './check-output'
import type { ActivityDeps, ProviderAccess } from './deps'
import type { EventSink } from './stream-publisher'

/** Far above any answer that could be carried on (MAX_ANSWER_BYTES), so that its envelope fits too. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** At least so long may a call take, however near the deadline: 0 would mean no timer. */
const LEAST_ATTEMPT_MS = 1

/** PROVIDER-CALL-2: from the finish reason to the usage, which may come in a chunk of its own, and the end marker. */
const LAST_WORD_MS = 1_000

export interface ProviderCallResult {
  outcome: Outcome<Answer>
  /** What was paid for, as far as the provider has told: also for an answer that was cut, or broke the caller's schema. */
  usage: Usage | null
  /** Another key of the same provider is free, where this one failed: worth asking again at once. */
  otherKeyFree: boolean
  /** Epoch milliseconds: when the call began, after its wait for a slot. */
  calledAt?: number | undefined
}

type SendResult = Pick<ProviderCallResult, 'outcome' | 'usage'>

/** Who hears it, and who can end it. */
interface CallEnds {
  signal: AbortSignal
  sink: EventSink
}

const NO_SINK: EventSink = { prefill: null, publish: (events) => events }

export type ProviderCallDeps = Pick<
  ActivityDeps,
  'access' | 'expandHeaders' | 'keyRing' | 'http' | 'logger' | 'now'
>

export async function callWithKey(
  deps: ProviderCallDeps,
  input: CallProviderInput,
  signal: AbortSignal,
  sink: EventSink = NO_SINK,
): Promise<ProviderCallResult> {
  const { candidate } = input
  const access = deps.access(candidate.provider)
  if (!access.ok) return { outcome: refused(access.reason), usage: null, otherKeyFree: false }
  // What a caller made up says nothing of a key that all use.
  const tells = !isCallersOwn(input)
  const key = deps.keyRing.choose(candidate, access.keys, tells)
  const { outcome, usage } = await buildAndSend(deps, input, access, key, { signal, sink }).catch((error) =>
    broken(deps, error),
  )
  const otherKeyFree =
    !outcome.ok &&
    key !== null &&
    tells &&
    deps.keyRing.hold(candidate, access.keys, key.name, outcome.failure)
  if (outcome.ok && key !== null && tells) deps.keyRing.worked(candidate, key.name)
  return { outcome, usage, otherKeyFree }
}

/** PROVIDER-CALL-1. Where it broke stands in the log; its words could hold anything, so they stand nowhere. */
function broken({ logger }: ProviderCallDeps, error: unknown): SendResult {
  logger.error({ event: 'fault', ...faultFields(error) }, 'a fault in Holdfast: please report it')
  const message = 'a fault in Holdfast itself; the log of the worker tells more'
  return { outcome: failed({ class: 'internal_error', message }), usage: null }
}

async function buildAndSend(
  deps: ProviderCallDeps,
  input: CallProviderInput,
  access: ProviderAccess,
  key: ProviderKey | null,
  callEnds: CallEnds,
): Promise<SendResult> {
  const { candidate, stream } = input
  const notSent = (outcome: Outcome<never>) => ({ outcome, usage: null })
  const own = deps.expandHeaders(candidate.provider, candidate.headers)
  if (!own.ok) return notSent(refused(own.reason))

  const format = wireFormat(access.api)
  const encoded = format.encode({
    request: {
      ...input.request,
      messages: [...input.request.messages, ...prefillOf(callEnds.sink)],
      params: mergeParams(candidate.params, input.request.params),
    },
    provider: candidate.provider,
    model: candidate.model,
    facts: candidate.facts,
    stream,
    unsupportedParams: input.unsupportedParams,
    native: isNative(access.baseUrl),
  })
  if (!encoded.ok) return notSent(encoded)

  const check = await outputCheck(input.request, input.tenant ?? null)
  if (!check.ok) return notSent(check)
  const request = requestOf(access, key, encoded.value, own.headers)
  const { outcome, usage } = await send(deps, input, format, request, callEnds)
  if (!outcome.ok) return { outcome, usage }
  const { leftOut = [] } = encoded.value
  const answer = leftOut.length === 0 ? outcome.value : { ...outcome.value, leftOut }
  return { outcome: await check.value(answer), usage }
}

async function send(
  deps: ProviderCallDeps,
  input: CallProviderInput,
  format: WireFormat,
  request: HttpRequest,
  { signal, sink }: CallEnds,
): Promise<SendResult> {
  const limits = limitsOf(input, deps.now())
  // After a tool's result a model may have nothing to add: Anthropic's do so, and say `end_turn`.
  const mayBeEmpty = input.request.messages.at(-1)?.role === 'tool'
  if (!input.stream) {
    const sent = await deps.http.send(request, limits, signal)
    if (!sent.ok) return whole(failed(classifyTransport(sent.error)))
    return whole(decodeBody(deps, format, sent.response, mayBeEmpty))
  }
  const opened = await deps.http.openStream(request, limits, signal)
  if (!opened.ok) return whole(failed(classifyTransport(opened.error)))
  if (opened.kind === 'body')
    return whole(publishWhole(decodeBody(deps, format, opened.response, mayBeEmpty), sink))
  return decodeStream(format, opened, sink, mayBeEmpty)
}

const whole = (outcome: Outcome<Answer>): SendResult => ({
  outcome,
  usage: outcome.ok ? outcome.value.usage : null,
})

/** Asked for a stream, it sent one body. */
function publishWhole(outcome: Outcome<Answer>, { prefill, publish }: EventSink): Outcome<Answer> {
  if (!outcome.ok) return outcome
  const counted = publish([{ type: 'text', text: outcome.value.text }])
  const own = counted.map((event) => (event.type === 'text' ? event.text : '')).join('')
  return { ok: true, value: { ...outcome.value, text: (prefill ?? '') + own } }
}

/** Some models take no blank at the end of it. */
const prefillOf = ({ prefill }: EventSink): Message[] =>
  prefill === null ? [] : [{ role: 'assistant', content: prefill.trimEnd() }]

const refused = (message: string): Outcome<never> => failed({ class: 'not_admitted', message })

function limitsOf({ candidate, deadlineAt }: CallProviderInput, now: number): SendLimits {
  const { connectMs, attemptMs, firstTokenMs, idleMs } = candidate.timeouts
  const leftMs = Math.max(LEAST_ATTEMPT_MS, deadlineAt - now)
  return { connectMs, attemptMs: Math.min(attemptMs, leftMs), firstTokenMs, idleMs, maxBytes: MAX_BODY_BYTES }
}

function requestOf(
  access: ProviderAccess,
  key: ProviderKey | null,
  encoded: EncodedRequest,
  candidateHeaders: { [name: string]: string },
): HttpRequest {
  const url = new URL(access.baseUrl + encoded.path)
  for (const [name, value] of Object.entries(access.query)) url.searchParams.set(name, value)
  return {
    method: 'POST',
    url: url.href,
    headers: { ...encoded.headers, ...access.headers, ...candidateHeaders, ...authHeader(access, key) },
    // Half a character is no UTF-8: some providers refuse the whole body for it.
    body: JSON.stringify(wellFormedJson(encoded.body)),
  }
}

/** Those who made the formats, and Azure, which runs OpenAI's own models. */
const NATIVE_HOSTS = /^(?:api\.openai\.com|[\w.-]+\.openai\.azure\.com|api\.anthropic\.com)$/

const isNative = (baseUrl: string): boolean => NATIVE_HOSTS.test(new URL(baseUrl).hostname)

function authHeader({ auth }: ProviderAccess, key: ProviderKey | null): { [name: string]: string } {
  if (auth.type === 'none' || key === null) return {}
  return auth.type === 'bearer' ? { authorization: `Bearer ${key.value}` } : { [auth.name]: key.value }
}

function decodeBody(
  deps: ProviderCallDeps,
  format: WireFormat,
  response: HttpResponse,
  mayBeEmpty: boolean,
): Outcome<Answer> {
  const { status, headers, body } = response
  if (status >= 200 && status < 300) return withRequestId(format.decode(body, mayBeEmpty), headers)
  return failed(format.decodeFailure({ status, headers, body, now: deps.now() }))
}

/** What of an answer counts, put together as it comes: a million events of one letter each take no more than their text. */
function createGathering(prefill: string | null) {
  let soFar = EMPTY_ACCUMULATION
  let bytes = 0
  const add = (event: StreamEvent): void => {
    // Thoughts are told, and no part of the answer.
    if (event.type === 'reasoning') return
    soFar = accumulate(soFar, event)
    if (event.type === 'text') bytes += Buffer.byteLength(event.text)
    if (event.type === 'toolCallDelta') bytes += Buffer.byteLength(event.json)
  }
  if (prefill !== null) add({ type: 'text', text: prefill })
  return {
    add: (events: readonly StreamEvent[]) => events.forEach(add),
    /** PROVIDER-CALL-3 */
    isTooLarge: () => bytes > MAX_ANSWER_BYTES,
    usage: () => soFar.usage,
    answer: (mayBeEmpty: boolean) => settle(soFar, mayBeEmpty),
  }
}

const TOO_LARGE: Failure = {
  class: 'answer_too_large',
  message: `the answer has more than ${MAX_ANSWER_BYTES} bytes, the most that can be carried`,
}

async function decodeStream(
  format: WireFormat,
  stream: EventStream,
  sink: EventSink,
  mayBeEmpty: boolean,
): Promise<SendResult> {
  const gathered = createGathering(sink.prefill)
  const outcome = await readStream(format, stream, sink, gathered)
  const { headers } = stream
  if (outcome !== null) return { outcome: withRequestId(failed(outcome), headers), usage: gathered.usage() }
  return { outcome: gathered.answer(mayBeEmpty), usage: gathered.usage() }
}

/** Resolves with why it is no whole answer; null: it is one. */
async function readStream(
  format: WireFormat,
  stream: EventStream,
  { publish }: EventSink,
  gathered: ReturnType<typeof createGathering>,
): Promise<Failure | null> {
  const decoder = format.createStreamDecoder()
  const lastWord = createTimer()
  let proved = false
  let tokensFlowing = false
  try {
    for await (const item of stream.items) {
      if (item.type === 'end') {
        if (item.error !== null && !decoder.proved()) return classifyTransport(item.error)
        const last = decoder.end()
        if (!last.ok) return last.failure
        gathered.add(publish(last.value))
        break
      }
      const decoded = decoder.push(item.event)
      if (!decoded.ok) return decoded.failure
      gathered.add(publish(decoded.value))
      if (gathered.isTooLarge()) {
        // PROVIDER-CALL-3: its rest may be without an end.
        stream.close()
        return TOO_LARGE
      }
      if (decoded.value.some(isContent)) {
        tokensFlowing = true
        stream.sawToken()
      }
      if (decoder.ended()) break
      // PROVIDER-CALL-2. A server that sends a finish reason with every chunk has its end marker waited for.
      if (!decoder.proved()) lastWord.clear()
      else if (!proved) lastWord.set(LAST_WORD_MS, stream.close)
      proved = decoder.proved()
    }
  } finally {
    lastWord.clear()
  }
  if (decoder.complete()) return null
  return { class: 'bad_response', message: 'the stream ended before the answer was complete', tokensFlowing }
}

/** A failure inside a 200 has no request id of its own: the headers do. */
function withRequestId(
  outcome: Outcome<Answer> | { ok: false; failure: Failure },
  headers: { [name: string]: string },
): Outcome<Answer> {
  const requestId = headers['x-request-id'] ?? headers['request-id']
  if (outcome.ok || outcome.failure.requestId !== undefined || requestId === undefined) return outcome
  return failed({ ...outcome.failure, requestId })
}
