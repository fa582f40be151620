/**
 * Exponential backoff with jitter. Temporal's server adds no jitter, so the activity computes the
 * delay here and hands it over as `nextRetryDelay`.
 */
import type { RetryPolicy } from '../routing/route'

type BackoffPolicy = Pick<
  RetryPolicy,
  'initialIntervalMs' | 'backoffCoefficient' | 'maximumIntervalMs' | 'jitter'
>

/**
 * The pause after the `failures`-th failure in a row (from 1), in milliseconds.
 * `jitter: full` draws from the whole interval ("full jitter", AWS Architecture Blog 2015), a number
 * adds up to so many milliseconds. `random` is in [0, 1).
 */
export function backoffMs(policy: BackoffPolicy, failures: number, random: number): number {
  // Bounded: an interval of 0 times infinity would be no number.
  const growth = Math.min(Number.MAX_VALUE, policy.backoffCoefficient ** Math.max(0, failures - 1))
  const grown = policy.initialIntervalMs * growth
  const interval = Math.min(policy.maximumIntervalMs, grown)
  if (policy.jitter === 'none') return Math.round(interval)
  if (policy.jitter === 'full') return Math.round(interval * random)
  return Math.round(interval + policy.jitter * random)
}
