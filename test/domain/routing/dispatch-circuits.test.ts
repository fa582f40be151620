/** The dispatcher where circuits say no: a plan for every pass (DISPATCH-6), waiting, nudges. */
import type { DispatchPolicy } from '../../../src/domain/routing/dispatch'
import { failureOf } from './arbitraries'
import {
  begin,
  DEADLINE,
  FAILED,
  HEDGE,
  OVERLOADED,
  pauses,
  planned,
  plans,
  policyOf,
  refusal,
  resorts,
  scripted,
  starts,
  T0,
  waits,
} from './dispatch-script'

const WAIT: Partial<DispatchPolicy> = { circuit: { whenAllOpen: 'wait' } }
const FAIL: Partial<DispatchPolicy> = { circuit: { whenAllOpen: 'fail' } }
const NO_CIRCUITS: Partial<DispatchPolicy> = { circuit: null }

describe('DISPATCH-6: every pass has a plan of its own', () => {
  it('asks for one before anything starts, and for a fresh one from the second pass on', () => {
    const run = scripted(policyOf({ passes: 3 }, [undefined]))
    expect(run.begins(0)).toEqual(plans(false))
    expect(run.planned({ ready: [0] }, 0)).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 0)).toEqual(waits(1_000))
    expect(run.wakes(1_000)).toEqual(plans(true))
    expect(run.planned({ ready: [0] }, 1_000)).toEqual(starts([0]))
    run.fails(0, OVERLOADED, 1_000)
    expect(run.wakes(3_000)).toEqual(plans(true))
  })

  it('asks for no plan when the deadline has passed, and starts none that comes too late', () => {
    const policy = policyOf({ deadlineAt: T0 + 5 })
    expect(scripted(policy).begins(5)).toEqual(DEADLINE)
    const run = scripted(policy)
    run.begins(0)
    expect(run.planned({ ready: [0] }, 5)).toEqual(DEADLINE)
  })

  it('starts those that are ready by their places in the route; the others never', () => {
    const run = planned(policyOf({}, Array(4)), { ready: [1, 3] })
    expect(run.first).toEqual(starts([1]))
    expect(run.fails(1, OVERLOADED, 1)).toEqual(starts([3]))
    expect(run.fails(3, OVERLOADED, 2)).toEqual(FAILED)
  })

  it('a candidate that was blocked has its place again in the next pass, once it has recovered', () => {
    const run = planned(policyOf({ ...FAIL, passes: 2 }, Array(2)), { ready: [1], blocked: { 0: 500 } })
    expect(run.fails(1, OVERLOADED, 0)).toEqual(pauses(1_000))
    run.wakes(1_000)
    expect(run.planned({ ready: [0, 1] }, 1_000)).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 1_001)).toEqual(starts([1]))
  })

  it('the next pass comes for a blocked one alone, when its circuit lets it through', () => {
    const policy = policyOf({ ...FAIL, passes: 2 }, Array(2))
    const run = planned(policy, { ready: [0], blocked: { 1: 20_000 } })
    expect(run.fails(0, failureOf('unsupported'), 0)).toEqual(pauses(15_000))
    run.wakes(15_000)
    expect(run.planned({ ready: [0], blocked: { 1: 20_000 } }, 15_000)).toEqual(pauses(20_000))
    run.wakes(20_000)
    expect(run.planned({ ready: [0, 1] }, 20_000)).toEqual(starts([1]))
    expect(run.fails(1, OVERLOADED, 20_001)).toEqual(FAILED)
  })

  it('but not for one that the failures have ruled out', () => {
    const run = planned(policyOf({ ...FAIL, passes: 2 }, [32_000, 8_000]), {
      ready: [0],
      blocked: { 1: 500 },
    })
    expect(run.fails(0, failureOf('context_too_long'), 0)).toEqual(FAILED)
    const stopped = planned(policyOf({ ...FAIL, passes: 2 }), { ready: [0], blocked: { 1: 500 } })
    expect(stopped.fails(0, failureOf('invalid_request'), 0)).toEqual(FAILED)
  })
})

it('no candidate is refused by an old snapshot: a fresh one is read, once', () => {
  const run = scripted(policyOf(FAIL))
  run.begins(0)
  expect(run.planned({ blocked: { 0: 1_000 } }, 0)).toEqual(plans(true))
  expect(run.planned({ ready: [0] }, 0)).toEqual(starts([0]))
  const still = scripted(policyOf(FAIL))
  still.begins(0)
  still.planned({ blocked: { 0: 1_000 } }, 0)
  expect(still.planned({ blocked: { 0: 1_000 } }, 0)).toEqual(FAILED)
})

describe('with all circuits open', () => {
  it('fail: fails at once', () => {
    expect(planned(policyOf(FAIL), { blocked: { 0: 1_000, 1: null } }).first).toEqual(FAILED)
  })

  it('try: asks them all the same; with only those that an operator forced open, fails', () => {
    expect(planned(policyOf(), { lastResort: [0, 1] }).first).toEqual(resorts([0]))
    expect(planned(policyOf(), { blocked: { 0: null } }).first).toEqual(FAILED)
  })

  it.each([WAIT, FAIL, NO_CIRCUITS])('none that could ever be called: fails at once (%j)', (more) => {
    expect(planned(policyOf(more), {}).first).toEqual(FAILED)
  })
})

describe('wait, with all circuits open', () => {
  it('reads the circuits again when the first may be called', () => {
    const run = planned(policyOf(WAIT), { blocked: { 0: 9_000, 1: 4_000, 2: null } })
    expect(run.first).toEqual(pauses(4_000))
    expect(run.wakes(3_999)).toEqual(pauses(4_000))
    expect(run.wakes(4_000)).toEqual(plans(true))
    expect(run.planned({ ready: [1] }, 4_000)).toEqual(starts([1]))
  })

  it.each([[40_000], [null]])('reads the circuits again every 15 s at least, until %s', (until) => {
    const run = planned(policyOf(WAIT), { blocked: { 0: until } })
    expect(run.first).toEqual(pauses(15_000))
    run.wakes(15_000)
    expect(run.planned({ blocked: { 0: until } }, 15_000)).toEqual(pauses(30_000))
  })

  it('leaves 500 ms between two reads, even when the moment is past', () => {
    const run = planned(policyOf(WAIT), { blocked: { 0: -1_000 } })
    expect(run.first).toEqual(pauses(500))
    run.wakes(500)
    expect(run.planned({ blocked: { 0: 501 } }, 500)).toEqual(pauses(1_000))
  })

  it('waits no longer than the deadline, and ends by it', () => {
    const run = planned(policyOf({ ...WAIT, deadlineAt: T0 + 300 }), { blocked: { 0: 9_000 } })
    expect(run.first).toEqual(pauses(300))
    expect(run.wakes(300)).toEqual(DEADLINE)
  })

  it('reads the circuits again at once when it is nudged', () => {
    const run = planned(policyOf(WAIT), { blocked: { 0: 9_000 } })
    expect(run.nudged(1)).toEqual(plans(true))
    expect(run.planned({ ready: [0] }, 1)).toEqual(starts([0]))
  })

  it('uses no pass, however often it reads', () => {
    const run = planned(policyOf({ ...WAIT, passes: 2 }, [undefined]), { blocked: { 0: 1_000 } })
    for (let seconds = 1; seconds < 10; seconds++) {
      expect(run.wakes(seconds * 1_000)).toEqual(plans(true))
      run.planned({ blocked: { 0: seconds * 1_000 + 1_000 } }, seconds * 1_000)
    }
    run.nudged(9_500)
    expect(run.planned({ ready: [0] }, 9_500)).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 10_000)).toEqual(waits(11_000))
    run.wakes(11_000)
    expect(run.planned({ ready: [0] }, 11_000)).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 12_000)).toEqual(FAILED)
  })

  it('those that this pass may not ask are not waited for', () => {
    const run = planned(policyOf({ ...WAIT, passes: 2 }, Array(2)), { ready: [0, 1] })
    run.fails(0, failureOf('unsupported'), 0)
    expect(run.fails(1, OVERLOADED, 0)).toEqual(waits(1_000))
    run.wakes(1_000)
    expect(run.planned({ ready: [0], blocked: { 1: 7_000 } }, 1_000)).toEqual(pauses(7_000))
    run.wakes(7_000)
    expect(run.planned({ blocked: { 0: 8_000 } }, 7_000)).toEqual(FAILED)
  })

  it('another pass waits as well', () => {
    const run = planned(policyOf({ ...WAIT, passes: 2 }, [undefined]), { ready: [0] })
    run.fails(0, OVERLOADED, 0)
    run.wakes(1_000)
    expect(run.planned({ blocked: { 0: 6_000 } }, 1_000)).toEqual(pauses(6_000))
  })
})

describe('a nudge', () => {
  it('ends the pause between two passes', () => {
    const run = planned(policyOf({ passes: 2 }, [undefined]), { ready: [0] })
    expect(run.fails(0, refusal(60_000), 0)).toEqual(resorts([0]))
    expect(run.fails(0, OVERLOADED, 1)).toEqual(pauses(1_001))
    expect(run.nudged(2)).toEqual(plans(true))
  })

  it('is not listened for where no circuit counts', () => {
    const run = begin(policyOf({ ...NO_CIRCUITS, passes: 2 }, [undefined]))
    expect(run.fails(0, OVERLOADED, 0)).toEqual(waits(1_000))
    expect(run.wakes(1_000)).toEqual(starts([0]))
  })

  it('changes nothing while a candidate runs', () => {
    const run = begin(policyOf({ strategy: HEDGE }))
    expect(run.nudged(100)).toEqual(waits(800))
  })
})

describe('a pause between two passes', () => {
  it('is not ended by a change of circuits that none of its candidates waits for', () => {
    const run = planned(policyOf({ passes: 2 }, Array(1)), { ready: [0] })
    expect(run.fails(0, OVERLOADED, 0)).toEqual(waits(1_000))
    expect(run.nudged(500)).toEqual(waits(1_000))
    expect(run.wakes(1_000)).toEqual(plans(true))
  })

  it('is ended by one where a candidate was kept out', () => {
    const policy = policyOf({ passes: 2, circuit: { whenAllOpen: 'fail' } }, Array(2))
    const run = planned(policy, { ready: [0], blocked: { 1: 60_000 } })
    expect(run.fails(0, OVERLOADED, 0)).toEqual(pauses(1_000))
    expect(run.nudged(500)).toEqual(plans(true))
  })
})
