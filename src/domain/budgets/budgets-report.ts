/** A tenant's budgets as people read them: in the Web UI's details of the entity, in the error of a generation, in a terminal. */
import { duration, instant } from '../text/durations'
import { inlineText, markdownTable } from '../text/markdown'
import type { Amount, Unit } from './amount'
import { type Budget, limitsAt, type Spent, type Windows, windowAt } from './budget'
import { reservedOf, type TenantAccount } from './tenant-account'

/** One limit of one budget, for those who look on. */
export interface LimitState {
  windowMs: number
  unit: Unit
  /** With what an operator has added. */
  limit: number
  added: number
  used: number
  /** By generations that run. */
  reserved: number
  /** Epoch milliseconds. */
  endsAt: number
}

export const limitStates = (
  { budgets, windows }: { budgets: readonly Budget[]; windows: Windows },
  reserved: Amount,
  now: number,
): LimitState[] =>
  limitsAt(budgets, windows, now).map(({ budget: { windowMs }, unit, limit, endsAt }) => {
    const { added, used } = windowAt(windows, windowMs, now)
    return {
      windowMs,
      unit,
      limit,
      added: added[unit],
      used: used[unit],
      reserved: reserved[unit],
      endsAt,
    }
  })

/** `$1.250000`, or a number. */
export const amountText = (number: number, unit: Unit): string =>
  unit === 'dollars' ? `$${number.toFixed(number < 1 ? 6 : 2)}` : String(Math.round(number))

export function budgetDetails(tenant: string, account: TenantAccount, now: number): string {
  const rows = limitStates(account, reservedOf(account, now), now).map(
    ({ windowMs, unit, limit, used, reserved, endsAt }) => [
      duration(windowMs),
      unit,
      amountText(used, unit),
      amountText(reserved, unit),
      amountText(limit, unit),
      instant(endsAt),
    ],
  )
  const waiting = account.queue.length
  return [
    `Budgets of **${inlineText(tenant)}**: ${waiting} ${waiting === 1 ? 'generation waits' : 'generations wait'}`,
    '',
    markdownTable(['window', 'unit', 'used', 'reserved', 'limit', 'until'], rows),
  ].join('\n')
}

/** `the budget of acme is spent: 1000 tokens per 1 h, until 2026-11-28 11:00:00 UTC` */
export function spentText({
  tenant,
  unit,
  windowMs,
  limit,
  until,
  reserved,
}: Spent & { tenant: string }): string {
  const of = `the budget of ${tenant}`
  const what = `${amountText(limit, unit)}${unit === 'dollars' ? '' : ` ${unit}`} per ${duration(windowMs)}`
  return reserved
    ? `${of} is reserved by what runs: ${what}`
    : `${of} is spent: ${what}, until ${instant(until)}`
}
