/** The dispatcher where circuits refuse those that were ready, and where it asks last resorts (DISPATCH-7). */
import type { DispatchPolicy } from '../../../src/domain/routing/dispatch'
import { failureOf } from './arbitraries'
import {
  FAILED,
  HEDGE,
  limited,
  OVERLOADED,
  pauses,
  planned,
  plans,
  policyOf,
  QUERIES_BUDGET,
  RACE,
  refusal,
  resorts,
  starts,
  waits,
  won,
} from './dispatch-script'

const WAIT: Partial<DispatchPolicy> = { circuit: { whenAllOpen: 'wait' } }
const FAIL: Partial<DispatchPolicy> = { circuit: { whenAllOpen: 'fail' } }

const REFUSED = refusal()

describe('a pass in which the circuits refused all', () => {
  it('wait: waits till the first may be called, and that costs no pass', () => {
    const run = planned(policyOf({ ...WAIT, passes: 2 }, Array(2)), { ready: [0, 1] })
    expect(run.fails(0, refusal(9_000), 0)).toEqual(starts([1]))
    expect(run.fails(1, refusal(3_000), 1_000)).toEqual(pauses(4_000))
    expect(run.wakes(4_000)).toEqual(plans(true))
    expect(run.planned({ ready: [0, 1] }, 4_000)).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 4_001)).toEqual(starts([1]))
    expect(run.fails(1, OVERLOADED, 4_002)).toEqual(waits(5_002))
  })

  it('wait: those that were blocked are waited for too', () => {
    const run = planned(policyOf(WAIT), { ready: [0], blocked: { 1: 2_000 } })
    expect(run.fails(0, refusal(9_000), 0)).toEqual(pauses(2_000))
    run.wakes(2_000)
    expect(run.planned({ ready: [1], blocked: { 0: 9_000 } }, 2_000)).toEqual(starts([1]))
  })

  it('wait: at the end of an opening, when another one has the permit, comes back after 500 ms', () => {
    const run = planned(policyOf(WAIT, [undefined]), { ready: [0] })
    expect(run.fails(0, refusal(0), 0)).toEqual(pauses(500))
  })

  it('wait: without a known end, after 15 s', () => {
    const run = planned(policyOf(WAIT, [undefined]), { ready: [0] })
    expect(run.fails(0, REFUSED, 0)).toEqual(pauses(15_000))
  })

  it('wait: one failure that is no refusal, a full worker among them, ends the pass', () => {
    const run = planned(policyOf(WAIT, Array(2)), { ready: [0, 1] })
    run.fails(0, refusal(9_000), 0)
    expect(run.fails(1, failureOf('not_admitted', { code: 'slots' }), 0)).toEqual(FAILED)
  })

  it('try: asks each of them once more, as a last resort, and no third time', () => {
    const run = planned(policyOf({}, Array(2)), { ready: [0, 1] })
    expect(run.fails(0, REFUSED, 0)).toEqual(starts([1]))
    expect(run.fails(1, REFUSED, 0)).toEqual(resorts([0]))
    expect(run.fails(0, REFUSED, 0)).toEqual(resorts([1]))
    expect(run.fails(1, OVERLOADED, 0)).toEqual(FAILED)
  })

  it('fail: fails', () => {
    const run = planned(policyOf(FAIL, Array(2)), { ready: [0, 1] })
    expect(run.fails(0, refusal(9_000), 0)).toEqual(starts([1]))
    expect(run.fails(1, refusal(9_000), 0)).toEqual(FAILED)
  })

  it('fail, with another pass: comes back when the first may be called', () => {
    const run = planned(policyOf({ ...FAIL, passes: 2 }, [undefined]), { ready: [0] })
    expect(run.fails(0, refusal(9_000), 0)).toEqual(pauses(9_000))
  })
})

describe('DISPATCH-7: last resorts', () => {
  it('sequence: start when all others have failed, those of the plan before those refused since', () => {
    const run = planned(policyOf({}, Array(4)), { ready: [1, 2], lastResort: [0, 3] })
    expect(run.first).toEqual(starts([1]))
    expect(run.fails(1, REFUSED, 1)).toEqual(starts([2]))
    expect(run.fails(2, OVERLOADED, 2)).toEqual(resorts([0]))
    expect(run.fails(0, OVERLOADED, 3)).toEqual(resorts([3]))
    expect(run.fails(3, OVERLOADED, 4)).toEqual(resorts([1]))
    expect(run.succeeds(1, 5)).toEqual(won(1))
  })

  it('race: start together when the last of the others has failed', () => {
    const run = planned(policyOf({ strategy: RACE }, Array(4)), { ready: [0, 1], lastResort: [2, 3] })
    expect(run.first).toEqual(starts([0, 1]))
    expect(run.fails(1, REFUSED, 1)).toEqual(waits(null))
    expect(run.fails(0, OVERLOADED, 2)).toEqual(resorts([2, 3, 1]))
  })

  it('hedge: a slow one is hedged with no last resort; among themselves they are hedged', () => {
    const run = planned(policyOf({ strategy: HEDGE }), { ready: [0], lastResort: [1, 2] })
    expect(run.first).toEqual(starts([0]))
    expect(run.wakes(5_000)).toEqual(waits(null))
    expect(run.fails(0, OVERLOADED, 5_001)).toEqual(resorts([1], 5_801))
    expect(run.wakes(5_801)).toEqual(QUERIES_BUDGET)
    expect(run.hedge(true, 5_801)).toEqual(resorts([2]))
  })

  it('hedge: one that was refused does not start while its hedge runs', () => {
    const run = planned(policyOf({ strategy: HEDGE }, Array(2)), { ready: [0, 1] })
    expect(run.fails(0, REFUSED, 1)).toEqual(starts([1]))
    expect(run.wakes(5_000)).toEqual(waits(null))
    expect(run.fails(1, OVERLOADED, 5_001)).toEqual(resorts([0]))
  })

  it('DISPATCH-4: a failure that none could mend starts none of them, nor one that was refused', () => {
    const run = planned(policyOf({ passes: 3 }, Array(3)), { ready: [0, 1], lastResort: [2] })
    run.fails(0, REFUSED, 0)
    expect(run.fails(1, failureOf('invalid_request'), 0)).toEqual(FAILED)
  })

  it('DISPATCH-4: a refusal after such a failure adds none', () => {
    const run = planned(policyOf({ strategy: RACE }, Array(2)), { ready: [0, 1] })
    expect(run.fails(0, failureOf('invalid_request'), 0)).toEqual(waits(null))
    expect(run.fails(1, REFUSED, 1)).toEqual(FAILED)
  })

  it('DISPATCH-4: a prompt that was too long passes over the smaller windows among them', () => {
    const run = planned(policyOf({}, [32_000, 8_000, 128_000]), { ready: [0], lastResort: [1, 2] })
    expect(run.fails(0, failureOf('context_too_long'), 0)).toEqual(resorts([2]))
    expect(run.fails(2, OVERLOADED, 0)).toEqual(FAILED)
  })

  it('one that can not do what is requested is not called in another pass, though it was refused first', () => {
    const run = planned(policyOf({ passes: 2 }, Array(2)), { ready: [0, 1] })
    run.fails(0, REFUSED, 0)
    run.fails(1, OVERLOADED, 0)
    expect(run.fails(0, failureOf('unsupported'), 0)).toEqual(waits(1_000))
    run.wakes(1_000)
    expect(run.planned({ ready: [0, 1] }, 1_000)).toEqual(starts([1]))
  })

  it("only a candidate's last failure sets the pause: not the refusal before it", () => {
    const run = planned(policyOf({ passes: 2 }, [undefined]), { ready: [0] })
    expect(run.fails(0, refusal(2_000), 0)).toEqual(resorts([0]))
    expect(run.fails(0, limited(30_000), 0)).toEqual(waits(30_000))
  })

  it('in the next pass those whose circuits have closed are in their places again', () => {
    const run = planned(policyOf({ passes: 2 }, Array(2)), { ready: [1], lastResort: [0] })
    run.fails(1, OVERLOADED, 0)
    run.fails(0, OVERLOADED, 0)
    run.wakes(1_000)
    expect(run.planned({ ready: [0, 1] }, 1_000)).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 1_001)).toEqual(starts([1]))
  })
})
