import type { FailureClass } from '../../../src/domain/failures/failure'
import { failureOf } from './arbitraries'
import {
  begin,
  DEADLINE,
  FAILED,
  HEDGE,
  OVERLOADED,
  policyOf,
  RACE,
  starts,
  T0,
  waits,
  won,
} from './dispatch-script'

describe('sequence', () => {
  it('starts one, the next when it has failed, and ends with the last failure', () => {
    const run = begin(policyOf())
    expect(run.first).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 10)).toEqual(starts([1]))
    expect(run.fails(1, OVERLOADED, 20)).toEqual(starts([2]))
    expect(run.fails(2, OVERLOADED, 30)).toEqual(FAILED)
  })

  it('ends with the first success', () => {
    const run = begin(policyOf())
    run.fails(0, OVERLOADED, 10)
    expect(run.succeeds(1, 20)).toEqual(won(1))
  })
})

describe('race', () => {
  it('starts all at once and waits for the last', () => {
    const run = begin(policyOf({ strategy: RACE }))
    expect(run.first).toEqual(starts([0, 1, 2]))
    expect(run.fails(1, OVERLOADED, 10)).toEqual(waits(null))
    expect(run.fails(0, OVERLOADED, 20)).toEqual(waits(null))
    expect(run.fails(2, OVERLOADED, 30)).toEqual(FAILED)
  })

  it('with one candidate is a sequence of one', () => {
    const run = begin(policyOf({ strategy: RACE }, [undefined]))
    expect(run.first).toEqual(starts([0]))
    expect(run.fails(0, OVERLOADED, 10)).toEqual(FAILED)
  })

  it('what runs already may still win after a failure that stops everything', () => {
    const run = begin(policyOf({ strategy: RACE }))
    expect(run.fails(0, failureOf('invalid_request'), 10)).toEqual(waits(null))
    expect(run.succeeds(1, 20)).toEqual(won(1))
  })
})

describe('hedge', () => {
  it('starts the next when `after` has passed without an answer, up to max at once', () => {
    const run = begin(policyOf({ strategy: HEDGE }))
    expect(run.first).toEqual(starts([0], 800))
    expect(run.wakes(799)).toEqual(waits(800))
    expect(run.wakes(800)).toEqual(starts([1]))
    expect(run.wakes(5_000)).toEqual(waits(null))
    expect(run.fails(0, OVERLOADED, 5_001)).toEqual(starts([2]))
  })

  it('starts the next at once when one has failed', () => {
    const run = begin(policyOf({ strategy: HEDGE }))
    expect(run.fails(0, OVERLOADED, 100)).toEqual(starts([1], 900))
  })

  it('sets no timer where its candidates are all started', () => {
    expect(begin(policyOf({ strategy: HEDGE }, [undefined])).first).toEqual(starts([0]))
  })

  it('sets no timer for a moment at or after the deadline, and none once it has passed', () => {
    const run = begin(policyOf({ strategy: HEDGE, deadlineAt: T0 + 800 }))
    expect(run.first).toEqual(starts([0]))
    expect(run.wakes(800)).toEqual(waits(null))
    expect(run.wakes(900)).toEqual(waits(null))
    expect(run.fails(0, OVERLOADED, 901)).toEqual(DEADLINE)
  })

  it('with after 0 starts the next 1 ms later', () => {
    const run = begin(policyOf({ strategy: { ...HEDGE, afterMs: 0, max: 2 } }))
    expect(run.first).toEqual(starts([0], 1))
    expect(run.wakes(1)).toEqual(starts([1], 2))
    expect(run.wakes(2)).toEqual(starts([2]))
  })
})

describe('the ends of the range', () => {
  it.each(['sequence', 'race', 'hedge'] as const)('%s: no candidates: failed at once', (type) => {
    const strategy = type === 'hedge' ? HEDGE : { type }
    expect(begin(policyOf({ strategy, passes: 3 }, [])).first).toEqual(FAILED)
  })

  it.each(['sequence', 'race', 'hedge'] as const)('%s: past the deadline: nothing starts', (type) => {
    const strategy = type === 'hedge' ? HEDGE : { type }
    expect(begin(policyOf({ strategy, deadlineAt: T0 })).first).toEqual(DEADLINE)
    expect(begin(policyOf({ strategy, deadlineAt: T0 - 1 })).first).toEqual(DEADLINE)
  })

  it('a success after the deadline is still a success', () => {
    expect(begin(policyOf({ deadlineAt: T0 + 5 })).succeeds(0, 6)).toEqual(won(0))
  })

  it('a failure at the deadline starts nothing more', () => {
    expect(begin(policyOf({ deadlineAt: T0 + 5 })).fails(0, OVERLOADED, 5)).toEqual(DEADLINE)
  })
})

describe('which candidate could mend a failure', () => {
  it.each(['invalid_request', 'cancelled'] as const)('%s: none', (failureClass) => {
    expect(begin(policyOf({ passes: 3 })).fails(0, failureOf(failureClass), 1)).toEqual(FAILED)
  })

  it.each([
    'unsupported',
    'unauthorized',
    'forbidden',
    'quota_exhausted',
    'model_not_found',
    'rate_limited',
    'overloaded',
    'server_error',
    'connection',
    'timeout',
    'bad_response',
    'schema_mismatch',
    'not_admitted',
    'worker_lost',
  ] satisfies FailureClass[])('%s: any', (failureClass) => {
    expect(begin(policyOf()).fails(0, failureOf(failureClass), 1)).toEqual(starts([1]))
  })

  it('content_refused: any where the route opted in, else none', () => {
    const refused = failureOf('content_refused')
    expect(begin(policyOf({ passes: 3 })).fails(0, refused, 1)).toEqual(FAILED)
    expect(begin(policyOf({ fallbackOnRefusal: true })).fails(0, refused, 1)).toEqual(starts([1]))
  })

  it.each([
    ['a larger window', 8_000, 8_001, true],
    ['an equal window', 8_000, 8_000, false],
    ['a smaller window', 8_000, 7_999, false],
    ['an unknown window', 8_000, undefined, true],
    ['any window, where its own is unknown', undefined, 1, true],
  ])('context_too_long: %s', (_what, had, has, starting) => {
    const action = begin(policyOf({}, [had, has])).fails(0, failureOf('context_too_long'), 1)
    expect(action).toEqual(starting ? starts([1]) : FAILED)
  })

  it('context_too_long: the smaller windows are passed over, also after another failure', () => {
    const run = begin(policyOf({}, [32_000, 8_000, 128_000, 16_000]))
    expect(run.fails(0, failureOf('context_too_long'), 1)).toEqual(starts([2]))
    expect(run.fails(2, OVERLOADED, 2)).toEqual(FAILED)
  })
})
