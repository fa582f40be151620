/**
 * How one attempt ends, and what of it is reported to Temporal. Pure: `call-provider.ts` reports and throws.
 *
 * ATTEMPT-END-1 Only `retryDelayMs` decides whether and when it is called again.
 * ATTEMPT-END-2 The records leave with whatever ends it.
 */
import { CancelledFailure } from '@temporalio/activity'
import { type AttemptDetails, NO_ATTEMPTS, type OpenResponse } from '../src/contract/attempt-details'
import { expectedFailure } from '../src/contract/expected-failure'
import type { CallProviderInput } from '../src/contract/generation'
import { type Failure, GAVE_WAY_CODE } from '../src/domain/failures/failure'
import { retryDelayMs, takesOfBudget } from '../src/domain/failures/retry'
import { type AttemptRecord, withRecord } from '../src/domain/routing/attempt'
import { usableRequestId } from '../src/formats/outbound/request-id'
import type { Commit } from '../src/stores/delivery/types'
import type { CallContext } from './call-context'
import { OPAQUE_REFUSED, PREFILL_REFUSED, retryOf } from './call-rules'

export type AttemptEnd =
  /** The answer that counts; another candidate's where that was there first. */
  /** `commit`: the answer that counts; it may be another candidate's. `records`: this call's own. */
  | { type: 'answered'; commit: Commit; records: AttemptRecord[] }
  | { type: 'failed'; failure: Failure; records: AttemptRecord[]; retryInMs: number | null }
  /** To one that publishes already: the dispatcher may start it once more (dispatch.ts, DISPATCH-10). */
  | { type: 'gave_way'; records: AttemptRecord[] }
  /** A later attempt has taken this call over. */
  | { type: 'superseded' }
  /** It was not its turn, and it does not wait (`CallContext.waitsForNothing`). */
  | { type: 'no_turn' }
  /** It kills every worker that it meets. */
  | { type: 'lost_too_often'; attempts: number; records: AttemptRecord[] }

/** An attempt that has ended, and what was there before it. */
export interface EndedAttempt {
  before: readonly AttemptRecord[]
  record: AttemptRecord
  otherKeyFree: boolean
  /** What the next attempt can read on; null: nothing. */
  response: OpenResponse | null
}

/** What to throw. */
export function errorOf(end: Exclude<AttemptEnd, { type: 'answered' }>): Error {
  switch (end.type) {
    case 'failed': {
      const { failure, records, retryInMs } = end
      const details: AttemptDetails = { records }
      if (failure.class === 'cancelled') return new CancelledFailure(failure.message, [details])
      // 0 would mean: none given.
      const retryAfter = retryInMs === null ? undefined : Math.max(1, retryInMs)
      return expectedFailure({ type: failure.class, message: failure.message, details, retryAfter })
    }
    case 'gave_way': {
      const { class: type, message } = MADE_WAY
      return expectedFailure({ type, message, details: { records: end.records } })
    }
    // Temporal waits for no word of this attempt. If it does all the same (an operator has reset the workflow, and
    // its calls begin anew), the next attempt is no longer superseded.
    case 'superseded':
      return expectedFailure({
        type: 'worker_lost',
        message: 'a later attempt has taken this call over',
        details: NO_ATTEMPTS,
        retryAfter: 1,
      })
    case 'no_turn':
      return expectedFailure({
        type: 'not_admitted',
        message: 'not called: it was not its turn',
        details: NO_ATTEMPTS,
        retryAfter: 1,
      })
    case 'lost_too_often':
      return expectedFailure({
        type: 'worker_lost',
        message: `workers were lost with this call in flight too often, the last at attempt ${end.attempts}`,
        details: { records: end.records },
      })
  }
}

/** Its answer was whole when another one had begun to be published (stream-publisher.ts, STREAM-PUBLISHER-6). */
export const BEATEN: Failure = { class: 'cancelled', message: 'another candidate answered first' }

const MADE_WAY: Failure = {
  class: 'cancelled',
  code: GAVE_WAY_CODE,
  message: 'another candidate was answering already',
}

export const gaveWayEnd = ({ before, record }: EndedAttempt): Extract<AttemptEnd, { type: 'gave_way' }> => ({
  type: 'gave_way',
  records: [...before, { ...record, failure: MADE_WAY }],
})

export interface FailedWhile {
  /** Was the model given a beginning to go on from? */
  prefilled: boolean
  cancellation: Pick<CallContext, 'cancellationSignal' | 'cancellationDetails'>
  /** Epoch milliseconds. */
  now: number
  /** In [0, 1). */
  random: number
  /** Has the route's budget room for one more retry? It is taken. */
  takeRetry(): boolean
}

export function failedEnd(
  input: CallProviderInput,
  { before, record, otherKeyFree }: EndedAttempt,
  callFailure: Failure,
  { prefilled, cancellation, now, random, takeRetry }: FailedWhile,
): Extract<AttemptEnd, { type: 'failed' }> {
  const mended = prefilled ? refusedPrefill(callFailure) : callFailure
  const failure = boundedFailure(handedOver(mended, cancellation) ?? mended)
  const records = withRecord(before, { ...record, failure })
  const { othersLeft, deadlineAt } = input
  const retryInput = {
    policy: retryOf(input),
    records,
    failure,
    othersLeft,
    otherKeyFree,
    now,
    deadlineAt,
    random,
  }
  const isMended = failure.code === PREFILL_REFUSED || failure.code === OPAQUE_REFUSED
  const wantedInMs = isMended ? 0 : retryDelayMs(retryInput)
  const isWithin = wantedInMs === null || isMended || !takesOfBudget(retryInput) || takeRetry()
  const retryInMs = isWithin ? wantedInMs : null
  if (retryInMs === null) return { type: 'failed', failure, records, retryInMs }
  const last = { ...(records.at(-1) ?? record), retryInMs }
  return { type: 'failed', failure, records: records.with(-1, last), retryInMs }
}

/** Sent again unchanged it would fail again: without the prefill it may be answered. */
const refusedPrefill = (failure: Failure): Failure =>
  failure.class === 'invalid_request' || failure.class === 'unsupported'
    ? { ...failure, class: 'unsupported', code: PREFILL_REFUSED }
    : failure

/** REQUEST-ID-1: a body may name it as well, and at any length. */
const boundedFailure = ({ requestId: said, ...failure }: Failure): Failure => {
  const requestId = usableRequestId(said)
  return requestId === undefined ? failure : { ...failure, requestId }
}

/** Cancelled by nobody who wants it to end: another worker takes the call. */
function handedOver(
  failure: Failure,
  { cancellationSignal, cancellationDetails }: FailedWhile['cancellation'],
): Failure | null {
  const { workerShutdown, paused, reset } = cancellationDetails ?? {}
  if (failure.class !== 'cancelled') return null
  if (!cancellationSignal.aborted)
    return { class: 'worker_lost', message: 'it was beaten by a call whose answer never reached Temporal' }
  if (!(workerShutdown || paused || reset)) return null
  return { class: 'worker_lost', message: 'the worker was shut down while the call was in flight' }
}
