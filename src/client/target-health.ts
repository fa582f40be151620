/**
 * How targets have done of late, by the attempts of generations that have ended. Pure.
 *
 * TARGET-HEALTH-1 A call that was cancelled says nothing of its target, and what never reached it (a circuit, no free slot) is no
 *    call.
 * TARGET-HEALTH-2 Latency is that of calls that answered.
 */
import type { FailureClass } from '../domain/failures/failure'
import { type AttemptRecord, countCalls } from '../domain/routing/attempt'

/** One call, without anything of its content. */
export interface Call {
  target: string
  /** Epoch milliseconds. */
  startedAt: number
  durationMs: number
  /** null: it answered. */
  failure: FailureClass | null
}

export interface Health {
  calls: number
  failed: number
  /** null: none answered. */
  p50Ms: number | null
  p95Ms: number | null
}

export interface HealthBucket extends Health {
  /** Its begin, epoch milliseconds. */
  at: number
}

export interface TargetHealth extends Health {
  target: string
  /** How many failures of which class, the most frequent first. */
  failures: { class: FailureClass; count: number }[]
  /** In order of time, those without a call too. */
  buckets: HealthBucket[]
}

export const WINDOW_MS = 10 * 60_000
const BUCKETS = 20
const BUCKET_MS = WINDOW_MS / BUCKETS
/** A caller may name any model of a provider: the most called are shown. */
const TARGETS_MAX = 50

/** TARGET-HEALTH-1 */
export const callsOf = (attempts: readonly AttemptRecord[]): Call[] =>
  attempts
    .filter((attempt) => attempt.failure?.class !== 'cancelled' && countCalls([attempt]) === 1)
    .map(({ target, startedAt, durationMs, failure }) => ({
      target,
      startedAt,
      durationMs,
      failure: failure?.class ?? null,
    }))

/** Of the window's calls, by target in order of name. `now` in epoch milliseconds. */
export function targetHealth(calls: readonly Call[], now: number): TargetHealth[] {
  // Buckets keep their place from one reading to the next.
  const until = (Math.floor(now / BUCKET_MS) + 1) * BUCKET_MS
  const since = until - WINDOW_MS
  const byTarget = new Map<string, Call[]>()
  for (const call of calls) {
    if (call.startedAt < since || call.startedAt >= until) continue
    const known = byTarget.get(call.target)
    if (known === undefined) byTarget.set(call.target, [call])
    else known.push(call)
  }
  return [...byTarget]
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, TARGETS_MAX)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([target, own]) => ({
      target,
      ...healthOf(own),
      failures: failuresOf(own),
      buckets: Array.from({ length: BUCKETS }, (_, index) => {
        const at = since + index * BUCKET_MS
        return {
          at,
          ...healthOf(own.filter((call) => call.startedAt >= at && call.startedAt < at + BUCKET_MS)),
        }
      }),
    }))
}

/** TARGET-HEALTH-2 */
function healthOf(calls: readonly Call[]): Health {
  const answeredMs = calls
    .filter(({ failure }) => failure === null)
    .map(({ durationMs }) => durationMs)
    .sort((a, b) => a - b)
  return {
    calls: calls.length,
    failed: calls.length - answeredMs.length,
    p50Ms: quantile(answeredMs, 0.5),
    p95Ms: quantile(answeredMs, 0.95),
  }
}

/** Nearest rank: a value that was measured. `sorted`: ascending. */
const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null

function failuresOf(calls: readonly Call[]): TargetHealth['failures'] {
  const counts = new Map<FailureClass, number>()
  for (const { failure } of calls) if (failure !== null) counts.set(failure, (counts.get(failure) ?? 0) + 1)
  return [...counts]
    .map(([name, count]) => ({ class: name, count }))
    .sort((a, b) => b.count - a.count || (a.class < b.class ? -1 : 1))
}
