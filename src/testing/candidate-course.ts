/**
 * One candidate's calls, from its start on: retried as the activity would (`activities/attempt-end.ts`), each ending as the
 * recorded providers say.
 */
import type { CallProviderInput } from '../contract/generation'
import type { Failure } from '../domain/failures/failure'
import { retryDelayMs, takesOfBudget } from '../domain/failures/retry'
import { type AttemptRecord, decisiveFailure, nextNumber, withRecord } from '../domain/routing/attempt'
import type { Route } from '../domain/routing/route'
import type { Answer, Usage } from '../domain/streaming/answer'
import type { CandidateOutcome } from '../engine/types'
import type { RecordedProviders } from './recorded-provider'

/** RECORDED-PROVIDER-2 */
const SHARE_MS = 1_000

/** How one candidate's calls go, one after the other, from its start on. */
export interface CandidateCourse {
  /** Epoch milliseconds: when it ends, or is no longer known. */
  endsAt: number
  /** `unknown`: why. */
  end: CandidateOutcome | { type: 'unknown'; why: string }
  /** The attempts that had begun by `at`; the one under way as cancelled. */
  recordsAt(at: number): AttemptRecord[]
}

/** The middle of a full jitter. */
const RANDOM = 0.5

export interface CourseSettings {
  providers: RecordedProviders
  recordedRoute: Route
  /** The policy is the recorded one: whether and when a call was made again is taken from the record. */
  samePolicy: boolean
  answerOf(target: string, usage: Usage | null): Answer
}

/** @param startedAt epoch milliseconds */
export function candidateCourse(
  input: CallProviderInput,
  startedAt: number,
  { providers, recordedRoute, samePolicy, answerOf }: CourseSettings,
): CandidateCourse {
  const { candidate, candidateIndex, othersLeft, deadlineAt, callsBefore = 0 } = input
  const { target, retry } = candidate
  const policy = { ...retry, maximumAttempts: Math.max(1, retry.maximumAttempts - callsBefore) }
  const before = recordedRoute.candidates.find((one) => one.target === target)?.retry
  const sameRetry = JSON.stringify(before) === JSON.stringify(retry)
  let records: AttemptRecord[] = []
  const course = (
    endsAt: number,
    end: CandidateCourse['end'],
    underWayAt: number | null,
  ): CandidateCourse => ({
    endsAt,
    end,
    recordsAt: (at) => recordsUpTo(at, records, underWayAt, input),
  })
  const untilDeadline = (at: number): CandidateCourse => {
    const failure: Failure = { class: 'timeout', message: 'the deadline came before its end' }
    const record = { candidate: candidateIndex, target, number: nextNumber(records), startedAt: at }
    records = withRecord(records, { ...record, durationMs: deadlineAt - at, failure })
    return course(deadlineAt, { type: 'failed', candidate: candidateIndex, failure, records }, null)
  }
  for (let at = startedAt; ; ) {
    const call = providers.next(target, input.stream?.exclusive === true)
    if (call.type === 'unknown') return course(at, call, at)
    if (call.type === 'cut') {
      // RECORDED-PROVIDER-2
      const early = call.startedAt - at
      const silentMs = call.tookMs + (early > 0 && early <= SHARE_MS ? early : 0)
      const cutByDeadline = call.by === 'deadline' && deadlineAt - at <= silentMs + SHARE_MS
      return cutByDeadline ? untilDeadline(at) : course(at + silentMs, { type: 'unknown', why: call.why }, at)
    }
    if (at + call.tookMs > deadlineAt) return untilDeadline(at)
    const { tookMs, failure, usage, retryInMs } = call
    const record: AttemptRecord = {
      candidate: candidateIndex,
      target,
      number: nextNumber(records),
      startedAt: at,
      durationMs: tookMs,
      ...(usage === null ? {} : { usage }),
    }
    const endsAt = at + tookMs
    if (failure === null) {
      records = [...records, record]
      const answered = {
        candidate: candidateIndex,
        answeredBy: candidateIndex,
        answer: answerOf(target, usage),
      }
      return course(endsAt, { type: 'succeeded', ...answered, records }, null)
    }
    records = withRecord(records, { ...record, failure })
    const question = { policy, records, failure, othersLeft, otherKeyFree: false, deadlineAt, random: RANDOM }
    // RETRY-7: whether there was room then, only the record knows.
    const isRecorded = samePolicy && (retryInMs !== null || takesOfBudget(question))
    const delayMs = isRecorded ? retryInMs : retryDelayMs({ ...question, now: endsAt })
    if (delayMs === null) {
      const decisive = decisiveFailure(records) ?? failure
      return course(endsAt, { type: 'failed', candidate: candidateIndex, failure: decisive, records }, null)
    }
    const pauseMs = sameRetry && retryInMs !== null ? retryInMs : delayMs
    records = records.with(-1, { ...(records.at(-1) ?? record), retryInMs: pauseMs })
    at = endsAt + pauseMs
  }
}

function recordsUpTo(
  at: number,
  records: readonly AttemptRecord[],
  underWayAt: number | null,
  { candidate: { target }, candidateIndex: candidate }: CallProviderInput,
): AttemptRecord[] {
  const begun = records.filter(({ startedAt }) => startedAt < at)
  const cut = begun.map((record) =>
    record.startedAt + record.durationMs <= at ? record : cancelled(record, at - record.startedAt),
  )
  if (underWayAt === null || underWayAt >= at) return cut
  const own = { candidate, target, number: nextNumber(cut), startedAt: underWayAt, durationMs: 0 }
  return [...cut, cancelled(own, at - underWayAt)]
}

const cancelled = ({ usage: _, ...record }: AttemptRecord, durationMs: number): AttemptRecord => ({
  ...record,
  durationMs,
  failure: { class: 'cancelled', message: 'another candidate answered first' },
})
