/**
 * Call the same target again? Decided by the activity after each failed call; nothing below it retries.
 *
 * RETRY-1 Never more than `maximumAttempts` calls that reached out to the provider.
 * RETRY-2 A pause that the provider requested is never cut short.
 * RETRY-3 A pause that does not fit before the deadline is not begun.
 * RETRY-4 While another candidate is left, a Retry-After over `maxWaitMs` is not waited for.
 * RETRY-5 Another key of the same provider that is free is used at once, whatever the class says of this
 *    one.
 * RETRY-6 Where a worker has no slot, or the provider's limit no room, and no other candidate is left, the call goes
 *    back to the queue: another worker may have a slot, and room comes back. So it does where the payload store could not be
 *    read, others left or not: they need it too.
 * RETRY-7 On a route with a `retryBudget` retries are a share of its calls to the target: what the provider's failure would have called again
 *    counts, not what lacked a turn, has another key, or lost its worker.
 */
import { type AttemptRecord, countCalls } from '../routing/attempt'
import type { RetryPolicy } from '../routing/route'
import { backoffMs } from './backoff'
import { type Failure, lackedTurn, PAYLOADS_CODE, ruleOf } from './failure'

/** RETRY-6 */
const SLOT_PAUSE = { minMs: 1_000, maxMs: 5_000, shareOfWait: 0.5 }

export interface RetryQuestion {
  policy: RetryPolicy
  /** All attempts at this candidate, the failed one last. */
  records: readonly AttemptRecord[]
  failure: Failure
  othersLeft: boolean
  /** The key that failed is held, and another one of this provider is free. */
  otherKeyFree: boolean
  /** Epoch milliseconds. */
  now: number
  deadlineAt: number
  /** In [0, 1). */
  random: number
}

/** The pause before the next attempt in milliseconds, or null: not again. */
export function retryDelayMs(question: RetryQuestion): number | null {
  const { policy, records, failure, othersLeft, otherKeyFree, now, deadlineAt, random } = question
  const rule = ruleOf(failure.class)
  if (countCalls(records) >= policy.maximumAttempts) return null
  // RETRY-6
  if (lackedTurn(failure) && (!othersLeft || failure.code === PAYLOADS_CODE)) {
    const pause = Math.max(slotPauseMs(records, now, random), failure.retryAfterMs ?? 0)
    return now + pause < deadlineAt ? pause : null
  }
  if (otherKeyFree) return now < deadlineAt ? 0 : null
  if (rule.retry === 'no') return null
  const sameClass = records.filter((record) => record.failure?.class === failure.class).length
  if (rule.retry === 'once' && sameClass > 1) return null

  if (othersLeft && (failure.retryAfterMs ?? 0) > policy.maxWaitMs) return null
  const delayMs = pauseMs(policy, records, failure, random)
  if (now + delayMs >= deadlineAt) return null
  return delayMs
}

/** RETRY-7. Of one that would be called again: does it take from the route's budget of retries? */
export const takesOfBudget = ({
  policy,
  failure,
  otherKeyFree,
}: Pick<RetryQuestion, 'policy' | 'failure' | 'otherKeyFree'>): boolean =>
  policy.budget !== undefined && !otherKeyFree && !lackedTurn(failure) && failure.class !== 'worker_lost'

/**
 * RETRY-6: in proportion to what it has waited. A thousand that come back each second would take the worker's time from the
 * calls that have a slot.
 */
function slotPauseMs(records: readonly AttemptRecord[], now: number, random: number): number {
  const { minMs, maxMs, shareOfWait } = SLOT_PAUSE
  const waitedMs = now - (records.at(-1)?.startedAt ?? now)
  return Math.round(Math.min(maxMs, Math.max(minMs, waitedMs * shareOfWait)) * (0.8 + 0.4 * random))
}

function pauseMs(
  policy: RetryPolicy,
  records: readonly AttemptRecord[],
  failure: Failure,
  random: number,
): number {
  if (failure.class === 'worker_lost') return 0
  const failures = Math.max(1, countCalls(records))
  const backoff = backoffMs(policy, failures, random)
  return failure.retryAfterMs === undefined ? backoff : Math.max(backoff, failure.retryAfterMs)
}
