/**
 * The budgets of one tenant, held for the whole cluster: a workflow that runs for ever.
 *
 * BUDGET-WORKFLOW-1 What changes is published in the memo, in the workflow task that changed it: readers
 *    describe, and never query.
 * BUDGET-WORKFLOW-2 Handlers are synchronous: between two of them the state is whole, and none is cut off by
 *    a continue-as-new.
 * BUDGET-WORKFLOW-3 A continue-as-new carries the state and the memo.
 * BUDGET-WORKFLOW-4 A run belongs to the build that started it, as a circuit's (circuit.ts, CIRCUIT-WORKFLOW-4).
 * BUDGET-WORKFLOW-5 A message that makes no sense (sent by hand, say) changes nothing: it must not stop the
 *    entity for good.
 * BUDGET-WORKFLOW-6 Who waits is signalled when there is budget for it, RELEASED_AT_ONCE in RELEASE_EVERY_MS: a window that
 *    begins is not used up in its first second. A timer stands only while somebody waits.
 */
import {
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  log,
  makeContinueAsNewFunc,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow'
import {
  ADD_UPDATE,
  ASK_UPDATE,
  BUDGET_BUILD,
  BUDGET_MEMO,
  BUDGET_WORKFLOW,
  type BudgetAddition,
  type BudgetAnswer,
  type BudgetAsk,
  type BudgetInput,
  isReport,
  isTickets,
  type PublishedBudget,
  publishBudget,
  USE_SIGNAL,
} from '../src/contract/budgets'
import { CIRCUITS_CHANGED_SIGNAL } from '../src/contract/circuits'
import { isAmount, UNITS } from '../src/domain/budgets/amount'
import { budgetDetails } from '../src/domain/budgets/budgets-report'
import {
  give,
  nextReleaseAt,
  reduceTenant,
  type TenantAccount,
  type TenantEvent,
  type WorkerReport,
} from '../src/domain/budgets/tenant-account'
import { betweenBuilds } from './between-builds'

const RELEASED_AT_ONCE = 10
const RELEASE_EVERY_MS = 1_000

setWorkflowOptions(betweenBuilds('AUTO_UPGRADE'), budget)

export async function budget(input: BudgetInput): Promise<void> {
  const { tenant, build, maxEvents } = input
  if (build !== BUDGET_BUILD)
    throw new Error(`This run is of budget build ${build}, this worker of build ${BUDGET_BUILD}`)
  let account = input.account
  let published = publishBudget(account, build, Date.now())
  let releasedAt = 0
  let changes = 0

  const publish = (next: TenantAccount): PublishedBudget => {
    account = next
    changes += 1
    published = publishBudget(account, build, Date.now())
    upsertMemo({ [BUDGET_MEMO]: published })
    setCurrentDetails(budgetDetails(tenant, account, Date.now()))
    return published
  }
  const apply = (event: TenantEvent): PublishedBudget => publish(reduceTenant(account, event, Date.now()))

  setHandler(defineSignal<[WorkerReport]>(USE_SIGNAL), (report) => {
    if (isReport(report)) apply({ type: 'reported', report })
    else log.error('a message to the budget was not understood', { event: 'budget_message', tenant })
  })
  setHandler(
    defineUpdate<BudgetAnswer, [BudgetAsk]>(ASK_UPDATE),
    ({ report, asks, queues }) => {
      const now = Date.now()
      const reported = reduceTenant(account, { type: 'reported', report }, now)
      const { account: next, given } = give(reported, { worker: report.worker, asks, queues }, now)
      return { given, published: publish(next) }
    },
    { validator: requireAsk },
  )
  setHandler(
    defineUpdate<PublishedBudget, [BudgetAddition]>(ADD_UPDATE),
    ({ windowMs, amount }) => {
      for (const one of account.budgets)
        if (
          windowMs === null
            ? UNITS.some((unit) => amount[unit] > 0 && one[unit] !== undefined)
            : one.windowMs === windowMs
        )
          apply({ type: 'added', windowMs: one.windowMs, amount })
      return published
    },
    { validator: requireAddition },
  )
  setCurrentDetails(budgetDetails(tenant, account, Date.now()))

  const isLong = (): boolean =>
    workflowInfo().continueAsNewSuggested || workflowInfo().historyLength >= maxEvents

  // BUDGET-WORKFLOW-6
  while (!isLong()) {
    const now = Date.now()
    const soonest = nextReleaseAt(account, now)
    const seen = changes
    const changed = (): boolean => changes !== seen || isLong()
    if (soonest === null) await condition(changed)
    else if (Math.max(soonest, releasedAt + RELEASE_EVERY_MS) > now)
      await condition(changed, Math.max(soonest, releasedAt + RELEASE_EVERY_MS) - now)
    else {
      releasedAt = now
      const before = new Set(account.grants.map(({ id }) => id))
      apply({ type: 'released', most: RELEASED_AT_ONCE })
      for (const { id } of account.grants) if (!before.has(id)) signal(id)
    }
  }
  await condition(allHandlersFinished)
  const next: BudgetInput = { ...input, account }
  const memo = { [BUDGET_MEMO]: publishBudget(account, build, Date.now()) }
  await makeContinueAsNewFunc<(input: BudgetInput) => Promise<void>>({ memo, workflowType: BUDGET_WORKFLOW })(
    next,
  )

  /** One that has ended meanwhile takes no budget. */
  function signal(id: string): void {
    getExternalWorkflowHandle(id)
      .signal(CIRCUITS_CHANGED_SIGNAL)
      .catch(() => {
        apply({ type: 'gone', ids: [id] })
      })
  }
}

/** BUDGET-WORKFLOW-5. What a validator refuses leaves no event. */
function requireAsk({ report, asks, queues }: BudgetAsk): void {
  if (!isReport(report)) throw new Error('report: a report of a worker is needed')
  if (!isTickets(asks)) throw new Error('asks: ids with amounts are needed')
  if (typeof queues !== 'boolean') throw new Error('queues: true or false is needed')
}

/** BUDGET-WORKFLOW-5 */
function requireAddition({ windowMs, amount }: BudgetAddition): void {
  if (windowMs !== null && typeof windowMs !== 'number')
    throw new Error('windowMs: milliseconds, or null, are needed')
  if (!isAmount(amount)) throw new Error('amount: requests, tokens and dollars from 0 are needed')
}
