/**
 * The budgets of all tenants of one worker. Only the activities, and what reports the ends of generations, use them.
 *
 * BUDGETS-1 A tenant without a budget costs nothing: no entity, no signal, no timer.
 * BUDGETS-2 A request without a tenant has the budget of NO_TENANT; a tenant that the config does not name has one of its own, by
 *    what the config says of `default`.
 */
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import { createPeers } from '../circuits/peers'
import type { Config } from '../config'
import { type BudgetClaim, type BudgetSpent, NO_TENANT } from '../contract/budgets'
import type { Amount } from '../domain/budgets/amount'
import type { TenantBudgets } from '../domain/budgets/budget'
import type { LimitState } from '../domain/budgets/budgets-report'
import type { Metrics } from '../telemetry/metrics'
import { type Account, createAccount } from './account'
import { type BudgetEntity, budgetEntity } from './entity'

export interface Budgets {
  /** null: it may begin. `changed`: something has, and it may be its turn. */
  claim(claim: BudgetClaim, changed: boolean): Promise<BudgetSpent | null>
  /** An attempt of this generation has ended, and used this. */
  use(tenant: string | null, generation: string, used: Amount): void
  /** The generation has ended. */
  release(tenant: string | null, generation: string): void
  /** For metrics: of the tenants that this worker has had requests of. */
  states(): (readonly [tenant: string, LimitState[]])[]
  close(): Promise<void>
}

export interface BudgetsSettings {
  /** null: there is no Temporal, and this process goes by what it knows itself. */
  client: Client | null
  taskQueue: string
  /** This worker among its peers: the identity it polls with. */
  identity: string
  tenants: Config['tenants']
  logger: Logger
  /** Epoch milliseconds, by Temporal's clock. */
  now(): number
  metrics: Pick<Metrics, 'budgetRefused'>
}

/** More tenants than this, and those that have been silent for IDLE_MS are forgotten. */
const ACCOUNTS_MAX = 1_000
const IDLE_MS = 600_000

export function createBudgets(settings: BudgetsSettings): Budgets {
  const { client, taskQueue, identity, tenants, logger, now, metrics } = settings
  const accounts = new Map<string, Account>()
  const peers = client === null ? ALONE : createPeers(client, taskQueue, identity, now)

  /** null: it has no budget. */
  function accountOf(given: string | null): Account | null {
    const tenant = given ?? NO_TENANT
    const known = accounts.get(tenant)
    if (known !== undefined) return known
    const policy = policyOf(tenants, tenant)
    if (policy === null) return null
    forgetIdle()
    const entity =
      client === null
        ? NO_ENTITY
        : budgetEntity(client, { tenant, budgets: policy.budgets, taskQueue, logger, now })
    const account = createAccount({ tenant, policy, entity, peers, worker: identity, logger, now })
    accounts.set(tenant, account)
    return account
  }

  function forgetIdle(): void {
    if (accounts.size < ACCOUNTS_MAX) return
    for (const [tenant, account] of accounts) {
      if (account.busy() || now() - account.usedAt() < IDLE_MS) continue
      accounts.delete(tenant)
      void account.close()
    }
  }

  return {
    async claim(claim, changed) {
      const spent = (await accountOf(claim.tenant)?.claim(claim, changed)) ?? null
      if (spent !== null) metrics.budgetRefused(spent)
      return spent
    },
    use: (tenant, generation, used) => accountOf(tenant)?.use(generation, used),
    release(tenant, generation) {
      accounts.get(tenant ?? NO_TENANT)?.release(generation)
    },
    states: () => [...accounts].map(([tenant, account]) => [tenant, account.limits()] as const),
    async close() {
      await Promise.all([...accounts.values()].map((account) => account.close()))
    },
  }
}

/** BUDGETS-2. null: it has none. */
export function policyOf(tenants: Config['tenants'], tenant: string): TenantBudgets | null {
  const policy = Object.hasOwn(tenants, tenant) ? tenants[tenant] : tenants[NO_TENANT]
  return policy === undefined || policy.budgets.length === 0 ? null : policy
}

const ALONE = { count: () => 1, rank: () => 0, refresh: async () => undefined }

const noTemporal = () => Promise.reject(new Error('no budgets without Temporal'))
const NO_ENTITY: BudgetEntity = { read: noTemporal, report: noTemporal, ask: noTemporal }
