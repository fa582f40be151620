/**
 * The worker's clock by Temporal's time. Deadlines, circuits and kept answers are moments that the server or another
 * worker has named: a machine whose own clock is a minute off must not see them a minute early or late.
 *
 * CLOCK-1 Every moment that Temporal names is past when it is observed, mostly by milliseconds: the latest one
 *    within KEEPS_MS says how far this machine's clock is off.
 * CLOCK-2 Before the first one this machine's clock is all there is.
 */

/** A step of this machine's clock is forgotten after so long at the most. */
const KEEPS_MS = 60_000

export interface WorkerClock {
  /** Epoch milliseconds by Temporal's clock, as far as it is known. */
  now(): number
  /** Temporal said just now that it is `at`, epoch milliseconds. */
  observed(at: number): void
}

/** `wall`: this machine's clock, epoch milliseconds; `steady`: one that is never set, milliseconds. */
export function createWorkerClock(
  wall: () => number = Date.now,
  steady: () => number = () => performance.now(),
): WorkerClock {
  let aheadMs = 0
  let observedAt = Number.NEGATIVE_INFINITY
  return {
    now: () => Math.round(wall() + aheadMs),
    observed(at) {
      const sampleMs = at - wall()
      // CLOCK-1
      if (sampleMs < aheadMs && steady() - observedAt < KEEPS_MS) return
      aheadMs = sampleMs
      observedAt = steady()
    },
  }
}
