/**
 * The budgets of one tenant: how much of what, in which window. Windows are aligned to UTC: one of an hour begins with the
 * hour, one of a day at midnight, one of 30 days every 30 days since 1970-01-01.
 *
 * BUDGET-1 What is wanted fits where for every budget `used + reserved + wanted` stays within its limit and what an operator
 *    has added.
 * BUDGET-2 Somebody who wants more than a whole budget fits where the budget is untouched: else it would never be served.
 */
import { type Amount, NOTHING, plus, UNITS, type Unit } from './amount'

/** A unit that is absent is not limited. */
export interface Budget extends Readonly<{ [unit in Unit]?: number | undefined }> {
  windowMs: number
}

export interface TenantBudgets {
  budgets: Budget[]
  /** refuse: an error. wait: until there is budget, in the order of arrival. */
  whenSpent: 'refuse' | 'wait'
}

/** A window that runs, or has ended and is not known to have. */
export interface Window {
  /** Epoch milliseconds. */
  startsAt: number
  used: Amount
  /** By an operator, for this window alone. */
  added: Amount
}

/** By the window's length in milliseconds. */
export interface Windows {
  readonly [windowMs: string]: Window
}

/** What lacks budget, and until when. */
export interface Spent {
  unit: Unit
  windowMs: number
  limit: number
  /** Epoch milliseconds: when there may be budget again. */
  until: number
  /** Only reserved by others that run: when they end there may be budget before `until`. */
  reserved: boolean
}

/** So long something reserved is said to last, for who is to try again. */
const RESERVED_FOR_MS = 5_000

/** Sums of dollars are not exact. */
const TOLERANCE = 1e-9

export const windowStart = (now: number, windowMs: number): number => Math.floor(now / windowMs) * windowMs

/** The window of this length at `now`: a new one has nothing used. */
export function windowAt(windows: Windows, windowMs: number, now: number): Window {
  const startsAt = windowStart(now, windowMs)
  const known = windows[String(windowMs)]
  // A clock that is behind must not empty a window that runs.
  return known !== undefined && known.startsAt >= startsAt
    ? known
    : { startsAt, used: NOTHING, added: NOTHING }
}

/** What may still be used of one unit of one budget, `reserved` aside; less than 0 where more was used. */
export const freeOf = (budget: Budget, window: Window, unit: Unit): number =>
  (budget[unit] ?? Number.POSITIVE_INFINITY) + window.added[unit] - window.used[unit]

/** Of each limit of each budget at `now`. */
export function limitsAt(budgets: readonly Budget[], windows: Windows, now: number) {
  return budgets.flatMap((budget) => {
    const window = windowAt(windows, budget.windowMs, now)
    return UNITS.flatMap((unit) => {
      const own = budget[unit]
      if (own === undefined) return []
      const limit = own + window.added[unit]
      return [
        {
          budget,
          unit,
          limit,
          free: freeOf(budget, window, unit),
          endsAt: window.startsAt + budget.windowMs,
        },
      ]
    })
  })
}

/**
 * BUDGET-1, BUDGET-2. null: it fits; else the limit that lacks it longest.
 * @param reserved by all that run
 */
export function lackOf(
  budgets: readonly Budget[],
  windows: Windows,
  { reserved, wanted, now }: { reserved: Amount; wanted: Amount; now: number },
): Spent | null {
  const lacks = limitsAt(budgets, windows, now).flatMap(({ budget, unit, limit, free, endsAt }): Spent[] => {
    const want = Math.min(wanted[unit], limit)
    if (want <= 0 && free > 0) return []
    if (free > 0 && reserved[unit] + want <= free + TOLERANCE * limit) return []
    // What is used up stays so; what is reserved may come back.
    const usedUp = free < want * (1 - TOLERANCE) || free <= 0
    const until = usedUp ? endsAt : Math.min(endsAt, now + RESERVED_FOR_MS)
    return [{ unit, windowMs: budget.windowMs, limit, until, reserved: !usedUp }]
  })
  return lacks.sort((one, other) => other.until - one.until)[0] ?? null
}

/** With what was used at `at`: a window that has ended since takes nothing. */
export function withUsed(
  budgets: readonly Budget[],
  windows: Windows,
  { used, at, now }: { used: Amount; at: number; now: number },
): Windows {
  return Object.fromEntries(
    budgets.map(({ windowMs }) => {
      const window = windowAt(windows, windowMs, now)
      const counts = at >= window.startsAt
      return [String(windowMs), counts ? { ...window, used: plus(window.used, used) } : window]
    }),
  )
}

/** By an operator, to the window that runs. */
export function withAdded(windows: Windows, windowMs: number, added: Amount, now: number): Windows {
  const window = windowAt(windows, windowMs, now)
  return { ...windows, [String(windowMs)]: { ...window, added: plus(window.added, added) } }
}
