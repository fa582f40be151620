/** D10: one that gave way to another that was answering. */
import { GAVE_WAY_CODE } from '../../../src/domain/failures/failure'
import { failureOf } from './arbitraries'
import {
  FAILED,
  HEDGE,
  limited,
  OVERLOADED,
  planned,
  policyOf,
  RACE,
  starts,
  T0,
  waits,
} from './dispatch-script'

const GAVE_WAY = failureOf('cancelled', { code: GAVE_WAY_CODE })
const race = (more = {}) => planned(policyOf({ strategy: RACE, ...more }), { ready: [0, 1, 2] })

describe('D10: one that gave way', () => {
  it('starts nothing, and is not started while anybody runs', () => {
    const run = race()
    expect(run.fails(1, GAVE_WAY, 100)).toEqual(waits(null))
    expect(run.fails(2, OVERLOADED, 200)).toEqual(waits(null))
    expect(run.wakes(5_000)).toEqual(waits(null))
  })

  it('is started once more when all others have failed', () => {
    const run = race()
    run.fails(2, GAVE_WAY, 100)
    run.fails(1, GAVE_WAY, 110)
    expect(run.fails(0, OVERLOADED, 900)).toEqual(starts([2, 1]))
    expect(run.fails(2, OVERLOADED, 1_000)).toEqual(waits(null))
    expect(run.fails(1, OVERLOADED, 1_100)).toEqual(FAILED)
  })

  it('is started at once where the failure of the other one came before', () => {
    const run = planned(policyOf({ strategy: RACE }, Array(2)), { ready: [0, 1] })
    expect(run.fails(0, OVERLOADED, 100)).toEqual(waits(null))
    expect(run.fails(1, GAVE_WAY, 101)).toEqual(starts([1]))
  })

  it('goes before those that have not started, and no hedge starts meanwhile', () => {
    const run = planned(policyOf({ strategy: HEDGE }, Array(3)), { ready: [0, 1, 2] })
    run.wakes(800)
    run.hedge(true, 800)
    expect(run.fails(1, GAVE_WAY, 900)).toEqual(waits(null))
    expect(run.wakes(9_000)).toEqual(waits(null))
    expect(run.due(0, 9_001)).toEqual(waits(null))
    expect(run.fails(0, OVERLOADED, 9_100)).toEqual(starts([1], 9_900))
  })

  it('is not started where it could not mend what the other failed of, nor at the deadline', () => {
    const bad = race()
    bad.fails(1, GAVE_WAY, 100)
    bad.fails(2, GAVE_WAY, 100)
    expect(bad.fails(0, failureOf('invalid_request'), 200)).toEqual(FAILED)
    const late = race({ deadlineAt: T0 + 1_000 })
    late.fails(1, GAVE_WAY, 100)
    late.fails(2, GAVE_WAY, 100)
    expect(late.fails(0, OVERLOADED, 1_000)).toEqual({ type: 'finish', end: { type: 'deadline' } })
  })

  it('is a candidate of the next pass like any other', () => {
    const run = planned(policyOf({ strategy: RACE, passes: 2 }, Array(2)), { ready: [0, 1] })
    run.fails(1, GAVE_WAY, 100)
    expect(run.fails(0, limited(3_000), 200)).toEqual(starts([1]))
    expect(run.fails(1, OVERLOADED, 300)).toMatchObject({ type: 'wait' })
    run.wakes(1_300)
    expect(run.planned({ ready: [0, 1] }, 1_300)).toMatchObject({ type: 'attempt', candidates: [1] })
  })
})
