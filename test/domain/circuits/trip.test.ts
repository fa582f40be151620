/** When a circuit opens: TRIP-1, TRIP-2 and TRIP-3, whoever saw the calls. */
import fc from 'fast-check'
import { addReport, emptyTally, type Report, type Tally, trips } from '../../../src/domain/circuits/trip'
import type { CircuitPolicy } from '../../../src/domain/routing/route'

const opening = { openForMs: 1_000, maxOpenForMs: 1_000, whenAllOpen: 'try' } as const
const IN_A_ROW: CircuitPolicy = { ...opening, consecutive: 5 }
const BY_RATE: CircuitPolicy = { ...opening, rate: { threshold: 0.5, windowMs: 60_000, minimumCalls: 10 } }
const POLICIES: [string, CircuitPolicy][] = [
  ['consecutive', IN_A_ROW],
  ['rate', BY_RATE],
]

const START = 1_000_000
const EVERY_MS = 500

type Call = 'works' | 'fails' | 'unreachable'

/** What a worker says of the calls that it saw, in their order. */
function reportOf(worker: string, workers: number, calls: readonly Call[]): Report {
  const failed = calls.filter((call) => call !== 'works').length
  return {
    worker,
    workers,
    calls: calls.length,
    failures: failed,
    trailingFailures: calls.length - 1 - calls.lastIndexOf('works'),
    connectionFailures: calls.filter((call) => call === 'unreachable').length,
  }
}

interface Seen {
  call: Call
  worker: number
}

/** What is decided at the end of each interval, with the calls spread over so many workers. */
function decisions(
  intervals: readonly (readonly Seen[])[],
  workers: number,
  policy: CircuitPolicy,
): boolean[] {
  let tally = emptyTally(START)
  return intervals.map((seen, index) => {
    const now = START + index * EVERY_MS
    for (let worker = 0; worker < workers; worker++) {
      const calls = seen.filter((one) => one.worker % workers === worker).map(({ call }) => call)
      if (calls.length > 0) tally = addReport(tally, reportOf(`w${worker}`, workers, calls), policy, now)
    }
    return trips(tally, policy, now)
  })
}

const seenOf = (call: fc.Arbitrary<Call>): fc.Arbitrary<Seen> =>
  fc.record({ call, worker: fc.integer({ min: 0, max: 2 }) })
const mixed = fc.constantFrom<Call>('works', 'fails', 'fails')

/** The target is well or down for the length of an interval. */
const oneCondition = mixed.chain((call) =>
  fc.array(seenOf(fc.constant(call)), { minLength: 1, maxLength: 8, size: 'max' }),
)

describe('three workers decide as one would', () => {
  const same = (intervals: fc.Arbitrary<Seen[][]>, policy: CircuitPolicy) => {
    let opened = 0
    fc.assert(
      fc.property(intervals, (seen) => {
        const alone = decisions(seen, 1, policy)
        if (alone.includes(true)) opened += 1
        expect(decisions(seen, 3, policy)).toEqual(alone)
      }),
      { numRuns: 500 },
    )
    expect(opened).toBeGreaterThan(50)
  }

  it('by consecutive, of a target that is well or down for an interval (TRIP-1)', () => {
    same(fc.array(oneCondition, { maxLength: 12, size: 'max' }), IN_A_ROW)
  })

  it('by consecutive, where each call is reported at once (TRIP-1)', () => {
    same(
      fc.array(
        seenOf(mixed).map((one) => [one]),
        { maxLength: 60, size: 'max' },
      ),
      IN_A_ROW,
    )
  })

  it('by rate, in whatever order the calls came (TRIP-2)', () => {
    same(fc.array(fc.array(seenOf(mixed), { maxLength: 8, size: 'max' }), { maxLength: 12 }), BY_RATE)
  })
})

describe('in a row', () => {
  const run = (...reports: Call[][]): Tally =>
    reports.reduce(
      (tally, calls, index) => addReport(tally, reportOf('w', 1, calls), IN_A_ROW, START + index),
      emptyTally(START),
    )

  it('are all the failures after the last success, in however many reports', () => {
    expect(run(['fails', 'fails'], ['fails', 'works', 'fails'], ['fails', 'fails']).consecutive).toBe(3)
    expect(run(['fails', 'fails', 'works']).consecutive).toBe(0)
  })

  it('a report of no calls changes nothing', () => {
    expect(run(['fails', 'fails'], [])).toEqual(run(['fails', 'fails']))
  })
})

describe('a window', () => {
  it('is as long as the policy says, to a tenth', () => {
    const policy: CircuitPolicy = { ...opening, rate: { threshold: 0.5, windowMs: 1_000, minimumCalls: 10 } }
    const five = reportOf(
      'w',
      1,
      Array.from({ length: 5 }, () => 'fails' as const),
    )
    const after = (ms: number): boolean => {
      const first = addReport(emptyTally(START), five, policy, START)
      return trips(addReport(first, five, policy, START + ms), policy, START + ms)
    }
    expect([0, 99, 101, 999, 1_000].map(after)).toEqual([true, true, true, true, false])
  })

  it('holds no more than ten parts, however long it is watched', () => {
    let tally = emptyTally(START)
    for (let at = START; at < START + 300_000; at += 50)
      tally = addReport(tally, reportOf('w', 1, ['fails', 'works', 'works']), BY_RATE, at)
    expect(tally.buckets.length).toBeLessThanOrEqual(10)
  })
})

describe('the watch ends', () => {
  it('when a success has ended the failures, and some time has passed', () => {
    const failed = addReport(emptyTally(START), reportOf('w', 1, ['fails']), IN_A_ROW, START)
    const workedAfter = (ms: number) =>
      addReport(failed, reportOf('w', 1, ['works']), IN_A_ROW, START + ms).quiet
    expect([1, 4_999, 5_000].map(workedAfter)).toEqual([false, false, true])
  })

  it('by rate when the window has no failure left', () => {
    const failed = addReport(emptyTally(START), reportOf('w', 1, ['fails']), BY_RATE, START)
    const workedAfter = (ms: number) =>
      addReport(failed, reportOf('w', 1, ['works']), BY_RATE, START + ms).quiet
    expect([59_999, 60_000].map(workedAfter)).toEqual([false, true])
  })
})

it('a lone worker that connects only now and then opens it by rate: there is no other to compare with', () => {
  const flaky = reportOf('a', 1, [...Array.from({ length: 9 }, () => 'unreachable' as const), 'works'])
  expect(trips(addReport(emptyTally(START), flaky, BY_RATE, START), BY_RATE, START)).toBe(true)
})

describe.each(POLICIES)('a worker that cannot connect (TRIP-3), by %s', (_name, policy) => {
  const cut = (worker: string, workers: number) =>
    reportOf(
      worker,
      workers,
      Array.from({ length: 20 }, () => 'unreachable' as const),
    )
  const well = (worker: string, workers = 3) => reportOf(worker, workers, ['works', 'works'])

  /** Whether it ever tripped. */
  function everTrips(reports: readonly [number, Report][]): boolean {
    let tally = emptyTally(START)
    return reports.some(([at, report]) => {
      tally = addReport(tally, report, policy, START + at)
      return trips(tally, policy, START + at)
    })
  }

  it('opens it at once where it is alone', () => {
    expect(everTrips([[0, cut('a', 1)]])).toBe(true)
  })

  it('opens it with a second one, though a third gets through', () => {
    expect(
      everTrips([
        [0, well('c')],
        [1, cut('a', 3)],
        [2, cut('b', 3)],
      ]),
    ).toBe(true)
  })

  it('opens it when the others had the time to report, and reported nothing', () => {
    expect(
      everTrips([
        [0, cut('a', 3)],
        [1_999, cut('a', 3)],
      ]),
    ).toBe(false)
    expect(
      everTrips([
        [0, cut('a', 3)],
        [2_000, cut('a', 3)],
      ]),
    ).toBe(true)
  })

  it('counts as cut off again when it reports without a call', () => {
    expect(
      everTrips([
        [0, well('b')],
        [1, cut('a', 3)],
        [2, reportOf('a', 3, [])],
      ]),
    ).toBe(false)
  })

  it('opens it when the other one has been silent for long', () => {
    expect(
      everTrips([
        [0, well('b')],
        [1, cut('a', 3)],
        [29_999, cut('a', 3)],
      ]),
    ).toBe(false)
    expect(
      everTrips([
        [0, well('b')],
        [1, cut('a', 3)],
        [30_000, cut('a', 3)],
      ]),
    ).toBe(true)
  })

  it('does not open it after it fell silent, as long as its failures are in the window', () => {
    expect(
      everTrips([
        [0, well('b')],
        [1, cut('a', 3)],
        [35_000, well('b')],
        [59_000, well('b')],
      ]),
    ).toBe(false)
  })

  it('does not open it where failures above HTTP are few', () => {
    const some = reportOf('a', 3, ['unreachable', 'fails', 'works'])
    expect(
      everTrips([
        [0, well('b')],
        [1, some],
        [2, well('c')],
      ]),
    ).toBe(false)
  })

  it('never opens it while another one gets through, however its calls break off and come back', () => {
    const down = fc.array(fc.constant<Call>('unreachable'), { maxLength: 20, size: 'max' })
    const flaky = fc.array(fc.constantFrom<Call>('works', 'unreachable'), { maxLength: 20, size: 'max' })
    const interval = fc.record({ broken: fc.oneof(down, flaky), others: fc.integer({ min: 1, max: 10 }) })
    const scenario = fc.record({
      everyMs: fc.constantFrom(500, 5_000),
      intervals: fc.array(interval, { maxLength: 40, size: 'max' }),
    })
    let unreachable = 0
    fc.assert(
      fc.property(scenario, ({ everyMs, intervals }) => {
        const reports = intervals.flatMap(({ broken, others }, index): [number, Report][] => [
          [index * everyMs, reportOf('broken', 3, broken)],
          [
            index * everyMs + 200,
            reportOf(
              'other',
              3,
              Array.from({ length: others }, () => 'works' as const),
            ),
          ],
        ])
        unreachable += intervals.filter(
          ({ broken }) => !broken.includes('works') && broken.length > 10,
        ).length
        expect(everTrips(reports)).toBe(false)
      }),
      { numRuns: 1_000 },
    )
    expect(unreachable).toBeGreaterThan(0)
  })
})
