/** How an attempt ends, as a value, and what of it is reported to Temporal. */
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { errorOf, failedEnd, gaveWayEnd } from '../../activities/attempt-end'
import { PREFILL_REFUSED } from '../../activities/call-rules'
import type { CallProviderInput } from '../../src/contract/generation'
import type { Failure } from '../../src/domain/failures/failure'
import { attempt, candidate, failureOf } from '../domain/routing/arbitraries'

const NOW = 1_000_000
const INPUT: CallProviderInput = {
  generationId: 'gen-1',
  route: 'default',
  candidate: candidate('openai/gpt-5'),
  candidateIndex: 0,
  othersLeft: true,
  request: { messages: [] },
  deadlineAt: NOW + 60_000,
  unsupportedParams: 'fail',
  streaming: true,
  circuit: null,
  lastResort: false,
}
const RECORD = attempt(1, undefined, { startedAt: NOW - 10, durationMs: 10 })
const ENDED = { before: [], record: RECORD, otherKeyFree: false, response: null }

const cancellation = (aborted: boolean, details = {}) => ({
  cancellationSignal: aborted ? AbortSignal.abort() : new AbortController().signal,
  cancellationDetails: details as never,
})

const withBudget = (budget: number | undefined): typeof INPUT =>
  budget === undefined
    ? INPUT
    : { ...INPUT, candidate: { ...INPUT.candidate, retry: { ...INPUT.candidate.retry, budget } } }

const endOf = (
  failure: Failure,
  more: {
    prefilled?: boolean
    from?: ReturnType<typeof cancellation>
    takeRetry?: () => boolean
    budget?: number
  } = {},
) =>
  failedEnd(withBudget(more.budget), ENDED, failure, {
    prefilled: more.prefilled ?? false,
    cancellation: more.from ?? cancellation(false),
    now: NOW,
    random: 0.5,
    takeRetry: more.takeRetry ?? (() => true),
  })

describe('a failed attempt', () => {
  it('RETRY-7: is not made again where the route has a budget of retries without room, and takes of none where it has none', () => {
    const taken: boolean[] = []
    const takeRetry = (): boolean => {
      taken.push(true)
      return false
    }
    expect(endOf(failureOf('server_error'), { takeRetry, budget: 0.2 }).retryInMs).toBeNull()
    expect(endOf(failureOf('server_error'), { takeRetry }).retryInMs).toBeGreaterThan(0)
    // What is not retried anyway takes nothing.
    expect(endOf(failureOf('invalid_request'), { takeRetry, budget: 0.2 }).retryInMs).toBeNull()
    // A lost worker's call, and one without a slot, are no retries of a failed call.
    expect(endOf(failureOf('worker_lost'), { takeRetry, budget: 0.2 }).retryInMs).not.toBeNull()
    expect(taken).toHaveLength(1)
  })

  it('ATTEMPT-END-2: leaves with its record, and the pause before the next one stands in both', () => {
    const end = endOf(failureOf('server_error'))
    expect(end.retryInMs).toBeGreaterThan(0)
    expect(end.records).toMatchObject([{ failure: { class: 'server_error' }, retryInMs: end.retryInMs }])
    const error = errorOf(end) as ApplicationFailure
    expect(error).toMatchObject({ type: 'server_error', nonRetryable: false, nextRetryDelay: end.retryInMs })
    expect(error.details).toEqual([{ records: end.records }])
  })

  it('that is not made again is reported as one that Temporal must not retry', () => {
    const end = endOf(failureOf('invalid_request'))
    expect(end.retryInMs).toBeNull()
    expect(end.records[0]?.retryInMs).toBeUndefined()
    expect(errorOf(end)).toMatchObject({ type: 'invalid_request', nonRetryable: true })
  })

  it('whose model refuses a prefill is made again at once, without it', () => {
    const end = endOf(failureOf('invalid_request'), { prefilled: true })
    expect(end).toMatchObject({ failure: { class: 'unsupported', code: PREFILL_REFUSED }, retryInMs: 0 })
    // 0 would mean to Temporal that no pause is given.
    expect(errorOf(end)).toMatchObject({ nonRetryable: false, nextRetryDelay: 1 })
  })

  it('CALL-PROVIDER-3: hung up on by a worker that shuts down goes to another worker', () => {
    const from = cancellation(true, { workerShutdown: true })
    expect(endOf(failureOf('cancelled'), { from }).failure.class).toBe('worker_lost')
  })

  it('that its caller has cancelled is reported as a cancellation, with its record', () => {
    const end = endOf(failureOf('cancelled'), { from: cancellation(true) })
    const error = errorOf(end)
    expect(error).toBeInstanceOf(CancelledFailure)
    expect((error as CancelledFailure).details).toEqual([{ records: end.records }])
  })

  it('keeps no more of a request id than providers document', () => {
    const { failure } = endOf({ ...failureOf('server_error'), requestId: 'x'.repeat(5_000) })
    expect(failure.requestId).toHaveLength(200)
  })
})

it('CALL-PROVIDER-6: an attempt that gave way is no cancellation to Temporal, and is not retried by it', () => {
  const end = gaveWayEnd(ENDED)
  expect(errorOf(end)).toMatchObject({
    type: 'cancelled',
    nonRetryable: true,
    details: [{ records: end.records }],
  })
  expect(errorOf(end)).toBeInstanceOf(ApplicationFailure)
})

it('CALL-PROVIDER-10: a request that kills its workers is not given to another one', () => {
  const end = { type: 'lost_too_often', attempts: 6, records: [RECORD] } as const
  expect(errorOf({ ...end, records: [...end.records] })).toMatchObject({
    type: 'worker_lost',
    nonRetryable: true,
  })
})

it('a superseded attempt is retried, where Temporal waits for its word all the same', () => {
  expect(errorOf({ type: 'superseded' })).toMatchObject({ type: 'worker_lost', nonRetryable: false })
})
