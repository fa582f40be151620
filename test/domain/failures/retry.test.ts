import fc from 'fast-check'
import { FAILURE_CLASSES, type Failure, RULES, ruleOf } from '../../../src/domain/failures/failure'
import { type RetryQuestion, retryDelayMs } from '../../../src/domain/failures/retry'
import { type AttemptRecord, countCalls } from '../../../src/domain/routing/attempt'
import type { RetryPolicy } from '../../../src/domain/routing/route'
import {
  anyFailure,
  anyRandom,
  anyRetryPolicy,
  attempt,
  attempts,
  failureOf,
  RETRY,
} from '../routing/arbitraries'

const NOW = 1_000_000

/** After these failures in a row at one candidate, with all the time in the world. */
function delayAfter(failures: readonly Failure[], more: Partial<RetryQuestion> = {}): number | null {
  return retryDelayMs({
    policy: RETRY,
    records: attempts(failures),
    failure: failures.at(-1) ?? failureOf('server_error'),
    othersLeft: true,
    otherKeyFree: false,
    now: NOW,
    deadlineAt: NOW + 86_400_000,
    random: 0.5,
    ...more,
  })
}

const policyOf = (more: Partial<RetryPolicy>): RetryPolicy => ({ ...RETRY, ...more })
const MANY = policyOf({ maximumAttempts: 10 })

describe('retryDelayMs, by class', () => {
  const retriedClasses = FAILURE_CLASSES.filter((one) => RULES[one].retry !== 'no')
  const notRetriedClasses = FAILURE_CLASSES.filter((one) => RULES[one].retry === 'no')

  it.each(retriedClasses)('%s: the same target is called again', (failureClass) => {
    expect(delayAfter([failureOf(failureClass)])).not.toBeNull()
  })

  it.each(notRetriedClasses)('%s: the same target is not called again', (failureClass) => {
    expect(delayAfter([failureOf(failureClass)], { policy: MANY, othersLeft: false })).toBeNull()
  })

  it.each(['bad_response', 'schema_mismatch'] as const)('%s: once, also with others between', (once) => {
    const failure = failureOf(once)
    expect(delayAfter([failure, failure], { policy: MANY })).toBeNull()
    expect(delayAfter([failure, failureOf('server_error'), failure], { policy: MANY })).toBeNull()
    expect(delayAfter([failureOf('server_error'), failure], { policy: MANY })).not.toBeNull()
  })

  it('a lost worker is replaced at once, and does not make the pause after a failed call longer', () => {
    const lost = failureOf('worker_lost')
    expect(delayAfter([lost, lost, lost], { policy: MANY })).toBe(0)
    expect(delayAfter([lost, lost, failureOf('server_error')], { policy: MANY })).toBe(500)
    expect(delayAfter([failureOf('server_error'), lost, failureOf('server_error')], { policy: MANY })).toBe(
      1_000,
    )
  })
})

describe('RETRY-1: never more than maximumAttempts calls', () => {
  it('the last call allowed is not followed by another', () => {
    expect(delayAfter([failureOf('server_error')])).toBe(500)
    expect(delayAfter([failureOf('server_error'), failureOf('overloaded')])).toBeNull()
    expect(delayAfter([failureOf('server_error')], { policy: policyOf({ maximumAttempts: 1 }) })).toBeNull()
  })

  it('lost workers and refused admissions do not count', () => {
    const silent = [failureOf('worker_lost'), failureOf('not_admitted'), failureOf('worker_lost')]
    expect(delayAfter([...silent, failureOf('server_error')])).toBe(500)
    expect(delayAfter([failureOf('server_error'), ...silent])).toBe(0)
  })

  it('whatever stands in the records: none follows once as many calls were made', () => {
    fc.assert(
      fc.property(
        fc.array(anyFailure(), { minLength: 1, maxLength: 15 }),
        anyRetryPolicy,
        (failures, policy) => {
          const spent = countCalls(attempts(failures)) >= policy.maximumAttempts
          if (spent) expect(delayAfter(failures, { policy, othersLeft: false })).toBeNull()
        },
      ),
    )
  })

  it('random failures end after at most maximumAttempts calls', () => {
    fc.assert(
      fc.property(
        fc.array(anyFailure(['worker_lost']), { minLength: 20, maxLength: 20 }),
        anyRetryPolicy,
        anyRandom,
        fc.boolean(),
        (failures, policy, random, othersLeft) => {
          const records = runOut(failures, policy, random, othersLeft)
          expect(records.length).toBeLessThanOrEqual(policy.maximumAttempts)
          expect(records.length).toBeLessThan(failures.length)
        },
      ),
    )
  })

  it('random failures with lost workers among them: the calls stay within maximumAttempts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyFailure(), fc.constant(failureOf('worker_lost'))), { maxLength: 40 }),
        anyRetryPolicy,
        anyRandom,
        (failures, policy, random) => {
          const records = runOut(failures, policy, random, false)
          expect(countCalls(records)).toBeLessThanOrEqual(policy.maximumAttempts)
        },
      ),
    )
  })
})

/** Calls on until it is not called again; each pause is checked against RETRY-2 to RETRY-4 on the way. */
function runOut(
  failures: readonly Failure[],
  policy: RetryPolicy,
  random: number,
  othersLeft: boolean,
): AttemptRecord[] {
  const records: AttemptRecord[] = []
  const deadlineAt = NOW + 60_000
  let now = NOW
  for (const failure of failures) {
    records.push(attempt(records.length + 1, failure, { startedAt: now }))
    now += 100
    const delay = retryDelayMs({
      policy,
      records,
      failure,
      othersLeft,
      otherKeyFree: false,
      now,
      deadlineAt,
      random,
    })
    if (delay === null) break
    expect(Number.isSafeInteger(delay)).toBe(true)
    expect(delay).toBeGreaterThanOrEqual(0)
    expect(now + delay).toBeLessThan(deadlineAt)
    const { retryAfterMs } = failure
    if (retryAfterMs !== undefined && ruleOf(failure.class).counts) {
      expect(delay).toBeGreaterThanOrEqual(retryAfterMs)
      if (othersLeft) expect(retryAfterMs).toBeLessThanOrEqual(policy.maxWaitMs)
    }
    now += delay
  }
  return records
}

describe('RETRY-2: a pause that the provider requested is never cut short', () => {
  it.each([
    [0, 500],
    [499, 500],
    [501, 501],
    [2_999, 2_999],
    [3_000, 3_000],
  ])('Retry-After %i ms and a backoff of 500 ms: %i ms', (retryAfterMs, expected) => {
    expect(delayAfter([failureOf('rate_limited', { retryAfterMs })])).toBe(expected)
  })

  it('not by maximumInterval, and not by jitter', () => {
    const policy = policyOf({ maximumIntervalMs: 600, jitter: 'full' })
    const failure = failureOf('overloaded', { retryAfterMs: 2_500 })
    expect(delayAfter([failure], { policy, random: 0 })).toBe(2_500)
  })
})

describe('RETRY-3: a pause that does not fit before the deadline is not begun', () => {
  it.each([
    [501, 500],
    [500, null],
    [1, null],
    [0, null],
    [-1, null],
  ])('%i ms left and a pause of 500 ms: %s', (leftMs, expected) => {
    expect(delayAfter([failureOf('server_error')], { deadlineAt: NOW + leftMs })).toBe(expected)
  })

  it('also on the last candidate, where a long Retry-After is waited for', () => {
    const failure = failureOf('rate_limited', { retryAfterMs: 60_000 })
    expect(delayAfter([failure], { othersLeft: false, deadlineAt: NOW + 60_001 })).toBe(60_000)
    expect(delayAfter([failure], { othersLeft: false, deadlineAt: NOW + 60_000 })).toBeNull()
  })

  it('nor is a lost worker replaced past it', () => {
    expect(delayAfter([failureOf('worker_lost')], { deadlineAt: NOW })).toBeNull()
  })
})

describe('RETRY-4: while another candidate is left, a Retry-After over maxWait is not waited for', () => {
  const failure = failureOf('rate_limited', { retryAfterMs: 3_001 })

  it('over maxWait: fails over', () => expect(delayAfter([failure])).toBeNull())

  it('over maxWait, but the last candidate: waits', () =>
    expect(delayAfter([failure], { othersLeft: false })).toBe(3_001))

  it('the backoff of the retry policy is not bounded by maxWait', () => {
    const policy = policyOf({ initialIntervalMs: 8_000 })
    expect(delayAfter([failureOf('rate_limited')], { policy })).toBe(8_000)
  })

  it('a Retry-After within maxWait is retried, though the backoff is longer than maxWait', () => {
    const policy = policyOf({ initialIntervalMs: 8_000 })
    expect(delayAfter([failureOf('rate_limited', { retryAfterMs: 1_000 })], { policy })).toBe(8_000)
  })
})

describe('RETRY-5 another key of the same provider', () => {
  it('is used at once after a failure that would not be retried', () => {
    expect(delayAfter([failureOf('unauthorized')], { policy: MANY, otherKeyFree: true })).toBe(0)
  })

  it('is not called once the attempts are used up', () => {
    const failures = [failureOf('unauthorized'), failureOf('unauthorized')]
    expect(delayAfter(failures, { policy: { ...MANY, maximumAttempts: 2 }, otherKeyFree: true })).toBeNull()
  })
})

describe('RETRY-6: without a slot the call goes back to the queue', () => {
  const failure = failureOf('not_admitted', { code: 'slots' })
  const pauseAfter = (waitedMs: number, more: Partial<RetryQuestion> = {}) =>
    delayAfter([failure], {
      othersLeft: false,
      records: [attempt(1, failure, { startedAt: NOW - waitedMs })],
      ...more,
    })

  it('for half of what it has waited: a second at least, five at most, give or take a fifth', () => {
    expect([0, 2_000, 6_000, 60_000].map((waitedMs) => pauseAfter(waitedMs))).toEqual([
      1_000, 1_000, 3_000, 5_000,
    ])
    expect([0, 1].map((random) => pauseAfter(60_000, { random }))).toEqual([4_000, 6_000])
  })

  it('not where another candidate is left, nor past the deadline', () => {
    expect(pauseAfter(0, { othersLeft: true })).toBeNull()
    expect(pauseAfter(0, { deadlineAt: NOW + 1_000 })).toBeNull()
    expect(pauseAfter(0, { deadlineAt: NOW + 1_001 })).toBe(1_000)
  })
})
