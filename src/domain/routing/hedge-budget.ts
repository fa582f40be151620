/**
 * How many hedges a route may start: a share of its requests, so that a slow day does not double the bill.
 * A bucket: each request puts its share in, each hedge takes 1 out. What lies in it is kept for at most
 * BURST hedges. A little comes back with time, or a quiet route could never hedge.
 */
export interface HedgeBucket {
  hedges: number
  /** Epoch milliseconds. */
  at: number
}

/** So many hedges a quiet route may always have saved up. */
const QUIET_HEDGES = 2
const QUIET_REFILL_MS = 5_000
const BURST = 10

export const newBucket = (now: number): HedgeBucket => ({ hedges: QUIET_HEDGES, at: now })

function refilled({ hedges, at }: HedgeBucket, now: number): HedgeBucket {
  if (hedges >= QUIET_HEDGES) return { hedges, at: now }
  const back = Math.max(0, now - at) / QUIET_REFILL_MS
  return { hedges: Math.min(QUIET_HEDGES, hedges + back), at: now }
}

/** A request came. `share`: of requests that may be hedged, 0 to 1. `now` in epoch milliseconds. */
export function countRequest(before: HedgeBucket, share: number, now: number): HedgeBucket {
  const { hedges, at } = refilled(before, now)
  return { hedges: Math.min(Math.max(hedges, BURST), hedges + share), at }
}

/** A hedge wants to start. */
export function takeHedge(before: HedgeBucket, now: number): { bucket: HedgeBucket; allowed: boolean } {
  const bucket = refilled(before, now)
  if (bucket.hedges < 1) return { bucket, allowed: false }
  return { bucket: { ...bucket, hedges: bucket.hedges - 1 }, allowed: true }
}
