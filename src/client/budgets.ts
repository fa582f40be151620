/**
 * Tenants' budgets as an operator sees them: read from the memo of each tenant's entity workflow, as workers do. Reading needs no
 * worker, and starts nothing.
 */
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import type { Config } from '../config'
import {
  ADD_UPDATE,
  BUDGET_MEMO,
  BUDGET_WORKFLOW,
  type BudgetAddition,
  NO_TENANT,
  type PublishedBudget,
  readPublishedBudget,
  reservedIn,
} from '../contract/budgets'
import { HoldfastError, invalidRequest } from '../contract/errors'
import { type Amount, isNothing, NOTHING } from '../domain/budgets/amount'
import { type LimitState, limitStates } from '../domain/budgets/budgets-report'
import { budgetWorkflowId } from '../temporal/budget-id'
import { grpcReason } from './grpc-errors'

const DESCRIBE_DEADLINE_MS = 2_000
/** An entity whose worker was killed in the middle of a task is another one's after 5 s. */
const UPDATE_DEADLINE_MS = 6_000
/** Tenants that the config does not name are found by their entities: so many at most. */
const LISTED_MAX = 1_000

/** One tenant's budget. `known: false`: it has no entity that runs, or can't be read. */
export type TenantBudget = { tenant: string; workflowId: string } & (
  | { known: true; limits: LimitState[]; waiting: number }
  | { known: false; reason: string }
)

export interface BudgetSettings {
  config: Pick<Config, 'tenants'>
  taskQueue: string
}

/** Those of the config, and those that share `default` and have had a request. Throws what Temporal throws at the list. */
export async function listBudgets(
  client: Client,
  { config, taskQueue }: BudgetSettings,
  now: number,
): Promise<TenantBudget[]> {
  const named = Object.entries(config.tenants).filter(([, { budgets }]) => budgets.length > 0)
  const known = new Map(named.map(([tenant]) => [budgetWorkflowId(tenant, taskQueue), tenant]))
  const query = `WorkflowType = '${BUDGET_WORKFLOW}' AND ExecutionStatus = 'Running'`
  const others: TenantBudget[] = []
  if (Object.hasOwn(config.tenants, NO_TENANT))
    for await (const { workflowId, taskQueue: queue, memo } of client.workflow.list({ query })) {
      if (others.length >= LISTED_MAX) break
      const published = readPublishedBudget(memo?.[BUDGET_MEMO])
      if (queue !== taskQueue || published === null || known.has(workflowId)) continue
      others.push(stateOf(tenantIn(workflowId), workflowId, published, now))
    }
  const own = await Promise.all(
    [...known].map(([, tenant]) => readBudget(client, tenant, { config, taskQueue }, now)),
  )
  return [...own, ...others.sort((one, other) => (one.tenant < other.tenant ? -1 : 1))]
}

/** A name that stands in an id as it is; of others their ids are all that is known. */
const tenantIn = (workflowId: string): string => workflowId.replace(/^budget-/, '').replace(/@.*$/, '')

/** Never rejects. */
export async function readBudget(
  client: Client,
  tenant: string,
  { taskQueue }: BudgetSettings,
  now: number,
): Promise<TenantBudget> {
  const workflowId = budgetWorkflowId(tenant, taskQueue)
  const unknown = (reason: string): TenantBudget => ({ tenant, workflowId, known: false, reason })
  try {
    const { status, memo } = await client.withDeadline(Date.now() + DESCRIBE_DEADLINE_MS, () =>
      client.workflow.getHandle(workflowId).describe(),
    )
    if (status.name !== 'RUNNING') return unknown(`its entity has ended (${status.name.toLowerCase()})`)
    const published = readPublishedBudget(memo?.[BUDGET_MEMO])
    return published === null
      ? unknown(`the memo of ${workflowId} is not Holdfast's`)
      : stateOf(tenant, workflowId, published, now)
  } catch (error) {
    return unknown(
      error instanceof WorkflowNotFoundError
        ? `no request of this tenant yet on task queue ${taskQueue}`
        : `Temporal did not answer: ${grpcReason(error)}`,
    )
  }
}

const stateOf = (
  tenant: string,
  workflowId: string,
  published: PublishedBudget,
  now: number,
): TenantBudget => ({
  tenant,
  workflowId,
  known: true,
  limits: limitStates(published, reservedIn(published, now), now),
  waiting: published.waiting,
})

/**
 * Adds to the windows that run, of the length `windowMs` or (null) of all budgets that limit a unit of it.
 * Throws HoldfastError: `invalid_request`, `not_found` or `unavailable`.
 */
export async function addToBudget(
  client: Client,
  tenant: string,
  addition: { windowMs: number | null; amount: Partial<Amount> },
  settings: BudgetSettings,
): Promise<TenantBudget> {
  const amount: Amount = { ...NOTHING, ...addition.amount }
  if (isNothing(amount)) throw invalidRequest('Nothing to add: name requests, tokens or dollars')
  const before = await readBudget(client, tenant, settings, Date.now())
  if (!before.known)
    throw new HoldfastError({
      kind: 'not_found',
      message: `The budget of ${tenant} can't be changed: ${before.reason}`,
      accepted: false,
    })
  const { windowMs } = addition
  const fits = before.limits.some(
    (one) => (windowMs === null || one.windowMs === windowMs) && amount[one.unit] > 0,
  )
  if (!fits) throw invalidRequest(`No budget of ${tenant} limits that in such a window`)
  const message: BudgetAddition = { windowMs, amount }
  try {
    const published = await client.withDeadline(Date.now() + UPDATE_DEADLINE_MS, () =>
      client.workflow
        .getHandle(before.workflowId)
        .executeUpdate<PublishedBudget, [BudgetAddition]>(ADD_UPDATE, { args: [message] }),
    )
    return stateOf(tenant, before.workflowId, published, Date.now())
  } catch (error) {
    throw new HoldfastError({
      kind: 'unavailable',
      message: `The budget of ${tenant} did not answer: ${grpcReason(error)}. Is a worker running?`,
      accepted: 'unknown',
      cause: error,
    })
  }
}
