/**
 * Admits a call: by a slot of the worker, by the provider's limits and by the circuits. Afterwards reports the call's outcome to the circuits and
 * gives the slot back.
 *
 * ADMIT-1 What is refused here made no call: it is not counted, and its caller goes on to the next candidate.
 * ADMIT-2 The outcome of each admitted call is reported, exactly once.
 * ADMIT-3 A call whose end its caller causes is admitted by the circuits, and its outcome is not reported to them.
 * ADMIT-4 A call without a slot waits for one, and for its turn within the provider's limits. The wait is no part of the
 *    call: its timeouts begin after it.
 */
import { type CallProviderInput, MAX_SLOT_WAIT_MS } from '../src/contract/generation'
import { isCallersFailure, isCallersOwn, LARGE_REQUEST_BYTES } from '../src/domain/circuits/callers-part'
import { IGNORED, verdictsOf } from '../src/domain/circuits/verdict'
import { CIRCUIT_CODE, type Failure, SLOTS_CODE } from '../src/domain/failures/failure'
import type { Timeouts } from '../src/domain/routing/route'
import type { Usage } from '../src/domain/streaming/answer'
import type { LimitPermission } from '../src/limits'
import type { CallContext } from './call-context'
import type { ActivityDeps } from './deps'
import { type LimitDeps, limitEndOf, takeOfLimits } from './take-of-limits'

interface Ended {
  /** null: it succeeded. */
  failure: Failure | null
  otherKeyFree: boolean
  /** As of ProviderCallResult. */
  usage: Usage | null
  /** Epoch milliseconds: when the call began. */
  startedAt: number
  /** It ran under the route's own timeouts, whatever its caller's were. */
  underRouteTimeouts?: boolean | undefined
}

export type Entry =
  | { ok: true; probe: boolean; permission: LimitPermission; reportOutcome(ended: Ended | null): void }
  | { ok: false; failure: Failure }

type Deps = Pick<ActivityDeps, 'circuits' | 'slots' | 'now'> & LimitDeps

export async function admit(
  deps: Deps,
  input: CallProviderInput,
  {
    info,
    cancellationSignal: signal,
    waitsForNothing,
  }: Pick<CallContext, 'info' | 'cancellationSignal' | 'waitsForNothing'>,
): Promise<Entry> {
  const { circuits, slots, now } = deps
  const { candidate, circuit, lastResort, deadlineAt } = input
  const { provider, model, timeouts } = candidate
  const limitMs = waitsForNothing ? 0 : Math.min(slotWaitMs(input), deadlineAt - now())
  const waitsTill = now() + limitMs
  const leaveSlot = await slots.take(provider, input.tenant ?? null, { limitMs, signal })
  if (leaveSlot === null) return { ok: false, failure: noSlot(provider) }
  const limited = await takeOfLimits(deps, input, { limitMs: waitsTill - now(), signal })
  if (!limited.ok) {
    leaveSlot()
    return limited
  }
  const { permission } = limited
  const leave = (ended: Ended | null = null): void => {
    leaveSlot()
    permission.ended(limitEndOf(ended))
  }
  // Work that an older build scheduled names no policy.
  if (circuit == null) return { ok: true, probe: false, permission, reportOutcome: leave }
  const { attemptMs } = candidate.byCaller?.timeouts ?? timeouts
  const id = `${info.workflowExecution?.runId}:${info.activityId}:${info.attempt}`
  try {
    const unreported = isCallersOwn(input)
    const request = { id, model, attemptMs, policy: circuit, lastResort, unreported }
    const admitted = await circuits.admit(provider, request)
    if (!admitted.ok) {
      leave()
      const { until, reason } = admitted
      return { ok: false, failure: refused(reason, until === null ? null : until - now()) }
    }
    return {
      ok: true,
      probe: admitted.probe,
      permission,
      reportOutcome(ended) {
        leave(ended)
        if (ended === null) return admitted.reportOutcome(IGNORED)
        const { failure, otherKeyFree, startedAt, underRouteTimeouts = false } = ended
        const large = (): boolean =>
          Buffer.byteLength(JSON.stringify([input.request.messages, input.request.task])) >=
          LARGE_REQUEST_BYTES
        const limits = underRouteTimeouts ? { candidate: {} } : input
        if (failure !== null && isCallersFailure(limits, failure, large))
          return admitted.reportOutcome(IGNORED)
        const cutByDeadline =
          !underRouteTimeouts && wasCutByDeadline(failure, timeouts, deadlineAt - startedAt)
        const verdicts = verdictsOf({ failure, otherKeyFree, cutByDeadline })
        admitted.reportOutcome({ ...verdicts, failureClass: failure?.class })
      },
    }
  } catch (error) {
    leave()
    throw error
  }
}

/** The guard of the whole call names the stage in which it fired; it was set to what was left of the deadline. */
function wasCutByDeadline(failure: Failure | null, timeouts: Timeouts, leftMs: number): boolean {
  switch (failure?.timeoutPhase) {
    case 'connect':
      return leftMs < Math.min(timeouts.connectMs, timeouts.attemptMs)
    case 'headers':
    case 'attempt':
      return leftMs < timeouts.attemptMs
    default:
      return false
  }
}

const refused = (reason: string, inMs: number | null): Failure => ({
  class: 'not_admitted',
  code: CIRCUIT_CODE,
  message: `not called: its circuit is ${reason}`,
  ...(inMs === null ? {} : { retryAfterMs: Math.max(0, inMs) }),
})

/** ADMIT-4. Where somebody else can answer, no longer than a Retry-After would be waited for. */
const slotWaitMs = ({ othersLeft, candidate }: CallProviderInput): number =>
  othersLeft ? Math.min(candidate.retry.maxWaitMs, MAX_SLOT_WAIT_MS) : MAX_SLOT_WAIT_MS

const noSlot = (provider: string): Failure => ({
  class: 'not_admitted',
  code: SLOTS_CODE,
  message: `not called: ${provider} has half of this worker's slots already, and they are all waiting for it`,
})
