/** One tenant's entity workflow, as a worker reaches it (src/temporal/entity.ts). */
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import {
  ASK_UPDATE,
  accountOf,
  BUDGET_BUILD,
  BUDGET_MAX_EVENTS,
  BUDGET_MEMO,
  BUDGET_WORKFLOW,
  type BudgetAnswer,
  type BudgetAsk,
  type BudgetInput,
  type PublishedBudget,
  publishBudget,
  readPublishedBudget,
  USE_SIGNAL,
} from '../contract/budgets'
import type { Budget } from '../domain/budgets/budget'
import { newTenantAccount, type WorkerReport } from '../domain/budgets/tenant-account'
import { budgetWorkflowId } from '../temporal/budget-id'
import { entityOf } from '../temporal/entity'

/** Where it does not answer a worker goes by its share of what was free: longer than that a generation need not wait. */
const ASK_DEADLINE_MS = 3_500

export interface BudgetEntity {
  /** What it has published. Starts it where it is not running. Throws when Temporal does not answer. */
  read(): Promise<PublishedBudget>
  report(report: WorkerReport): Promise<void>
  /** Throws when there is no answer in time. */
  ask(ask: BudgetAsk): Promise<BudgetAnswer>
}

export interface BudgetEntitySettings {
  tenant: string
  budgets: Budget[]
  taskQueue: string
  logger: Logger
  now(): number
  /** For tests of a continue-as-new. */
  maxEvents?: number | undefined
}

export function budgetEntity(client: Client, settings: BudgetEntitySettings): BudgetEntity {
  const { tenant, budgets, taskQueue, logger, now, maxEvents = BUDGET_MAX_EVENTS } = settings
  const build = BUDGET_BUILD
  const entity = entityOf<PublishedBudget>(client, {
    workflowType: BUDGET_WORKFLOW,
    workflowId: budgetWorkflowId(tenant, taskQueue),
    taskQueue,
    memo: BUDGET_MEMO,
    build,
    readPublished: readPublishedBudget,
    begin(from) {
      const account = from === null ? newTenantAccount(budgets) : accountOf(from)
      const input: BudgetInput = { tenant, build, account, maxEvents }
      return { input, published: publishBudget(account, build, now()) }
    },
    updateDeadlineMs: ASK_DEADLINE_MS,
    summary: `The budgets of ${tenant}`,
    details: `What the workers of task queue ${taskQueue} have used for ${tenant}. It runs for ever.`,
    onEnded: () =>
      logger.warn(
        { event: 'budget_ended', tenant },
        'the budget had ended: started anew from what was last read',
      ),
    onTakenOver: (fromBuild) =>
      logger.info(
        { event: 'budget_taken_over', tenant, fromBuild, build },
        'budget taken over from an older build',
      ),
  })
  return {
    read: entity.read,
    report: (report) => entity.signal(USE_SIGNAL, report),
    ask: (ask) => entity.update<BudgetAnswer>(ASK_UPDATE, ask),
  }
}
