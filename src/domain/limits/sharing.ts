/**
 * What the workers take of a provider's limits, together: the state of its entity. Each worker says at its turn what it
 * has taken in the window and what waits for it; what all take, and how it is shared out, is published.
 *
 * SHARING-1 Who wants less than an equal part gets what it wants; the others share what is left, equally.
 * SHARING-2 A worker that is silent for its lease wants nothing any more. What it has taken fades with the window.
 * SHARING-3 The state is bounded: so many workers, so many limits; the oldest reports go first.
 */

const WORKERS_AT_MOST = 500
const LIMITS_AT_MOST = 200

export interface LimitReport {
  amount: number
  windowMs: number
  /** Taken in the last window. */
  used: number
  /** What waits, in the limit's unit. */
  waiting: number
  /** By the provider's headers; else by the config. */
  learned: boolean
}

export interface WorkerReport {
  worker: string
  leaseMs: number
  /** By limitId. */
  limits: { [id: string]: LimitReport }
}

interface Reported extends WorkerReport {
  /** Epoch milliseconds. */
  at: number
}

export type LimitReports = readonly Reported[]

export interface PublishedLimit extends LimitReport {
  /** Workers whose lease runs. */
  workers: number
  /** The most that a worker may have in the window; null: as much as it wants. SHARING-1 */
  level: number | null
  /** What nobody wants. */
  spare: number
}

export interface PublishedLimits {
  /** Epoch milliseconds. */
  at: number
  limits: { [id: string]: PublishedLimit }
}

export const newLimitReports = (): LimitReports => []

export function reduceLimits(before: LimitReports, report: WorkerReport, now: number): LimitReports {
  const limits = Object.fromEntries(Object.entries(report.limits).slice(0, LIMITS_AT_MOST))
  const others = before.filter((one) => one.worker !== report.worker && !hasFaded(one, now))
  return [...others.slice(1 - WORKERS_AT_MOST), { ...report, limits, at: now }]
}

const hasFaded = ({ at, limits }: Reported, now: number): boolean =>
  Object.values(limits).every(({ windowMs }) => now - at >= windowMs)

/** SHARING-2 */
const usedOf = ({ at }: Reported, { used, windowMs }: LimitReport, now: number): number =>
  used * Math.max(0, 1 - (now - at) / windowMs)

export function publishLimits(reports: LimitReports, now: number): PublishedLimits {
  const ids = [...new Set(reports.flatMap(({ limits }) => Object.keys(limits)))].slice(0, LIMITS_AT_MOST)
  const limits = ids.flatMap((id): [string, PublishedLimit][] => {
    const of = reports.flatMap((report) => {
      const one = report.limits[id]
      return one === undefined ? [] : [{ report, one }]
    })
    // The newest knows the amount best.
    const last = of.at(-1)?.one
    if (last === undefined) return []
    const alive = of.filter(({ report }) => now - report.at < report.leaseMs)
    const needs = alive.map(({ one }) => one.used + one.waiting)
    const { level, spare } = waterLevel(needs, last.amount)
    const used = of.reduce((sum, { report, one }) => sum + usedOf(report, one, now), 0)
    const waiting = alive.reduce((sum, { one }) => sum + one.waiting, 0)
    return [[id, { ...last, used, waiting, workers: alive.length, level, spare }]]
  })
  return { at: now, limits: Object.fromEntries(limits) }
}

/** SHARING-1 */
function waterLevel(needs: readonly number[], amount: number): { level: number | null; spare: number } {
  const sorted = [...needs].sort((one, other) => one - other)
  let left = amount
  for (const [index, need] of sorted.entries()) {
    const equal = left / (sorted.length - index)
    if (need > equal) return { level: equal, spare: 0 }
    left -= need
  }
  return { level: null, spare: left }
}
