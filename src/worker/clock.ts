/**
 * The worker's clock by Temporal's time. Deadlines, circuits and kept answers are moments that the server or another
 * worker has named: a machine whose own clock is a minute off must not see them a minute early or late.
 *
 * CLOCK-1 Every moment that Temporal names is past when it is observed, mostly by milliseconds: the latest one
 *    within KEEPS_MS says what the time is.
 * CLOCK-2 Before the first one this machine's clock is all there is.
 * CLOCK-3 From then on time goes on by a clock that is never set: a step of this machine's clock, or its being set right, is
 *    nothing that a call notices.
 * CLOCK-4 A clock that was given is set on purpose (a server whose time skips): time goes on by it.
 */

/** Two clocks drift apart by microseconds in so long. */
const KEEPS_MS = 60_000

export interface WorkerClock {
  /** Epoch milliseconds by Temporal's clock, as far as it is known. */
  now(): number
  /** Temporal said just now that it is `at`, epoch milliseconds. */
  observed(at: number): void
}

/**
 * @param given CLOCK-4, epoch milliseconds; undefined: none
 * @param wall this machine's clock, epoch milliseconds
 * @param steady one that is never set, milliseconds
 */
export function createWorkerClock(
  given?: () => number,
  wall: () => number = given ?? Date.now,
  steady: () => number = () => performance.now(),
): WorkerClock {
  const base = given ?? steady
  let offsetMs: number | null = null
  let observedAt = 0
  return {
    // CLOCK-2, CLOCK-3
    now: () => Math.round(offsetMs === null ? wall() : base() + offsetMs),
    observed(at) {
      const steadyMs = steady()
      const sampleMs = at - base()
      // CLOCK-1
      if (offsetMs !== null && sampleMs < offsetMs && steadyMs - observedAt < KEEPS_MS) return
      offsetMs = sampleMs
      observedAt = steadyMs
    },
  }
}
