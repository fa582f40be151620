/** What the property tests of the domain draw from: failures, policies, candidates. */
import fc from 'fast-check'
import { FAILURE_CLASSES, type Failure, type FailureClass } from '../../../src/domain/failures/failure'
import type { AttemptRecord } from '../../../src/domain/routing/attempt'
import type { Candidate, RetryPolicy } from '../../../src/domain/routing/route'

export const failureOf = (failureClass: FailureClass, more: Partial<Failure> = {}): Failure => ({
  class: failureClass,
  message: `${failureClass} on order`,
  ...more,
})

/** `without` leaves classes out. */
export const anyFailure = (without: readonly FailureClass[] = []): fc.Arbitrary<Failure> =>
  fc
    .record({
      class: fc.constantFrom(...FAILURE_CLASSES.filter((one) => !without.includes(one))),
      retryAfterMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined }),
    })
    .map(({ class: failureClass, retryAfterMs }) =>
      failureOf(failureClass, retryAfterMs === undefined ? {} : { retryAfterMs }),
    )

export const RETRY: RetryPolicy = {
  maximumAttempts: 2,
  initialIntervalMs: 500,
  backoffCoefficient: 2,
  maximumIntervalMs: 10_000,
  maxWaitMs: 3_000,
  jitter: 'none',
}

export const anyRetryPolicy: fc.Arbitrary<RetryPolicy> = fc.record({
  maximumAttempts: fc.integer({ min: 1, max: 10 }),
  initialIntervalMs: fc.integer({ min: 0, max: 5_000 }),
  backoffCoefficient: fc.double({ min: 1, max: 10, noNaN: true }),
  maximumIntervalMs: fc.integer({ min: 0, max: 600_000 }),
  maxWaitMs: fc.integer({ min: 0, max: 10_000 }),
  jitter: fc.oneof(fc.constantFrom('full' as const, 'none' as const), fc.integer({ min: 0, max: 5_000 })),
})

/** In [0, 1), as Math.random draws it. */
export const anyRandom: fc.Arbitrary<number> = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

export const candidate = (target: string, more: Partial<Candidate> = {}): Candidate => {
  const [provider = '', ...model] = target.split('/')
  return {
    target,
    provider,
    model: model.join('/'),
    params: {},
    headers: {},
    timeouts: { connectMs: 1, attemptMs: 1, firstTokenMs: 1, idleMs: 1, workerLostMs: 1 },
    retry: RETRY,
    facts: {},
    ...more,
  }
}

/** The `number`-th attempt at the first candidate; without a failure it succeeded. */
export const attempt = (
  number: number,
  failure?: Failure,
  more: Partial<AttemptRecord> = {},
): AttemptRecord => ({
  candidate: 0,
  target: 'openai/gpt-5',
  number,
  startedAt: 1_000 * number,
  durationMs: 100,
  ...(failure === undefined ? {} : { failure }),
  ...more,
})

export const attempts = (failures: readonly Failure[]): AttemptRecord[] =>
  failures.map((failure, index) => attempt(index + 1, failure))
