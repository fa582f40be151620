/**
 * One call to a provider: a request out, an answer or a failure back.
 *
 * PROVIDER-CALL-1 Never throws. A fault of our own ends the candidate at once: thrown, Temporal would try it
 *    again and again.
 */
import type { CallProviderInput } from '../src/contract/generation'
import { isCallersOwn } from '../src/domain/circuits/callers-part'
import { classifyTransport } from '../src/domain/failures/classify-transport'
import type { Failure } from '../src/domain/failures/failure'
import { failed, type Outcome } from '../src/domain/failures/outcome'
import { estimateOf, type Spent, UNBILLED } from '../src/domain/routing/spent'
import type { Answer, Usage } from '../src/domain/streaming/answer'
import { wireFormat } from '../src/formats/outbound'
import { requestIdOf, usableRequestId } from '../src/formats/outbound/request-id'
import type { EncodeInput, WireFormat } from '../src/formats/outbound/wire-format'
import type { OpenResult, SendLimits } from '../src/http'
import { faultFields } from '../src/telemetry'
import { type Adoption, announcing, backgroundOf, goesOn, NO_ADOPTION, ofResponse } from './background'
import { refusedBlocks } from './call-rules'
import { outputCheck } from './check-output'
import type { ActivityDeps } from './deps'
import { createIntake, type Intake, spentBy } from './intake'
import { makerOf } from './maker'
import { openCall, type ReadyCall } from './open-call'
import { apiOf, decodeAnswer, encodeCall, encodeInputOf } from './provider-request'
import { decodeBody, decodeStream, madeBy, type Publication, publishWhole } from './provider-response'
import { type EventSink, NO_SINK } from './stream-words'

/** Far above any answer that could be carried on (MAX_ANSWER_BYTES), so that its envelope fits too. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** At least so long may a call take, however near the deadline: 0 would mean no timer. */
const LEAST_ATTEMPT_MS = 1

export interface ProviderCallResult extends Spent {
  outcome: Outcome<Answer>
  /**
   * What was paid for, as far as the provider has reported it: also for an answer that was cut, or broke the caller's
   * schema.
   */
  usage: Usage | null
  /** Another key of the same provider is free, where this one failed: worth calling again at once. */
  otherKeyFree: boolean
  /** Epoch milliseconds: when the call began, after its wait for a slot. Absent: nothing was called. */
  calledAt?: number | undefined
  /** As of AttemptRecord. */
  adopted?: true | undefined
  /** As of AttemptRecord. */
  requestId?: string | undefined
}

export const notCalled = (failure: Failure): ProviderCallResult => ({
  outcome: failed(failure),
  usage: null,
  otherKeyFree: false,
  // Of a class that says so itself.
  ...(failure.class === 'not_admitted' ? {} : UNBILLED),
})

export type ProviderCallDeps = Pick<
  ActivityDeps,
  'access' | 'expandHeaders' | 'http' | 'logger' | 'now' | 'maxAnswerBytes'
> & {
  keyRing: Omit<ActivityDeps['keyRing'], 'usable'>
}

/** How one call is made, beside its input. */
export interface CallHow {
  /** Gets the answer as it comes. */
  sink: EventSink
  /** What goes on at the provider by itself: background.ts. */
  adoption: Adoption
  /** As of CallExtras. */
  returnsBlocks: boolean
  /** Gets to know what has come. */
  intake: Intake
  /** The key to be used where it still may be. Default: the first that may. */
  key?: string | null | undefined
  /** Gets the headers of the response. Default: nobody does. */
  responded?: ((headers: { [name: string]: string }) => void) | undefined
  /** Gets the provider's name for the request, once its response has begun. Default: nobody does. */
  named?: ((requestId: string) => void) | undefined
}

const plainly = (): CallHow => ({
  sink: NO_SINK,
  adoption: NO_ADOPTION,
  returnsBlocks: true,
  intake: createIntake(),
})

/** Aborting `signal` hangs up. */
export async function providerCall(
  deps: ProviderCallDeps,
  input: CallProviderInput,
  signal: AbortSignal,
  { sink, adoption, returnsBlocks, intake, named, responded, key: preferred }: CallHow = plainly(),
): Promise<ProviderCallResult> {
  const { candidate, request, tenant = null } = input
  let sent = false
  try {
    const access = deps.access(candidate.provider)
    if (!access.ok) return notCalled({ class: 'not_admitted', message: access.reason })
    // The outcome of a caller's own settings says nothing of a key that all use.
    const reports = !isCallersOwn(input)
    const own = deps.expandHeaders(candidate.provider, candidate.headers)
    if (!own.ok) return notCalled({ class: 'not_admitted', message: own.reason })
    const paths = request.task === undefined ? backgroundOf(access, candidate) : null
    const streamed = input.streaming || paths !== null
    const keys = access.keys.toSorted(
      (one, other) => Number(other.name === preferred) - Number(one.name === preferred),
    )
    const chosen = deps.keyRing.choose(candidate, keys, reports)
    const maker = makerOf(candidate, access, chosen)
    const format = wireFormat(apiOf(access, candidate))
    const extras = { prefill: sink.prefill, stream: streamed, maker, returnsBlocks }
    const { encodeInput, ...blocks } = encodeInputOf(input, access, extras)
    const encoded = encodeCall(format, encodeInput, blocks)
    if (!encoded.ok) return notCalled(encoded.failure)
    // What is wanted in the place of words has no shape of the caller's to be checked against.
    const check = await outputCheck(request.task === undefined ? request : {}, tenant)
    if (!check.ok) return notCalled(check.failure)

    const ready: ReadyCall = {
      access,
      encoded: encoded.value,
      key: chosen,
      headers: own.headers,
      streamed,
      paths,
      limits: limitsOf(input, deps.now()),
    }
    sent = true
    const { received, key, adopted } = await openCall(deps, ready, adoption, signal)
    const responseHeaders = headersIn(received)
    const requestId = responseHeaders && requestIdOf(responseHeaders)
    if (responseHeaders !== undefined) responded?.(responseHeaders)
    if (requestId !== undefined) named?.(requestId)
    const began = (id: string) => adoption.changed({ id, key: key?.name ?? null })
    // Of a call that is streamed only to be read on, nobody has requested the words.
    const ownSink = paths === null ? sink : announcing(input.streaming ? sink : NO_SINK, began)
    const { maxAnswerBytes } = deps
    const to = { sink: ownSink, maker: makerOf(candidate, access, key), intake, maxAnswerBytes }
    const call = { input, encodeInput, format: adopted ? ofResponse(format, adopted.id) : format }
    const { outcome: decoded, usage, cut, whole } = await decode(deps, call, received, to)

    const { leftOut = [], sentBlocks } = encoded.value
    const outcome = decoded.ok
      ? await check.value(leftOut.length === 0 ? decoded.value : { ...decoded.value, leftOut })
      : sentBlocks
        ? failed(refusedBlocks(decoded.failure))
        : decoded
    // BACKGROUND-2. A whole one stays known till it is reported.
    const readAgain = !outcome.ok && (adopted || cut) && goesOn(received, outcome.failure, cut)
    if (!outcome.ok && !readAgain) adoption.changed(null)
    const name = requestId ?? (outcome.ok ? undefined : usableRequestId(outcome.failure.requestId))
    const answer = decoded.ok ? decoded.value : null
    const ended = {
      outcome,
      usage,
      ...spentBy(request, { response: received, usage, whole, answer, received: intake.received() }),
      ...(adopted ? { adopted: true as const } : {}),
      ...(name === undefined ? {} : { requestId: name }),
    }
    if (key === null || !reports) return { ...ended, otherKeyFree: false }
    if (outcome.ok) deps.keyRing.worked(candidate, key.name)
    const otherKeyFree = !outcome.ok && deps.keyRing.hold(candidate, access.keys, key.name, outcome.failure)
    // Another account does not know what this one has begun.
    return { ...ended, otherKeyFree: otherKeyFree && !(adopted && readAgain) }
  } catch (error) {
    // PROVIDER-CALL-1. Where it broke stands in the log; its words could hold anything, so they stand nowhere.
    deps.logger.error({ event: 'fault', ...faultFields(error) }, 'a fault in Holdfast: please report it')
    const fault = notCalled({ class: 'internal_error', message: FAULT })
    return sent ? { ...fault, unbilled: undefined, estimate: estimateOf(request, intake.received()) } : fault
  }
}

const headersIn = (received: OpenResult): { [name: string]: string } | undefined => {
  if (!received.ok) return undefined
  return received.kind === 'stream' ? received.headers : received.response.headers
}

const FAULT = 'a fault in Holdfast itself; the log of the worker says more'

interface Sent {
  input: CallProviderInput
  encodeInput: EncodeInput
  format: WireFormat
}

/** `cut`: not the provider ended it, but the connection. `whole`: nothing of it is missing. */
interface DecodedCall extends Pick<ProviderCallResult, 'outcome' | 'usage'> {
  cut: boolean
  whole: boolean
}

async function decode(
  { now }: ProviderCallDeps,
  { input, encodeInput, format }: Sent,
  received: OpenResult,
  to: Publication,
): Promise<DecodedCall> {
  if (!received.ok)
    return { outcome: failed(classifyTransport(received.error)), usage: null, cut: true, whole: false }
  // After a tool's result a model may have nothing to add: Anthropic's do so, and say `end_turn`.
  const mayBeEmpty = input.request.messages.at(-1)?.role === 'tool'
  if (received.kind === 'stream') return decodeStream(format, received, to, mayBeEmpty)
  const read = (body: string) => decodeAnswer(format, encodeInput, body, mayBeEmpty)
  const whole = madeBy(to.maker, decodeBody(format, received.response, read, now()))
  const outcome = input.streaming ? publishWhole(whole, to.sink) : whole
  return { outcome, usage: outcome.ok ? outcome.value.usage : null, cut: false, whole: outcome.ok }
}

function limitsOf({ candidate, deadlineAt }: CallProviderInput, now: number): SendLimits {
  const { connectMs, attemptMs, firstTokenMs, idleMs } = candidate.timeouts
  const leftMs = Math.max(LEAST_ATTEMPT_MS, deadlineAt - now)
  return { connectMs, attemptMs: Math.min(attemptMs, leftMs), firstTokenMs, idleMs, maxBytes: MAX_BODY_BYTES }
}
