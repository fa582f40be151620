/** DISPATCH-9: hedges and their budget; and the word of a call that `after` has passed. */
import { beginDispatch, dispatch, runningOf } from '../../../src/domain/routing/dispatch'
import {
  FAILED,
  HEDGE,
  OVERLOADED,
  planned,
  policyOf,
  QUERIES_BUDGET,
  starts,
  T0,
  waits,
} from './dispatch-script'

const hedged = (more = {}, count = 3) =>
  planned(policyOf({ strategy: HEDGE, ...more }, Array(count)), { ready: [...Array(count).keys()] })

describe('DISPATCH-9: a hedge', () => {
  it('is requested when it is due, and starts when it is allowed', () => {
    const run = hedged()
    expect(run.first).toEqual(starts([0], 800))
    expect(run.wakes(800)).toEqual(QUERIES_BUDGET)
    expect(run.hedge(true, 805)).toEqual(starts([1]))
  })

  it('is not started when it is refused, and the budget not called again by that plan', () => {
    const run = hedged()
    run.wakes(800)
    expect(run.hedge(false, 805)).toEqual(waits(null))
    expect(run.wakes(5_000)).toEqual(waits(null))
    expect(run.due(0, 5_001)).toEqual(waits(null))
    expect(run.fails(0, OVERLOADED, 6_000)).toEqual(starts([1]))
    expect(run.wakes(9_000)).toEqual(waits(null))
  })

  it('is requested again in the next pass', () => {
    const run = hedged({ passes: 2 }, 2)
    run.wakes(800)
    run.hedge(false, 800)
    run.fails(0, OVERLOADED, 900)
    run.fails(1, OVERLOADED, 1_000)
    run.wakes(2_000)
    expect(run.planned({ ready: [0, 1] }, 2_000)).toEqual(starts([0], 2_800))
    expect(run.wakes(2_800)).toEqual(QUERIES_BUDGET)
  })

  it('is requested one by one', () => {
    const run = hedged({ strategy: { ...HEDGE, max: 2 } })
    run.wakes(800)
    expect(run.hedge(true, 800)).toEqual(starts([1], 1_600))
    expect(run.wakes(1_600)).toEqual(QUERIES_BUDGET)
    expect(run.hedge(true, 1_600)).toEqual(starts([2]))
  })

  it('does not start at the deadline, though it was allowed', () => {
    const run = hedged({ deadlineAt: T0 + 802 })
    expect(run.wakes(801)).toEqual(QUERIES_BUDGET)
    expect(run.hedge(true, 802)).toEqual(waits(null))
  })

  it('the fallback of a failed candidate is no hedge: it takes nothing from the budget', () => {
    const run = hedged({}, 4)
    run.wakes(800)
    run.hedge(true, 800)
    expect(run.fails(0, OVERLOADED, 900)).toEqual(starts([2]))
    expect(run.fails(1, OVERLOADED, 901)).toEqual(starts([3]))
    expect(run.fails(2, OVERLOADED, 902)).toEqual(waits(null))
    expect(run.fails(3, OVERLOADED, 903)).toEqual(FAILED)
  })

  it('a failure starts its replacement first where a hedge is due at the same moment', () => {
    const run = hedged({ strategy: { ...HEDGE, afterMs: 0 } })
    expect(run.fails(0, OVERLOADED, 0)).toEqual(starts([1], 1))
    expect(run.wakes(1)).toEqual(QUERIES_BUDGET)
    expect(run.hedge(true, 1)).toEqual(starts([2]))
  })

  it.each(['sequence', 'race'] as const)('%s: the budget is never queried', (type) => {
    const run = hedged({ strategy: { type } })
    expect(run.due(type === 'race' ? 2 : 0, 5_000)).toEqual(waits(null))
  })
})

describe('the due event of a call', () => {
  it('counts before the clock has reached `after`', () => {
    const run = hedged()
    expect(run.due(0, 700)).toEqual(QUERIES_BUDGET)
    expect(run.hedge(true, 700)).toEqual(starts([1]))
  })

  it.each([
    ['one that did not start last', 0],
    ['one that has not started', 2],
    ['none of the candidates', 7],
  ])('from %s changes nothing', (_who, candidate) => {
    const policy = policyOf({ strategy: { ...HEDGE, max: 2 } })
    const plan = { ready: [0, 1, 2], lastResort: [], blocked: [] }
    let { state } = dispatch(policy, beginDispatch(), { type: 'planned', plan }, T0)
    state = dispatch(policy, state, { type: 'due', candidate: 0 }, T0 + 500).state
    state = dispatch(policy, state, { type: 'hedge', allowed: true }, T0 + 500).state
    expect(runningOf(state)).toEqual([0, 1])
    const step = dispatch(policy, state, { type: 'due', candidate }, T0 + 600)
    expect(step).toEqual({ state, action: waits(1_300) })
  })
})
