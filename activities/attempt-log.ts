/**
 * The records of one activity's attempts, across its retries and its lost workers.
 *
 * A1 One record for each of the server's attempts: record n is attempt n. A missing one is a worker
 *    that was lost before it could tell.
 * A2 Records leave a failed attempt by its heartbeat details before the failure itself does.
 */
import type { Info } from '@temporalio/activity'
import { readAttemptDetails } from '../src/contract/attempt-details'
import type { CallProviderInput } from '../src/contract/generation'
import type { AttemptRecord } from '../src/domain/attempt'

type AttemptInfo = Pick<
  Info,
  'attempt' | 'heartbeatDetails' | 'scheduledTimestampMs' | 'currentAttemptScheduledTimestampMs'
>

/** The records of the attempts before this one, lost workers filled in. */
export function recoverRecords(info: AttemptInfo, input: CallProviderInput): AttemptRecord[] {
  const { records: told, inFlight } = readAttemptDetails(info.heartbeatDetails)
  const records = told.slice(0, info.attempt - 1)
  let startedAt = inFlight?.startedAt ?? resumedAt(records.at(-1)) ?? info.scheduledTimestampMs
  while (records.length < info.attempt - 1) {
    const durationMs = Math.max(0, info.currentAttemptScheduledTimestampMs - startedAt)
    records.push(lostWorker(input, records.length + 1, startedAt, durationMs))
    startedAt += durationMs
  }
  return records
}

/** When the attempt after this one began: its end plus its pause. */
const resumedAt = (record: AttemptRecord | undefined): number | undefined =>
  record === undefined ? undefined : record.startedAt + record.durationMs + (record.retryInMs ?? 0)

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
