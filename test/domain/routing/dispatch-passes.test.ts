/** Passes, and the pauses between them (DISPATCH-8). */
import type { DispatchPolicy } from '../../../src/domain/routing/dispatch'
import { failureOf } from './arbitraries'
import { drive, START } from './dispatch-driver'
import {
  begin,
  FAILED,
  limited,
  OVERLOADED,
  pauses,
  planned,
  plans,
  policyOf,
  RACE,
  refusal,
  resorts,
  starts,
  T0,
  waits,
} from './dispatch-script'
import { only } from './dispatch-trace'

const FAIL: Partial<DispatchPolicy> = { circuit: { whenAllOpen: 'fail' } }
const WAIT: Partial<DispatchPolicy> = { circuit: { whenAllOpen: 'wait' } }
const HOUR_MS = 3_600_000

describe('passes', () => {
  it('waits 1 s, then 2, then 4, and goes through all again', () => {
    const run = begin(policyOf({ passes: 4 }, [undefined]))
    expect(run.fails(0, OVERLOADED, 0)).toEqual(waits(1_000))
    expect(run.wakes(1_000)).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 1_000)).toEqual(waits(3_000))
    expect(run.wakes(3_000)).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 3_000)).toEqual(waits(7_000))
    expect(run.wakes(7_000)).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 7_000)).toEqual(FAILED)
  })

  it('a pause grows to 5 min at most', () => {
    const run = begin(policyOf({ passes: 20, deadlineAt: T0 + 86_400_000 }, [undefined]))
    let now = 0
    const waits: number[] = []
    for (let pass = 1; pass < 20; pass++) {
      const action = run.fails(0, OVERLOADED, now)
      const wakeAt = action.type === 'wait' ? (action.wakeAt ?? 0) - T0 : 0
      waits.push(wakeAt - now)
      now = wakeAt
      run.wakes(now)
    }
    expect(waits.slice(8, 11)).toEqual([256_000, 300_000, 300_000])
    expect(waits.at(-1)).toBe(300_000)
  })

  it('woken too early it goes on waiting', () => {
    const run = begin(policyOf({ passes: 2 }, [undefined]))
    run.fails(0, OVERLOADED, 0)
    expect(run.wakes(999)).toEqual(waits(1_000))
  })

  it('a pause that would reach the deadline is not begun', () => {
    const policy = policyOf({ passes: 2, deadlineAt: T0 + 1_000 }, [undefined])
    expect(begin(policy).fails(0, OVERLOADED, 0)).toEqual(FAILED)
    expect(begin({ ...policy, deadlineAt: T0 + 1_001 }).fails(0, OVERLOADED, 0)).toEqual(waits(1_000))
  })

  it('a Retry-After counts from its own failure, and is the pause where it is the earliest', () => {
    const run = begin(policyOf({ passes: 2 }, [undefined, undefined]))
    run.fails(0, limited(10_000), 0)
    expect(run.fails(1, limited(30_000), 4_000)).toEqual(waits(10_000))
  })

  it('a Retry-After that is over already makes the pause no shorter than 1 s', () => {
    const run = begin(policyOf({ passes: 2 }, [undefined, undefined]))
    run.fails(0, limited(100), 0)
    expect(run.fails(1, OVERLOADED, 4_000)).toEqual(waits(5_000))
  })

  it('a candidate that found the prompt too long is not called again, and does not set the pause', () => {
    const run = begin(policyOf({ passes: 3 }, [8_000, 32_000]))
    run.fails(0, failureOf('context_too_long'), 0)
    expect(run.fails(1, limited(10_000), 0)).toEqual(waits(10_000))
    expect(run.wakes(10_000)).toEqual(starts([1]))
    expect(run.fails(1, OVERLOADED, 10_000)).toEqual(waits(12_000))
    expect(run.wakes(12_000)).toEqual(starts([1]))
  })

  it('a request that one provider calls invalid is not sent again to those before it', () => {
    const run = begin(policyOf({ passes: 3 }))
    run.fails(0, OVERLOADED, 0)
    expect(run.fails(1, failureOf('invalid_request'), 0)).toEqual(FAILED)
  })

  it('where all lack what the request needs there is no further pass', () => {
    const run = begin(policyOf({ passes: 3 }, [undefined, undefined]))
    run.fails(0, failureOf('unsupported'), 0)
    expect(run.fails(1, failureOf('unsupported'), 0)).toEqual(FAILED)
  })
})

describe('DISPATCH-8: in a later pass', () => {
  it('one whose Retry-After has not passed is left out; its turn comes in another pass', () => {
    const run = begin(policyOf({ passes: 3 }, Array(2)))
    run.fails(0, limited(30_000), 0)
    expect(run.fails(1, OVERLOADED, 0)).toEqual(waits(1_000))
    expect(run.wakes(1_000)).toEqual(starts([1]))
    expect(run.fails(1, limited(60_000), 2_000)).toEqual(waits(30_000))
    expect(run.wakes(30_000)).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 30_001)).toEqual(FAILED)
  })

  it('one whose moment came while others ran is called 1 s after them, though they are ruled out', () => {
    const run = begin(policyOf({ passes: 3 }, Array(2)))
    run.fails(0, limited(10_000), 0)
    run.fails(1, OVERLOADED, 0)
    run.wakes(1_000)
    expect(run.fails(1, failureOf('unsupported'), 20_000)).toEqual(waits(21_000))
    expect(run.wakes(21_000)).toEqual(starts([0]))
  })

  it('race: only those start together whose moments have come', () => {
    const run = begin(policyOf({ strategy: RACE, passes: 2 }))
    run.fails(0, limited(5_000), 0)
    run.fails(1, OVERLOADED, 0)
    run.fails(2, OVERLOADED, 0)
    expect(run.wakes(1_000)).toEqual(starts([1, 2]))
  })

  it('one that its circuit kept out starts as soon as a read finds it closed; the read uses no pass', () => {
    const run = planned(policyOf({ ...FAIL, passes: 2 }, Array(2)), { ready: [0], blocked: { 1: 60_000 } })
    expect(run.fails(0, limited(90_000), 0)).toEqual(pauses(15_000))
    expect(run.wakes(15_000)).toEqual(plans(true))
    expect(run.planned({ ready: [0], blocked: { 1: 60_000 } }, 15_000)).toEqual(pauses(30_000))
    expect(run.wakes(30_000)).toEqual(plans(true))
    expect(run.planned({ ready: [0, 1] }, 30_000)).toEqual(starts([1]))
    expect(run.fails(1, OVERLOADED, 30_001)).toEqual(FAILED)
  })

  it('a read starts no last resort early', () => {
    const run = planned(policyOf({ passes: 2 }, Array(2)), { ready: [0], lastResort: [1] })
    run.fails(0, limited(90_000), 0)
    expect(run.fails(1, refusal(40_000), 0)).toEqual(pauses(15_000))
    run.wakes(15_000)
    expect(run.planned({ ready: [0], lastResort: [1] }, 15_000)).toEqual(pauses(30_000))
    run.wakes(30_000)
    expect(run.planned({ ready: [0], lastResort: [1] }, 30_000)).toEqual(pauses(40_000))
    run.wakes(40_000)
    expect(run.planned({ ready: [0], lastResort: [1] }, 40_000)).toEqual(resorts([1]))
  })

  it.each([
    ['fail', FAIL],
    ['wait', WAIT],
  ])('%s: a circuit that opened meanwhile is looked at, beside a longer Retry-After', (_name, more) => {
    const run = planned(policyOf({ ...more, passes: 2 }, Array(2)), { ready: [0, 1] })
    run.fails(0, OVERLOADED, 0)
    expect(run.fails(1, limited(90_000), 0)).toEqual(waits(1_000))
    run.wakes(1_000)
    expect(run.planned({ ready: [1], blocked: { 0: 5_000 } }, 1_000)).toEqual(pauses(5_000))
    run.wakes(5_000)
    expect(run.planned({ ready: [0, 1] }, 5_000)).toEqual(starts([0]))
  })

  it('a Retry-After holds though its circuit, or another pass, names an earlier moment', () => {
    const run = planned(policyOf({ ...WAIT, passes: 3 }, Array(2)), { ready: [0, 1] })
    run.fails(0, limited(60_000), 0)
    run.fails(1, OVERLOADED, 0)
    run.wakes(1_000)
    expect(run.planned({ ready: [1], blocked: { 0: 3_000 } }, 1_000)).toEqual(starts([1]))
    expect(run.fails(1, limited(120_000), 2_000)).toEqual(waits(60_000))
    run.wakes(60_000)
    expect(run.planned({ ready: [0, 1] }, 60_000)).toEqual(starts([0]))
  })

  it('wait: where the circuits refused all that were called, a Retry-After that ends sooner ends the pause', () => {
    const run = planned(policyOf({ ...WAIT, passes: 2 }, Array(2)), { ready: [0, 1] })
    run.fails(0, limited(4_000), 0)
    run.fails(1, OVERLOADED, 0)
    run.wakes(1_000)
    expect(run.planned({ ready: [0, 1] }, 1_000)).toEqual(starts([1]))
    expect(run.fails(1, refusal(9_000), 1_000)).toEqual(pauses(4_000))
  })

  it('fail: fails where circuits alone keep all out, and their moments have come', () => {
    const run = planned(policyOf({ ...FAIL, passes: 3 }, [undefined]), { ready: [0] })
    run.fails(0, OVERLOADED, 0)
    run.wakes(1_000)
    expect(run.planned({ blocked: { 0: 9_000 } }, 1_000)).toEqual(FAILED)
  })
})

it('a limit of 6 h in a deadline of 24 h: one pause, one more pass, one successful call', () => {
  const run = drive({
    policy: policyOf({ passes: 2, deadlineAt: START + 24 * HOUR_MS }, [undefined]),
    outcomes: [
      { afterMs: 200, failure: limited(6 * HOUR_MS) },
      { afterMs: 300, failure: null },
    ],
    views: [[{ type: 'healthy' }]],
    lagMs: 0,
    budget: [true],
    askMs: 0,
    asides: [],
  })
  expect(run.end).toEqual({ type: 'succeeded', candidate: 0 })
  expect(run.endedAt).toBe(START + 6 * HOUR_MS + 500)
  expect(only(run.trace, 'wait').filter(({ inFlight }) => inFlight === 0)).toHaveLength(1)
  // Began, planned, failed, woke, planned, succeeded.
  expect(run.steps).toBe(6)
})
