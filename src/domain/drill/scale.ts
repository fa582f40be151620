/**
 * A route's durations for a drill. Faults that only wait (a silent provider) would take as long as its timeouts: two
 * minutes by default, and a deadline may be a day.
 *
 * SCALE-1 All of a route's durations shrink by one factor, so that its deadline is at most DRILL_DEADLINE_MS: which of them
 *    comes first stays as it is, and that is what a fault of this kind tests.
 * SCALE-2 No timeout becomes shorter than SHORTEST_TIMEOUT_MS by that: what a busy worker takes for a healthy call is not
 *    scaled.
 * SCALE-3 `workerLostMs` stays: it is about the workers, which are real.
 */
import type { Candidate, RetryPolicy, Route, Strategy, Timeouts } from '../routing/route'

const DRILL_DEADLINE_MS = 20_000
const SHORTEST_TIMEOUT_MS = 1_000

/** Over 0, up to 1. */
export const scaleOf = ({ deadlineMs }: Pick<Route, 'deadlineMs'>): number =>
  Math.min(1, DRILL_DEADLINE_MS / deadlineMs)

/** SCALE-1 */
export function scaledRoute(route: Route, scale: number): Route {
  if (scale === 1) return route
  const scaled = (ms: number): number => Math.max(1, Math.round(ms * scale))
  return {
    ...route,
    deadlineMs: scaled(route.deadlineMs),
    strategy: strategyOf(route.strategy, scaled),
    ...(route.rescue === undefined ? {} : { rescue: { bufferMs: scaled(route.rescue.bufferMs) } }),
    candidates: route.candidates.map(
      (candidate): Candidate => ({
        ...candidate,
        timeouts: timeoutsOf(candidate.timeouts, scaled),
        retry: retryOf(candidate.retry, scaled),
      }),
    ),
  }
}

type Scaled = (ms: number) => number

const strategyOf = (strategy: Strategy, scaled: Scaled): Strategy =>
  strategy.type === 'hedge' ? { ...strategy, afterMs: scaled(strategy.afterMs) } : strategy

/** SCALE-2, SCALE-3 */
function timeoutsOf({ workerLostMs, ...own }: Timeouts, scaled: Scaled): Timeouts {
  const bounded = (ms: number): number => Math.max(Math.min(ms, SHORTEST_TIMEOUT_MS), scaled(ms))
  const { connectMs, attemptMs, firstTokenMs, idleMs } = own
  return {
    connectMs: bounded(connectMs),
    attemptMs: bounded(attemptMs),
    firstTokenMs: bounded(firstTokenMs),
    idleMs: bounded(idleMs),
    workerLostMs,
  }
}

const retryOf = (retry: RetryPolicy, scaled: Scaled): RetryPolicy => ({
  ...retry,
  initialIntervalMs: scaled(retry.initialIntervalMs),
  maximumIntervalMs: scaled(retry.maximumIntervalMs),
  maxWaitMs: scaled(retry.maxWaitMs),
  jitter: typeof retry.jitter === 'number' ? scaled(retry.jitter) : retry.jitter,
})
