/** One of several keys of a provider, left alone for a while: what a failure says about the key that was used. */
import { type Failure, ruleOf } from './failure'

export interface KeyHold {
  /** A rate limit is counted per model; a refused key or an empty account is not. */
  scope: 'key' | 'model'
  forMs: number
}

/** Until somebody acts: one call tries so often, in case somebody has (decision 0022). */
export const UNTIL_MENDED_MS = 30_000

/** A 429 that does not say how long: most limits are counted per minute, and some of it has passed. */
const RATE_LIMIT_MS = 30_000

/** null: the failure says nothing about the key. */
export function keyHoldOf({ class: failureClass, retryAfterMs }: Failure): KeyHold | null {
  const scope = ruleOf(failureClass).keyHold
  if (scope === null) return null
  return { scope, forMs: retryAfterMs ?? (scope === 'key' ? UNTIL_MENDED_MS : RATE_LIMIT_MS) }
}
