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
import type { Answer, Usage } from '../src/domain/streaming/answer'
import { wireFormat } from '../src/formats/outbound'
import type { OpenResult, SendLimits } from '../src/http'
import { faultFields } from '../src/telemetry'
import { outputCheck } from './check-output'
import type { ActivityDeps, ProviderAccess } from './deps'
import { apiOf, encodeCall, httpRequestOf } from './provider-request'
import { decodeBody, decodeStream, publishWhole } from './provider-response'
import { type EventSink, NO_SINK } from './stream-words'

/** Far above any answer that could be carried on (MAX_ANSWER_BYTES), so that its envelope fits too. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** At least so long may a call take, however near the deadline: 0 would mean no timer. */
const LEAST_ATTEMPT_MS = 1

export interface ProviderCallResult {
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
}

export const notCalled = (failure: Failure): ProviderCallResult => ({
  outcome: failed(failure),
  usage: null,
  otherKeyFree: false,
})

export type ProviderCallDeps = Pick<
  ActivityDeps,
  'access' | 'expandHeaders' | 'keyRing' | 'http' | 'logger' | 'now'
>

/** `sink` gets the answer as it comes. Aborting `signal` hangs up. */
export async function providerCall(
  deps: ProviderCallDeps,
  input: CallProviderInput,
  signal: AbortSignal,
  sink: EventSink = NO_SINK,
): Promise<ProviderCallResult> {
  const { candidate, request, tenant = null } = input
  try {
    const access = deps.access(candidate.provider)
    if (!access.ok) return notCalled({ class: 'not_admitted', message: access.reason })
    // The outcome of a caller's own settings says nothing of a key that all use.
    const reports = !isCallersOwn(input)
    const key = deps.keyRing.choose(candidate, access.keys, reports)
    const own = deps.expandHeaders(candidate.provider, candidate.headers)
    if (!own.ok) return notCalled({ class: 'not_admitted', message: own.reason })
    const encoded = encodeCall(input, access, sink.prefill)
    if (!encoded.ok) return notCalled(encoded.failure)
    const check = await outputCheck(request, tenant)
    if (!check.ok) return notCalled(check.failure)

    const sent = httpRequestOf(access, key, encoded.value, own.headers)
    const limits = limitsOf(input, deps.now())
    const received = await (input.streaming
      ? deps.http.openStream(sent, limits, signal)
      : deps.http.send(sent, limits, signal))
    const { outcome: decoded, usage } = await decode(deps, input, access, received, sink)

    const { leftOut = [] } = encoded.value
    const outcome = decoded.ok
      ? await check.value(leftOut.length === 0 ? decoded.value : { ...decoded.value, leftOut })
      : decoded
    if (key === null || !reports) return { outcome, usage, otherKeyFree: false }
    if (outcome.ok) deps.keyRing.worked(candidate, key.name)
    const otherKeyFree = !outcome.ok && deps.keyRing.hold(candidate, access.keys, key.name, outcome.failure)
    return { outcome, usage, otherKeyFree }
  } catch (error) {
    // PROVIDER-CALL-1. Where it broke stands in the log; its words could hold anything, so they stand nowhere.
    deps.logger.error({ event: 'fault', ...faultFields(error) }, 'a fault in Holdfast: please report it')
    return notCalled({ class: 'internal_error', message: FAULT })
  }
}

const FAULT = 'a fault in Holdfast itself; the log of the worker says more'

async function decode(
  { now }: ProviderCallDeps,
  input: CallProviderInput,
  access: ProviderAccess,
  received: OpenResult,
  sink: EventSink,
): Promise<Pick<ProviderCallResult, 'outcome' | 'usage'>> {
  if (!received.ok) return { outcome: failed(classifyTransport(received.error)), usage: null }
  const format = wireFormat(apiOf(access, input.candidate))
  // After a tool's result a model may have nothing to add: Anthropic's do so, and say `end_turn`.
  const mayBeEmpty = input.request.messages.at(-1)?.role === 'tool'
  if (received.kind === 'stream') return decodeStream(format, received, sink, mayBeEmpty)
  const whole = decodeBody(format, received.response, mayBeEmpty, now())
  const outcome = input.streaming ? publishWhole(whole, sink) : whole
  return { outcome, usage: outcome.ok ? outcome.value.usage : null }
}

function limitsOf({ candidate, deadlineAt }: CallProviderInput, now: number): SendLimits {
  const { connectMs, attemptMs, firstTokenMs, idleMs } = candidate.timeouts
  const leftMs = Math.max(LEAST_ATTEMPT_MS, deadlineAt - now)
  return { connectMs, attemptMs: Math.min(attemptMs, leftMs), firstTokenMs, idleMs, maxBytes: MAX_BODY_BYTES }
}
