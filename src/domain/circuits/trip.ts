/**
 * When does a circuit open? Reports of several workers, each a sum over its own calls, are folded so that the
 * answer is the same as if one worker had seen all calls.
 *
 * TRIP-1 `consecutive`: a report of nothing but failures adds to the run of failures; any success in it ends
 *    that run, and the failures after the last success begin a new one.
 * TRIP-2 `rate`: failures over calls in a rolling window, once there were `minimumCalls` of them.
 * TRIP-3 Connection failures of one worker, where another one gets through, are that worker's own trouble.
 *    Where other workers have not reported yet, the circuit waits for their reports.
 */
import type { FailureClass } from '../failures/failure'
import type { CircuitPolicy } from '../routing/route'

/** What one worker saw at one target since its last report. */
export interface Report {
  worker: string
  calls: number
  failures: number
  /** Failures after the last success. Equals `failures` where there was none. */
  trailingFailures: number
  /** How many of the failures were below HTTP: refused, reset, DNS, TLS. */
  connectionFailures: number
  /** How many workers there are, as far as this one knows. */
  workers: number
  /** The class of the last failure, for people. */
  lastClass?: FailureClass | undefined
}

/** A worker, and when it last reported this. */
interface ConnectivityReport {
  worker: string
  at: number
}

export interface Tally {
  /** When the first of these failures was reported. */
  since: number
  consecutive: number
  /** The rolling window, oldest first, at most BUCKETS of them. */
  buckets: readonly { from: number; calls: number; failures: number }[]
  /** Workers of which all failures were below HTTP: in their latest report, or by `rate` in the window. */
  cutOff: readonly ConnectivityReport[]
  /** Workers whose latest call got through. */
  wellConnected: readonly ConnectivityReport[]
  workers: number
  /** Nothing failed for so long that nobody needs to report any more. */
  quiet: boolean
  lastFailureAt: number
}

const BUCKETS = 10

/** Without a rate there is no window: once a success has ended the run of failures, nobody needs to watch much longer. */
const CALM_MS = 5_000

/** TRIP-3. The others have read of a failure within 900 ms, and report at their next turn, 500 ms later. */
const OTHERS_REPORT_MS = 2_000

/**
 * TRIP-3. Of a worker that has not reported for so long nothing is known: it may be gone. A hundred workers report
 * every 10 s.
 */
const REPORT_VALID_MS = 30_000

/** `now` in epoch milliseconds. */
export const emptyTally = (now: number): Tally => ({
  since: now,
  consecutive: 0,
  buckets: [],
  cutOff: [],
  wellConnected: [],
  workers: 1,
  quiet: false,
  lastFailureAt: 0,
})

/** `now` in epoch milliseconds. */
export function addReport(tally: Tally, report: Report, policy: CircuitPolicy, now: number): Tally {
  const { calls, failures, trailingFailures } = report
  if (calls === 0) return tally
  const lastFailureAt = failures > 0 ? now : tally.lastFailureAt
  const consecutive = failures >= calls ? tally.consecutive + failures : trailingFailures
  const windowMs = policy.rate?.windowMs ?? 0
  return {
    since: tally.since,
    consecutive,
    buckets: addToWindow(tally.buckets, report, windowMs, now),
    cutOff: addCutOff(tally.cutOff, report, windowMs, now),
    wellConnected: recordReport(tally.wellConnected, report.worker, trailingFailures === 0 ? now : null, now),
    workers: report.workers,
    quiet: consecutive === 0 && now - lastFailureAt >= (policy.rate?.windowMs ?? CALM_MS),
    lastFailureAt,
  }
}

/** TRIP-3. What the window still counts against the target was this worker's trouble, even if it is well by now. */
function addCutOff(cutOff: Tally['cutOff'], report: Report, windowMs: number, now: number): Tally['cutOff'] {
  const { worker, failures, trailingFailures, connectionFailures } = report
  const validMs = Math.max(REPORT_VALID_MS, windowMs)
  const before = cutOff.find((one) => one.worker === worker)?.at ?? -Infinity
  const allBelowHttp = failures > 0 && connectionFailures === failures
  if (allBelowHttp && (trailingFailures > 0 || windowMs > 0))
    return recordReport(cutOff, worker, now, now, validMs)
  const stillCounts = failures === 0 && now - before < windowMs
  return recordReport(cutOff, worker, stillCounts ? before : null, now, validMs)
}

/** The list with this worker as of `at`, or without it; and without those whose report is older than `validMs`. */
function recordReport(
  list: readonly ConnectivityReport[],
  worker: string,
  at: number | null,
  now: number,
  validMs = REPORT_VALID_MS,
): readonly ConnectivityReport[] {
  const others = list.filter((one) => one.worker !== worker && now - one.at < validMs)
  return at === null ? others : [...others, { worker, at }]
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

/** TRIP-1, TRIP-2, TRIP-3. `now` in epoch milliseconds. */
export function trips(tally: Tally, { consecutive, rate }: CircuitPolicy, now: number): boolean {
  if (isOneWorkersTrouble(tally, now)) return false
  if (consecutive !== undefined && tally.consecutive >= consecutive) return true
  if (rate === undefined) return false
  const calls = sum(tally.buckets.map((bucket) => bucket.calls))
  const failures = sum(tally.buckets.map((bucket) => bucket.failures))
  return calls >= rate.minimumCalls && failures / calls >= rate.threshold
}

/** TRIP-3 */
function isOneWorkersTrouble({ cutOff, wellConnected, workers, since }: Tally, now: number): boolean {
  const [first, ...more] = cutOff
  if (first === undefined || more.length > 0) return false
  const anotherGetsThrough = wellConnected.some(({ worker }) => worker !== first.worker)
  return anotherGetsThrough || (workers > 1 && now - since < OTHERS_REPORT_MS)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
