/**
 * How many hedges, or retries, a route may start: a share of its requests, so that a slow day does not double the bill, and an outage
 * not the calls to who is down. A bucket: each request puts its share in, each hedge or retry takes 1 out. What lies in it is kept for
 * at most BURST. A little comes back with time, or a quiet route could never start one.
 */
export interface ShareBucket {
  left: number
  /** Epoch milliseconds. */
  at: number
}

/** So many a quiet route may always have saved up. */
const QUIET = 2
const QUIET_REFILL_MS = 5_000
const BURST = 10

export const newBucket = (now: number): ShareBucket => ({ left: QUIET, at: now })

function refilled({ left, at }: ShareBucket, now: number): ShareBucket {
  if (left >= QUIET) return { left, at: now }
  const back = Math.max(0, now - at) / QUIET_REFILL_MS
  return { left: Math.min(QUIET, left + back), at: now }
}

/** A request came. `share`: of requests, 0 to 1. `now` in epoch milliseconds. */
export function countRequest(before: ShareBucket, share: number, now: number): ShareBucket {
  const { left, at } = refilled(before, now)
  return { left: Math.min(Math.max(left, BURST), left + share), at }
}

/** One wants to start. */
export function takeOne(before: ShareBucket, now: number): { bucket: ShareBucket; allowed: boolean } {
  const bucket = refilled(before, now)
  if (bucket.left < 1) return { bucket, allowed: false }
  return { bucket: { ...bucket, left: bucket.left - 1 }, allowed: true }
}
