/** One of several keys of a provider, left alone for a while: what a failure says about the key that was used. */
import type { Failure, FailureClass } from './failure'

export interface KeyHold {
  /** A rate limit is counted per model; a refused key or an empty account is not. */
  scope: 'key' | 'model'
  forMs: number
}

/** Until somebody acts: one call tries so often, in case somebody has (decision 0022). */
export const UNTIL_MENDED_MS = 30_000

/** A 429 that does not say how long: most limits are counted per minute, and some of it has passed. */
const RATE_LIMIT_MS = 30_000

const HOLDS: Partial<Record<FailureClass, KeyHold>> = {
  unauthorized: { scope: 'key', forMs: UNTIL_MENDED_MS },
  quota_exhausted: { scope: 'key', forMs: UNTIL_MENDED_MS },
  rate_limited: { scope: 'model', forMs: RATE_LIMIT_MS },
}

/** null: the failure says nothing about the key. */
export function keyHoldOf({ class: failureClass, retryAfterMs }: Failure): KeyHold | null {
  const hold = HOLDS[failureClass]
  return hold === undefined ? null : { ...hold, forMs: retryAfterMs ?? hold.forMs }
}
