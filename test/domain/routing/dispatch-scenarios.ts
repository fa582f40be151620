/** What the property tests of the dispatcher draw from. */
import fc from 'fast-check'
import { CIRCUIT_CODE, type Failure } from '../../../src/domain/failures/failure'
import type { Strategy } from '../../../src/domain/routing/route'
import { anyFailure, failureOf } from './arbitraries'
import { type Scenario, START, type Standing } from './dispatch-driver'

const anyStrategy: fc.Arbitrary<Strategy> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ type: 'sequence' } as const) },
  { weight: 1, arbitrary: fc.constant({ type: 'race' } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('hedge' as const),
      afterMs: fc.integer({ min: 0, max: 500 }),
      max: fc.integer({ min: 1, max: 3 }),
      budget: fc.constant(0.1),
    }),
  },
)

/** Longer than any that a scenario has: of a Retry-After, of an opening, of a backoff. */
export const LONGEST_PAUSE_MS = 20_001

const anyPauseMs = fc.option(fc.integer({ min: 0, max: LONGEST_PAUSE_MS - 1 }))

const anyRefusal: fc.Arbitrary<Failure> = anyPauseMs.map((retryAfterMs) =>
  failureOf('not_admitted', { code: CIRCUIT_CODE, ...(retryAfterMs === null ? {} : { retryAfterMs }) }),
)

const anyCall = fc.record({
  afterMs: fc.integer({ min: 0, max: 2_000 }),
  failure: fc.option(anyFailure(), { freq: 6 }),
})

const anyOutcome = fc.oneof(
  { weight: 2, arbitrary: anyCall },
  { weight: 1, arbitrary: fc.record({ afterMs: fc.integer({ min: 0, max: 50 }), failure: anyRefusal }) },
)

const anyStanding: fc.Arbitrary<Standing> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'healthy' } as const) },
  { weight: 1, arbitrary: fc.constant({ type: 'dropped' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constantFrom('open' as const, 'forced' as const), afterMs: anyPauseMs }),
  },
)

const MOST_CANDIDATES = 5

export const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  policy: fc.record({
    candidates: fc.array(
      fc.record({
        provider: fc.constantFrom('a', 'b', 'c'),
        facts: fc.record({ contextTokens: fc.constantFrom(undefined, 8_000, 32_000, 128_000) }),
      }),
      { maxLength: MOST_CANDIDATES },
    ),
    strategy: anyStrategy,
    passes: fc.integer({ min: 1, max: 4 }),
    circuit: fc.oneof(
      fc.constant(null),
      fc.record({ whenAllOpen: fc.constantFrom('try' as const, 'fail' as const, 'wait' as const) }),
    ),
    fallbackOnRefusal: fc.boolean(),
    deadlineAt: fc.oneof(
      fc.integer({ min: START - 10, max: START + 3_000 }),
      fc.integer({ min: START, max: START + 60_000 }),
    ),
  }),
  outcomes: fc.array(anyOutcome, { minLength: 1, maxLength: 12 }),
  views: fc.array(fc.array(anyStanding, { minLength: MOST_CANDIDATES, maxLength: MOST_CANDIDATES }), {
    minLength: 1,
    maxLength: 4,
  }),
  lagMs: fc.constantFrom(0, 0, 1, 40),
  budget: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
  askMs: fc.constantFrom(0, 5, 1_500),
  asides: fc.array(
    fc.record({
      at: fc.integer({ min: START, max: START + 2_000 }),
      event: fc.oneof(
        fc.constantFrom({ type: 'woke' } as const, { type: 'nudged' } as const),
        fc.record({ type: fc.constant('due' as const), candidate: fc.nat(MOST_CANDIDATES - 1) }),
      ),
    }),
    { maxLength: 6 },
  ),
})
