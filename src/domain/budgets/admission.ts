/**
 * May a worker begin a generation by what it knows itself? What it knows of others is as old as their last reports.
 *
 * ADMISSION-1 A worker that is not alone begins by itself no more than its share of SLACK before it has reported it, and only
 *    where the shares of all others fit beside it: together they use no more than the budget, and near its end than SLACK over
 *    it.
 * ADMISSION-2 Where that is not enough it asks the tenant's entity, which knows better. What is used up for sure is refused
 *    without asking.
 * ADMISSION-3 Where the entity does not answer, it begins no more than its share of what was free when it last knew.
 */
import { type Amount, minus, plus } from './amount'
import { type Budget, lackOf, limitsAt, type Spent, type Windows } from './budget'

/** Of each limit: what all workers together may have begun and not reported. */
export const SLACK = 0.1

/** After that the entity may answer again. */
const TRY_AGAIN_MS = 2_000

export interface WorkerView {
  budgets: readonly Budget[]
  /** With what this worker has used and not seen published. */
  windows: Windows
  /** By all, as published. */
  reserved: Amount
  /** Of that, by this worker. */
  ownPublished: Amount
  /** By this worker now. */
  own: Amount
  /** What of this worker's use is not published. */
  unpublished: Amount
  workers: number
}

export type Admission = { type: 'admitted' } | { type: 'ask' } | { type: 'spent'; spent: Spent }

export function admission(view: WorkerView, wanted: Amount, now: number): Admission {
  const { budgets, windows, ownPublished, own, unpublished, workers } = view
  const reserved = plus(minus(view.reserved, ownPublished), own)
  const lack = lackOf(budgets, windows, { reserved, wanted, now })
  // ADMISSION-2
  if (lack !== null) return lack.reserved ? { type: 'ask' } : { type: 'spent', spent: lack }
  if (workers <= 1) return { type: 'admitted' }
  const unreported = plus(minus(own, ownPublished), unpublished)
  // ADMISSION-1
  const byItself = limitsAt(budgets, windows, now).every(({ unit, limit, free }) => {
    const want = Math.min(wanted[unit], limit)
    const share = Math.max((limit * SLACK) / workers, want)
    return unreported[unit] + want <= share && free - reserved[unit] - want >= (workers - 1) * share
  })
  return byItself ? { type: 'admitted' } : { type: 'ask' }
}

/** ADMISSION-3. null: it may begin. */
export function admissionAlone(view: WorkerView, wanted: Amount, now: number): Spent | null {
  const { budgets, windows, ownPublished, own, unpublished, workers } = view
  const others = minus(view.reserved, ownPublished)
  const lack = lackOf(budgets, windows, { reserved: plus(others, own), wanted, now })
  if (lack !== null || workers <= 1) return lack
  const unreported = plus(minus(own, ownPublished), unpublished)
  const beyond = limitsAt(budgets, windows, now).find(({ unit, limit, free }) => {
    const knownFree = free + unpublished[unit] - others[unit] - Math.min(own[unit], ownPublished[unit])
    return unreported[unit] + Math.min(wanted[unit], limit) > Math.max(knownFree / workers, 0)
  })
  if (beyond === undefined) return null
  const { unit, limit, budget } = beyond
  return { unit, limit, windowMs: budget.windowMs, until: now + TRY_AGAIN_MS, reserved: true }
}
