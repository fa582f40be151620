/**
 * How fast calls may follow each other, by what is left of a limit.
 *
 * PACE-1 While more than half is left nobody waits: what is far from its limit is not slowed.
 * PACE-2 Below that a worker spends its share at the rate at which the limit comes back, so that it does not run out.
 * PACE-3 When hardly anything is left it spends more slowly: what others take unseen, and clocks that differ, lie in it.
 */

const FREE = 0.5
const SCARCE = 0.05
/** Of the rate at which it comes back: measured by the provider's clock, and after a way through the network. */
const OF_RATE = 0.98
/** PACE-3. Never quite 0: what comes back would be waited for in vain. */
const LEAST = 0.05

/** `left`: of the limit, 0 to 1. */
export const isPaced = (left: number): boolean => left <= FREE

/** Units per millisecond. `share`: of the limit that is this worker's, over 0 up to 1. */
export const rateOf = (
  { amount, windowMs }: { amount: number; windowMs: number },
  share: number,
  left: number,
): number => ((OF_RATE * share * amount) / windowMs) * Math.min(1, Math.max(LEAST, left / SCARCE))
