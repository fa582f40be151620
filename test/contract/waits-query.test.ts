import { budgetWaitAt } from '../../src/contract/waits-query'
import type { Moment } from '../../src/domain/routing/report'

const PASS = { pass: 1, among: null, later: [] }
const PAUSED = { ...PASS, phase: 'paused', until: 90_000, nudge: true } as const
const spent = (waits: boolean): Moment['plan'] => ({
  dropped: [],
  spent: {
    tenant: 'acme',
    waits,
    unit: 'requests',
    windowMs: 1,
    limit: 1,
    until: 90_000,
    reserved: false,
  },
})

it('a wait for budget begins with its first moment, and goes on while it asks again', () => {
  const first = budgetWaitAt({ state: PAUSED, plan: spent(true) }, undefined, 1_000)
  expect(first).toEqual({ tenant: 'acme', since: 1_000 })
  expect(budgetWaitAt({ state: PAUSED, plan: spent(true) }, first, 61_000)).toEqual(first)
})

it('it is over with the next pause for another reason, or with a call', () => {
  const before = { tenant: 'acme', since: 1_000 }
  expect(budgetWaitAt({ state: PAUSED, plan: { dropped: [] } }, before, 2_000)).toBeUndefined()
  const planning = { ...PASS, phase: 'planning', fresh: true } as const
  expect(budgetWaitAt({ state: planning, plan: spent(true) }, before, 2_000)).toBeUndefined()
})
