/**
 * The records of one activity's attempts, across its retries and its lost workers: those of the calls that were made.
 *
 * ATTEMPT-LOG-1 The server's attempts and the records are not one to one: a frozen worker keeps its polls,
 *    and each swallows an attempt that makes no call. So an attempt after the first reports that it begins
 *    (call-provider.ts), and one that was lost without a word has no record. The first reports nothing of its
 *    begin (a heartbeat is a billable action): lost without a word, it may have called, and has one.
 * ATTEMPT-LOG-2 Records leave a failed attempt by its heartbeat details before the failure itself does.
 * ATTEMPT-LOG-3 The provider's name for a call under way leaves with the next heartbeat that is due, so that a lost call can
 *    be found on its bill; one lost before that is known by its time alone.
 * ATTEMPT-LOG-4 What a lost attempt has used is estimated, by the prompt and by what its last heartbeat says had come.
 * ATTEMPT-LOG-5 What goes on from the express lane has the records of its call in its input, and the place after it.
 */
import type { Info } from '@temporalio/activity'
import { reportedDetails } from '../src/contract/attempt-details'
import {
  type CallProviderInput,
  LOST_WORKERS_ALLOWED,
  SILENT_ATTEMPTS_ALLOWED,
} from '../src/contract/generation'
import { type AttemptRecord, nextNumber } from '../src/domain/routing/attempt'
import { estimateOf, NOTHING_RECEIVED } from '../src/domain/routing/spent'

type AttemptInfo = Pick<
  Info,
  'attempt' | 'heartbeatDetails' | 'scheduledTimestampMs' | 'currentAttemptScheduledTimestampMs'
>

/** The records of the attempts before this one. */
export function recoverRecords(info: AttemptInfo, input: CallProviderInput): AttemptRecord[] {
  if (info.attempt === 1) return [...(input.before ?? [])]
  const { records, inFlight } = reportedDetails(info.heartbeatDetails, input.before)
  const silent = records.length === (input.before?.length ?? 0) && inFlight === undefined
  if (inFlight === undefined && !silent) return records
  const startedAt = inFlight?.startedAt ?? info.scheduledTimestampMs
  const durationMs = Math.max(0, info.currentAttemptScheduledTimestampMs - startedAt)
  // What was lost after the reported call made none: its end is not known, and no later than this.
  const lost = lostWorker(input, nextNumber(records), startedAt, durationMs)
  const estimate = estimateOf(input.request, inFlight?.received ?? NOTHING_RECEIVED)
  const { requestId } = inFlight ?? {}
  return [...records, { ...lost, estimate, ...(requestId === undefined ? {} : { requestId }) }]
}

/** Its place among the attempts of its candidate's start, from 1: by it the delivery log knows the later of two. */
export const placeOf = ({ attempt }: Pick<Info, 'attempt'>, { before }: CallProviderInput): number =>
  before === undefined ? attempt : attempt + 1

/** CALL-PROVIDER-10 of call-provider.ts: more than the polls of frozen workers and the death of a few explain. */
export const isLostTooOften = (
  { attempt }: Pick<Info, 'attempt'>,
  records: readonly AttemptRecord[],
): boolean =>
  lostCalls(records) > LOST_WORKERS_ALLOWED || attempt - nextNumber(records) > SILENT_ATTEMPTS_ALLOWED

const lostCalls = (records: readonly AttemptRecord[]): number =>
  records.filter(({ failure }) => failure?.class === 'worker_lost').length

const lostWorker = (
  input: CallProviderInput,
  number: number,
  startedAt: number,
  durationMs: number,
): AttemptRecord => ({
  candidate: input.candidateIndex,
  target: input.candidate.target,
  number,
  startedAt,
  durationMs,
  failure: { class: 'worker_lost', message: 'the worker was lost while the call was in flight' },
})
