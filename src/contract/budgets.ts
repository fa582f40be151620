/**
 * What workers, operators and a tenant's entity workflow say to each other: names and messages.
 * Workers of two builds may use one entity: fields are added, never renamed.
 */
import { type Amount, isAmount, NOTHING, UNITS } from '../domain/budgets/amount'
import type { Budget, Windows } from '../domain/budgets/budget'
import {
  newTenantAccount,
  reservedOf,
  reservedUntilOf,
  type TenantAccount,
  type Ticket,
  type WorkerReport,
} from '../domain/budgets/tenant-account'
import type { PlanSpent } from '../domain/routing/plan'

export const BUDGET_WORKFLOW = 'budget'

/**
 * Of the reducer and of the entity around it. Raise it with every change of what a history replays to: a worker
 * of a higher build ends a running entity and starts it anew from its memo.
 */
export const BUDGET_BUILD = 1

export const USE_SIGNAL = 'reportUse'
export const ASK_UPDATE = 'askBudget'
export const ADD_UPDATE = 'addBudget'

/** Where the entity publishes its state. */
export const BUDGET_MEMO = 'holdfastBudget'

/** Requests without a tenant have the budget of this one. */
export const NO_TENANT = 'default'

export interface BudgetInput {
  tenant: string
  build: number
  account: TenantAccount
  /** So many history events, and it continues as new. */
  maxEvents: number
}

export const BUDGET_MAX_EVENTS = 4_000

/** What a worker asks for, because it can't know by itself whether it fits. */
export interface BudgetAsk {
  report: WorkerReport
  asks: Ticket[]
  /** Those that are given nothing wait for it. */
  queues: boolean
}

export interface BudgetAnswer {
  /** Of the asks, by id. */
  given: string[]
  /** What the entity holds after it. */
  published: PublishedBudget
}

/** An operator adds to the windows that run. */
export interface BudgetAddition {
  /** null: to the windows of all budgets that limit a unit of it. */
  windowMs: number | null
  amount: Amount
}

/** In the memo. */
export interface PublishedBudget {
  build: number
  budgets: Budget[]
  windows: Windows
  /** By all workers, and for those that were released. */
  reserved: Amount
  /** Epoch milliseconds: nobody publishes that the lease of a worker that was killed has ended. Absent: by an older build. */
  reservedUntil?: number | undefined
  waiting: number
  /** The last reports that are in it, of the workers that have reported lately: what of its own it need not add. */
  numbers: { [worker: string]: number }
}

/** So long a worker finds its own number there. */
const NUMBERS_FOR_MS = 15_000

export function publishBudget(account: TenantAccount, build: number, now: number): PublishedBudget {
  const { budgets, windows, queue } = account
  const lately = Object.entries(account.workers).filter(([, one]) => now - one.reportedAt < NUMBERS_FOR_MS)
  return {
    build,
    budgets,
    windows,
    reserved: reservedOf(account, now),
    reservedUntil: reservedUntilOf(account),
    waiting: queue.length,
    numbers: Object.fromEntries(lately.map(([worker, { number }]) => [worker, number])),
  }
}

/** What is reserved now, as far as it was published. */
export const reservedIn = ({ reserved, reservedUntil }: PublishedBudget, now: number): Amount =>
  reservedUntil === undefined || now < reservedUntil ? reserved : NOTHING

/** What another run goes on with: who waits asks again by itself, and workers report what they have reserved. */
export const accountOf = ({ budgets, windows }: PublishedBudget): TenantAccount => ({
  ...newTenantAccount(budgets),
  windows,
})

/** Reads a memo that an older or a newer build may have written. null: it is none of ours. */
export function readPublishedBudget(memo: unknown): PublishedBudget | null {
  if (!isObject(memo) || typeof memo.build !== 'number') return null
  const { build, budgets, windows, reserved, reservedUntil, waiting, numbers } = memo
  if (!isBudgets(budgets) || !isWindows(windows) || !isAmount(reserved)) return null
  return {
    build,
    budgets,
    windows,
    reserved,
    reservedUntil: isNumber(reservedUntil) ? reservedUntil : undefined,
    waiting: isCount(waiting) ? waiting : 0,
    numbers: isObject(numbers) ? counts(numbers) : {},
  }
}

const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** A hundred years: what is longer ends at no date. */
const WINDOW_MAX_MS = 100 * 366 * 86_400_000

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0

const counts = (given: { [key: string]: unknown }): { [key: string]: number } =>
  Object.fromEntries(Object.entries(given).filter((entry): entry is [string, number] => isCount(entry[1])))

export const isBudgets = (value: unknown): value is Budget[] =>
  Array.isArray(value) &&
  value.every(
    (one: unknown) =>
      isObject(one) &&
      isCount(one.windowMs) &&
      one.windowMs > 0 &&
      one.windowMs <= WINDOW_MAX_MS &&
      UNITS.every((unit) => one[unit] === undefined || isNumber(one[unit])),
  )

const isWindows = (value: unknown): value is Windows =>
  isObject(value) &&
  Object.values(value).every(
    (one) => isObject(one) && isNumber(one.startsAt) && isAmount(one.used) && isAmount(one.added),
  )

const isTicket = (value: unknown): value is Ticket =>
  isObject(value) && typeof value.id === 'string' && isNumber(value.since) && isAmount(value.amount)

export const isTickets = (value: unknown): value is Ticket[] => Array.isArray(value) && value.every(isTicket)

export const isReport = (value: unknown): value is WorkerReport =>
  isObject(value) &&
  typeof value.worker === 'string' &&
  isCount(value.number) &&
  isAmount(value.used) &&
  isNumber(value.at) &&
  isAmount(value.reserved) &&
  isNumber(value.reservedUntil) &&
  isBudgets(value.budgets) &&
  isTickets(value.waiting) &&
  Array.isArray(value.gone) &&
  value.gone.every((id) => typeof id === 'string')

/** What a generation wants, as it begins. */
export interface BudgetClaim {
  tenant: string | null
  /** Its id. */
  generation: string
  /** What its first call may use. */
  amount: Amount
  /** When it arrived, epoch milliseconds: the order of those who wait. */
  since: number
  /** It ends at the latest by then; so long what it wants is reserved. */
  forMs: number
}

/** Why a generation may not begin. */
export type BudgetSpent = PlanSpent
