/**
 * When does a circuit open? Reports of several workers, each a sum over its own calls, are folded so that the
 * answer is the same as if one worker had seen all calls.
 *
 * T1 `consecutive`: a report of nothing but failures adds to the run of failures; any success in it ends that
 *    run, and the failures after the last success begin a new one.
 * T2 `rate`: failures over calls in a rolling window, once there were `minimumCalls` of them.
 * T3 Connection failures of one worker, where another one gets through, are that worker's own trouble.
 */
import type { CircuitPolicy } from './route'

/** What one worker saw at one target since its last report. */
export interface Report {
  worker: string
  calls: number
  failures: number
  /** Failures after the last success. Equals `failures` where there was none. */
  trailingFailures: number
  /** How many of the failures were below HTTP: refused, reset, DNS, TLS. */
  connectionFailures: number
}

export interface Tally {
  consecutive: number
  /** The rolling window, oldest first, at most BUCKETS of them. */
  buckets: readonly { from: number; calls: number; failures: number }[]
  /** Workers whose latest report had only connection failures; and those whose latest had a success. */
  cutOff: readonly string[]
  wellConnected: readonly string[]
  /** Nothing failed for so long that nobody needs to report any more. */
  quiet: boolean
  lastFailureAt: number
}

const BUCKETS = 10

/** Without a rate there is no window; a run of failures is forgotten after so long without another one. */
const CALM_MS = 60_000

export const emptyTally = (): Tally => ({
  consecutive: 0,
  buckets: [],
  cutOff: [],
  wellConnected: [],
  quiet: false,
  lastFailureAt: 0,
})

/** `now` in epoch milliseconds. */
export function addReport(tally: Tally, report: Report, policy: CircuitPolicy, now: number): Tally {
  const { worker, calls, failures, trailingFailures, connectionFailures } = report
  const allFailed = failures >= calls
  const lastFailureAt = failures > 0 ? now : tally.lastFailureAt
  const without = (workers: readonly string[]) => workers.filter((other) => other !== worker)
  const cut = allFailed && calls > 0 && connectionFailures === failures
  const through = failures < calls
  const consecutive = allFailed ? tally.consecutive + failures : trailingFailures
  return {
    consecutive,
    buckets: addToWindow(tally.buckets, report, policy.rate?.windowMs ?? 0, now),
    cutOff: cut ? [...without(tally.cutOff), worker] : without(tally.cutOff),
    wellConnected: through ? [...without(tally.wellConnected), worker] : without(tally.wellConnected),
    quiet: consecutive === 0 && now - lastFailureAt >= (policy.rate?.windowMs ?? CALM_MS),
    lastFailureAt,
  }
}

function addToWindow(
  buckets: Tally['buckets'],
  { calls, failures }: Report,
  windowMs: number,
  now: number,
): Tally['buckets'] {
  if (windowMs === 0) return []
  const widthMs = windowMs / BUCKETS
  const kept = buckets.filter(({ from }) => from > now - windowMs)
  const last = kept.at(-1)
  if (last === undefined || now - last.from >= widthMs) return [...kept, { from: now, calls, failures }]
  return [
    ...kept.slice(0, -1),
    { from: last.from, calls: last.calls + calls, failures: last.failures + failures },
  ]
}

/** T1, T2, T3 */
export function trips(tally: Tally, { consecutive, rate }: CircuitPolicy): boolean {
  if (isOneWorkersTrouble(tally)) return false
  if (consecutive !== undefined && tally.consecutive >= consecutive) return true
  if (rate === undefined) return false
  const calls = sum(tally.buckets.map((bucket) => bucket.calls))
  const failures = sum(tally.buckets.map((bucket) => bucket.failures))
  return calls >= rate.minimumCalls && failures / calls >= rate.threshold
}

/** T3 */
const isOneWorkersTrouble = ({ cutOff, wellConnected }: Tally): boolean =>
  cutOff.length === 1 && wellConnected.length > 0

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
