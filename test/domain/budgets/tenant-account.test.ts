/**
 * The ledger of one tenant under any order of reports, questions, releases, lost workers and repeated messages: what is given never
 * goes over the budget, and who waits is released in order.
 */
import fc from 'fast-check'
import { publishBudget, readPublishedBudget, reservedIn } from '../../../src/contract/budgets'
import { admission } from '../../../src/domain/budgets/admission'
import { type Amount, NOTHING, plus } from '../../../src/domain/budgets/amount'
import { type Budget, lackOf, windowAt, windowStart, withUsed } from '../../../src/domain/budgets/budget'
import {
  GRANT_MS,
  give,
  newTenantAccount,
  nextReleaseAt,
  reduceTenant,
  reservedOf,
  type TenantAccount,
  type Ticket,
  type WorkerReport,
} from '../../../src/domain/budgets/tenant-account'

const HOUR_MS = 3_600_000
const START = windowStart(1_790_000_000_000, HOUR_MS)
const requests = (count: number): Amount => ({ requests: count, tokens: 0, dollars: 0 })
const budgetsOf = (limit: number): Budget[] => [{ windowMs: HOUR_MS, requests: limit }]

const report = (fields: Partial<WorkerReport>): WorkerReport => ({
  worker: 'w',
  number: 1,
  used: NOTHING,
  at: START,
  reserved: NOTHING,
  reservedUntil: START + HOUR_MS,
  budgets: budgetsOf(10),
  waiting: [],
  gone: [],
  ...fields,
})
const ticket = (id: string, since = START, amount = requests(1)): Ticket => ({ id, since, amount })

it('TENANT-ACCOUNT-1: a report that comes twice counts once', () => {
  const once = reduceTenant(
    newTenantAccount(budgetsOf(10)),
    { type: 'reported', report: report({ used: requests(3) }) },
    START,
  )
  const twice = reduceTenant(once, { type: 'reported', report: report({ used: requests(3) }) }, START)
  expect(windowAt(twice.windows, HOUR_MS, START).used.requests).toBe(3)
})

it('a window that begins has nothing used, and what was used before it is not counted in it', () => {
  const used = reduceTenant(
    newTenantAccount(budgetsOf(10)),
    { type: 'reported', report: report({ used: requests(10) }) },
    START,
  )
  const next = START + HOUR_MS
  expect(
    lackOf(used.budgets, used.windows, { reserved: NOTHING, wanted: requests(1), now: START }),
  ).toMatchObject({
    unit: 'requests',
    until: next,
    reserved: false,
  })
  const late = reduceTenant(
    used,
    { type: 'reported', report: report({ number: 2, used: requests(9), at: next - 1 }) },
    next,
  )
  expect(windowAt(late.windows, HOUR_MS, next).used.requests).toBe(0)
})

it('TENANT-ACCOUNT-2: what a silent worker has reserved is free after its time', () => {
  const event = {
    type: 'reported',
    report: report({ reserved: requests(10), reservedUntil: START + 30_000 }),
  } as const
  const account = reduceTenant(newTenantAccount(budgetsOf(10)), event, START)
  const ask = { worker: 'v', asks: [ticket('g')], queues: false }
  expect(give(account, ask, START + 29_999).given).toEqual([])
  const { account: later, given } = give(
    reduceTenant(account, { type: 'reported', report: report({ worker: 'v' }) }, START),
    ask,
    START + 30_000,
  )
  expect(given).toEqual(['g'])
  expect(reservedOf(later, START + 30_000).requests).toBe(1)
})

it('TENANT-ACCOUNT-2: nobody publishes that its time is up, and it is free all the same', () => {
  const event = {
    type: 'reported',
    report: report({ reserved: requests(10), reservedUntil: START + 30_000 }),
  } as const
  const published = publishBudget(reduceTenant(newTenantAccount(budgetsOf(10)), event, START), 1, START)
  const read = readPublishedBudget(JSON.parse(JSON.stringify(published)))
  const reservedAt = (now: number) => (read === null ? null : reservedIn(read, now).requests)
  expect([START + 29_999, START + 30_000].map(reservedAt)).toEqual([10, 0])
  const { reservedUntil: _reservedUntil, ...older } = published
  expect(reservedIn(older, START + HOUR_MS).requests).toBe(10)
})

it('TENANT-ACCOUNT-4: who waits is released in the order of arrival, as the budget has room, and nobody overtakes', () => {
  const waiting = [ticket('third', START + 3), ticket('first', START + 1), ticket('second', START + 2)]
  let account = reduceTenant(
    newTenantAccount(budgetsOf(2)),
    {
      type: 'reported',
      report: report({
        budgets: budgetsOf(2),
        used: requests(2),
        reservedUntil: START + 2 * HOUR_MS,
        waiting,
      }),
    },
    START,
  )
  expect(nextReleaseAt(account, START)).toBe(START + HOUR_MS)
  const next = START + HOUR_MS
  expect(give(account, { worker: 'w', asks: [ticket('late', next)], queues: true }, next).given).toEqual([])
  account = reduceTenant(account, { type: 'released', most: 10 }, next)
  expect(account.grants.map(({ id }) => id)).toEqual(['first', 'second'])
  expect(account.queue.map(({ id }) => id)).toEqual(['third'])
  account = reduceTenant(
    account,
    { type: 'reported', report: report({ number: 2, budgets: budgetsOf(2), reservedUntil: next + 1_000 }) },
    next,
  )
  // Those who were released have what was kept for them, and no more than that.
  const asked = give(account, { worker: 'w', asks: [ticket('second'), ticket('first')], queues: true }, next)
  expect(asked.given.sort()).toEqual(['first', 'second'])
  expect(reservedOf(asked.account, next).requests).toBe(2)
})

it('TENANT-ACCOUNT-5: a grant that nobody takes is free after its time', () => {
  const waiting = [ticket('gone')]
  const before = reduceTenant(
    newTenantAccount(budgetsOf(1)),
    { type: 'reported', report: report({ budgets: budgetsOf(1), waiting }) },
    START,
  )
  const account = reduceTenant(before, { type: 'released', most: 1 }, START)
  expect(reservedOf(account, START).requests).toBe(1)
  expect(reservedOf(account, START + GRANT_MS).requests).toBe(0)
})

it('an operator adds to the window that runs, and to no other', () => {
  const account = reduceTenant(
    newTenantAccount(budgetsOf(1)),
    { type: 'added', windowMs: HOUR_MS, amount: requests(4) },
    START,
  )
  const lack = (now: number, wanted: number) =>
    lackOf(account.budgets, account.windows, { reserved: requests(1), wanted: requests(wanted), now })
  expect(lack(START, 4)).toBeNull()
  expect(lack(START, 5)).not.toBeNull()
  expect(lack(START + HOUR_MS, 1)).not.toBeNull()
})

it('BUDGET-2: who wants more than a whole budget begins where nothing is used', () => {
  const budgets = [{ windowMs: HOUR_MS, tokens: 100 }]
  const wanted = { requests: 1, tokens: 5_000, dollars: 0 }
  expect(lackOf(budgets, {}, { reserved: NOTHING, wanted, now: START })).toBeNull()
  const windows = withUsed(budgets, {}, { used: { ...NOTHING, tokens: 1 }, at: START, now: START })
  expect(lackOf(budgets, windows, { reserved: NOTHING, wanted, now: START })).not.toBeNull()
})

type Step =
  | { type: 'begin'; worker: number }
  | { type: 'end'; worker: number }
  | { type: 'report'; worker: number }
  | { type: 'read'; worker: number }
  | { type: 'kill'; worker: number }

const steps = fc.array(
  fc.record({
    type: fc.constantFrom('begin', 'begin', 'begin', 'end', 'report', 'read', 'kill'),
    worker: fc.nat(3),
  }) as fc.Arbitrary<Step>,
  { maxLength: 300 },
)

/** Workers that begin by what they know themselves where they may, and ask where they may not. */
function run(limit: number, workers: number, sequence: readonly Step[]): { begun: number; killed: number } {
  const budgets = budgetsOf(limit)
  let account: TenantAccount = newTenantAccount(budgets)
  let begun = 0
  let killed = 0
  const newWorker = (name: string) => ({
    name,
    number: 0,
    running: 0,
    unsent: 0,
    ownPublished: 0,
    seen: { windows: account.windows, reserved: NOTHING },
  })
  const fleet = Array.from({ length: workers }, (_, index) => newWorker(`w${index}`))
  const now = START + 1
  const send = (one: (typeof fleet)[number]): void => {
    one.number += 1
    const fields = {
      worker: one.name,
      number: one.number,
      used: requests(one.unsent),
      reserved: requests(one.running),
      budgets,
    }
    account = reduceTenant(account, { type: 'reported', report: report(fields) }, now)
    one.unsent = 0
  }
  const read = (one: (typeof fleet)[number]): void => {
    one.seen = { windows: account.windows, reserved: reservedOf(account, now) }
    one.ownPublished = account.workers[one.name]?.reserved.requests ?? 0
  }
  for (const [index, { type, worker }] of sequence.entries()) {
    const one = fleet[worker % workers]
    if (one === undefined) continue
    if (type === 'report') {
      send(one)
      read(one)
    } else if (type === 'read') read(one)
    else if (type === 'end' && one.running > 0) {
      one.running -= 1
      one.unsent += 1
    } else if (type === 'kill') {
      killed += one.unsent + one.running
      fleet[worker % workers] = newWorker(`${one.name}'`)
      const fresh = fleet[worker % workers]
      if (fresh !== undefined) read(fresh)
    } else if (type === 'begin') {
      const windows = withUsed(budgets, one.seen.windows, { used: requests(one.unsent), at: now, now })
      const view = {
        budgets,
        windows,
        reserved: one.seen.reserved,
        ownPublished: requests(one.ownPublished),
        own: requests(one.running),
        unpublished: requests(one.unsent),
        workers,
      }
      const decided = admission(view, requests(1), now)
      if (decided.type === 'ask') {
        send(one)
        const asked = give(account, { worker: one.name, asks: [ticket(`g${index}`)], queues: false }, now)
        account = asked.account
        if (asked.given.length === 1) {
          one.running += 1
          begun += 1
        }
        read(one)
      } else if (decided.type === 'admitted') {
        one.running += 1
        begun += 1
      }
    }
  }
  return { begun, killed }
}

it('ADMISSION-1: under any order at most a tenth more than the budget begins, beside what killed workers took along', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 1, max: 4 }),
      steps,
      (limit, workers, sequence) => {
        const { begun, killed } = run(limit, workers, sequence)
        // A worker alone may begin one by itself, however small the budget is.
        const bound = Math.max(Math.ceil(limit * 0.1), workers - 1)
        expect(begun - killed).toBeLessThanOrEqual(limit + bound)
      },
    ),
    { numRuns: 500 },
  )
})

it('one worker alone begins exactly as many as the budget has', () => {
  const all: Step[] = Array.from({ length: 60 }, () => ({ type: 'begin', worker: 0 }) as const)
  expect(run(20, 1, all).begun).toBe(20)
  expect(run(20, 3, all).begun).toBe(20)
})

it('sums add up', () => {
  expect(plus({ requests: 1, tokens: 2, dollars: 0.5 }, { requests: 1, tokens: 1, dollars: 0.25 })).toEqual({
    requests: 2,
    tokens: 3,
    dollars: 0.75,
  })
})
