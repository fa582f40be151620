/** The query for what a generation under way waits for, beside what its memo says. A run of an older build does not know it. */
import type { Moment } from '../domain/routing/report'

export const WAITS_QUERY = 'waits'

export interface Waits {
  /** Absent: it does not wait for its tenant's budget. */
  budget?: BudgetWait | undefined
}

export interface BudgetWait {
  tenant: string
  /** Epoch milliseconds: since when it has waited, of the run under way where it was continued as new. */
  since: number
}

/** @param before what it waited for at the moment before this one */
export function budgetWaitAt(
  { state, plan: { spent } }: Pick<Moment, 'state' | 'plan'>,
  before: BudgetWait | undefined,
  now: number,
): BudgetWait | undefined {
  if (state.phase !== 'paused' || spent?.waits !== true) return undefined
  return before ?? { tenant: spent.tenant, since: now }
}
