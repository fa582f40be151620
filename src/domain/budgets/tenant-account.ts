/**
 * What a tenant's entity knows: what was used in each window, what the workers have reserved, and who waits. A pure reducer.
 *
 * TENANT-ACCOUNT-1 A worker's reports are numbered, and each counts once, however often it is sent.
 * TENANT-ACCOUNT-2 What a worker has reserved counts until it reports again, or `reservedUntil`: one that was killed reports
 *    no more.
 * TENANT-ACCOUNT-3 What is asked for is given only where it fits beside all that is known to be used and reserved.
 * TENANT-ACCOUNT-4 Who waits is released in the order of arrival, and only from the head: nobody overtakes. While somebody
 *    waits nobody else is given anything, but for those who were released.
 * TENANT-ACCOUNT-5 Who was released has a grant, which is reserved for it until its worker has reported it, or its time is up.
 */
import { type Amount, isNothing, NOTHING, plus, sumOf } from './amount'
import {
  type Budget,
  lackOf,
  limitsAt,
  type Spent,
  type Windows,
  windowAt,
  withAdded,
  withUsed,
} from './budget'

/** A generation that wants budget. */
export interface Ticket {
  id: string
  /** When it arrived, epoch milliseconds: the order of the queue. */
  since: number
  amount: Amount
}

export interface Grant {
  id: string
  amount: Amount
  /** Epoch milliseconds. */
  until: number
}

export interface WorkerPart {
  /** Of its last report. */
  number: number
  reserved: Amount
  /** Epoch milliseconds. */
  reservedUntil: number
  reportedAt: number
}

export interface TenantAccount {
  budgets: Budget[]
  windows: Windows
  workers: { readonly [worker: string]: WorkerPart }
  queue: readonly Ticket[]
  grants: readonly Grant[]
}

export interface WorkerReport {
  worker: string
  /** Of this report, rising. */
  number: number
  /** Used and not reported before. */
  used: Amount
  /** When it was used, or a little later; epoch milliseconds. */
  at: number
  /** Reserved by all that run there now. */
  reserved: Amount
  reservedUntil: number
  /** As its config says. */
  budgets: Budget[]
  /** Who waits. */
  waiting: Ticket[]
  /** Who waits no longer, or has begun. */
  gone: string[]
}

export type TenantEvent =
  | { type: 'reported'; report: WorkerReport }
  | { type: 'added'; windowMs: number; amount: Amount }
  /** As many as fit, at most `most`. */
  | { type: 'released'; most: number }
  /** A generation that was released is gone. */
  | { type: 'gone'; ids: string[] }

/** So many wait at most: who comes after them asks again by itself. */
export const QUEUE_MAX = 5_000
/** From its release to its worker's next report. */
export const GRANT_MS = 30_000
/** A worker that has not reported for so long sends nothing again either. */
const FORGOTTEN_MS = 600_000

export const newTenantAccount = (budgets: Budget[]): TenantAccount => ({
  budgets,
  windows: {},
  workers: {},
  queue: [],
  grants: [],
})

export function reduceTenant(before: TenantAccount, event: TenantEvent, now: number): TenantAccount {
  const account = current(before, now)
  switch (event.type) {
    case 'reported':
      return withReport(account, event.report, now)
    case 'added':
      return { ...account, windows: withAdded(account.windows, event.windowMs, event.amount, now) }
    case 'released':
      return release(account, event.most, now)
    case 'gone':
      return without(account, event.ids)
  }
}

/** Reserved by all workers and all grants. */
export const reservedOf = ({ workers, grants }: TenantAccount, now: number): Amount =>
  sumOf([
    ...Object.values(workers).map(({ reserved, reservedUntil }) =>
      now < reservedUntil ? reserved : NOTHING,
    ),
    ...grants.map(({ amount, until }) => (now < until ? amount : NOTHING)),
  ])

/** Epoch milliseconds: from then on none of it is, if nothing happens until then. */
export const reservedUntilOf = ({ workers, grants }: TenantAccount): number =>
  Math.max(
    0,
    ...Object.values(workers).map(({ reserved, reservedUntil }) => (isNothing(reserved) ? 0 : reservedUntil)),
    ...grants.map(({ until }) => until),
  )

/** What keeps it from having its amount; null: nothing. */
export const lackFor = (account: TenantAccount, wanted: Amount, now: number): Spent | null =>
  lackOf(account.budgets, account.windows, { reserved: reservedOf(account, now), wanted, now })

/**
 * Gives a worker what fits of what it asks for: TENANT-ACCOUNT-3, TENANT-ACCOUNT-4.
 * @param queues who is not given anything waits
 */
export function give(
  before: TenantAccount,
  { worker, asks, queues }: { worker: string; asks: readonly Ticket[]; queues: boolean },
  now: number,
): { account: TenantAccount; given: string[] } {
  let account = current(before, now)
  const given: string[] = []
  const queue: Ticket[] = []
  for (const ask of [...asks].sort(byArrival)) {
    const granted = account.grants.some(({ id }) => id === ask.id)
    const fits = account.queue.length + queue.length === 0 && lackFor(account, ask.amount, now) === null
    if (granted || fits) {
      account = withGiven(without(account, [ask.id]), worker, ask)
      given.push(ask.id)
    } else if (queues) queue.push(ask)
  }
  return { account: withQueued(account, queue), given }
}

/** Windows that have ended and grants whose time is up go; so do workers of old. */
function current(account: TenantAccount, now: number): TenantAccount {
  const windows = Object.fromEntries(
    account.budgets.map(({ windowMs }) => [String(windowMs), windowAt(account.windows, windowMs, now)]),
  )
  const workers = Object.fromEntries(
    Object.entries(account.workers).filter(([, { reportedAt }]) => now - reportedAt < FORGOTTEN_MS),
  )
  return { ...account, windows, workers, grants: account.grants.filter(({ until }) => now < until) }
}

function withReport(account: TenantAccount, report: WorkerReport, now: number): TenantAccount {
  const { worker, number, used, at, reserved, reservedUntil, budgets, waiting, gone } = report
  // TENANT-ACCOUNT-1
  if (number <= (account.workers[worker]?.number ?? 0)) return account
  const part: WorkerPart = { number, reserved, reservedUntil, reportedAt: now }
  const left = withQueued(without(account, gone), waiting)
  return {
    ...left,
    budgets,
    windows: withUsed(budgets, left.windows, { used, at, now }),
    workers: { ...left.workers, [worker]: part },
  }
}

/** The others: who stands in the queue or has a grant keeps its place. */
function withQueued(account: TenantAccount, tickets: readonly Ticket[]): TenantAccount {
  const known = new Set([...account.queue, ...account.grants].map(({ id }) => id))
  const more = tickets.filter(({ id }) => !known.has(id))
  if (more.length === 0) return account
  return { ...account, queue: [...account.queue, ...more].sort(byArrival).slice(0, QUEUE_MAX) }
}

const byArrival = (one: Ticket, other: Ticket): number =>
  one.since - other.since || (one.id < other.id ? -1 : 1)

function without(account: TenantAccount, ids: readonly string[]): TenantAccount {
  if (ids.length === 0) return account
  const gone = new Set(ids)
  const stays = ({ id }: { id: string }): boolean => !gone.has(id)
  return { ...account, queue: account.queue.filter(stays), grants: account.grants.filter(stays) }
}

/** It is reserved by the worker at once: its next report counts all that runs there. */
function withGiven(account: TenantAccount, worker: string, { amount }: Ticket): TenantAccount {
  const part = account.workers[worker]
  if (part === undefined) return account
  const more = { ...part, reserved: plus(part.reserved, amount) }
  return { ...account, workers: { ...account.workers, [worker]: more } }
}

/** TENANT-ACCOUNT-4, TENANT-ACCOUNT-5 */
function release(account: TenantAccount, most: number, now: number): TenantAccount {
  let released = account
  for (let count = 0; count < most; count += 1) {
    const [head, ...queue] = released.queue
    if (head === undefined || lackFor(released, head.amount, now) !== null) break
    const grant: Grant = { id: head.id, amount: head.amount, until: now + GRANT_MS }
    released = { ...released, queue, grants: [...released.grants, grant] }
  }
  return released
}

/** When the head of the queue may fit without another word, epoch milliseconds; null: nobody waits. */
export function nextReleaseAt(account: TenantAccount, now: number): number | null {
  const [head] = account.queue
  if (head === undefined) return null
  const lack = lackFor(account, head.amount, now)
  if (lack === null) return now
  if (!lack.reserved) return lack.until
  const ends = [
    ...Object.values(account.workers).map(({ reservedUntil }) => reservedUntil),
    ...account.grants.map(({ until }) => until),
    ...limitsAt(account.budgets, account.windows, now).map(({ endsAt }) => endsAt),
  ]
  return Math.min(...ends.filter((at) => at > now))
}
