/**
 * The providers as a run met them: the n-th call of a target ends as the n-th recorded one did, after as long.
 *
 * RECORDED-PROVIDER-1 What is not recorded is not made up: a call beyond the record, or one that was cancelled before its
 *    end, is `unknown` from that moment on. Only what the caller assumes stands in for it.
 * RECORDED-PROVIDER-2 A call that the deadline cut is cut by an equal or an earlier one, too; how it would have gone on
 *    behind a later one is not known.
 */
import type { CallProviderInput } from '../contract/generation'
import type { Failure, FailureClass } from '../domain/failures/failure'
import { retryDelayMs } from '../domain/failures/retry'
import { type AttemptRecord, decisiveFailure, nextNumber, withRecord } from '../domain/routing/attempt'
import type { Route } from '../domain/routing/route'
import type { Answer, Usage } from '../domain/streaming/answer'
import type { CandidateOutcome } from '../engine/types'
import type { Attempt, Run } from '../history'

/** What a target is assumed to do where the record says nothing. */
export interface AssumedCall {
  tookMs: number
  /** Absent: it answers. */
  failure?: FailureClass
  /** Of a failure: the pause that the provider requests. */
  retryAfterMs?: number
  /** Of an answer, for its cost. */
  usage?: Usage
}

/** By target; `*` for each target that the run never called. The last one repeats. */
export type AssumedCalls = { readonly [target: string]: readonly AssumedCall[] }

type Call =
  | { type: 'ends'; tookMs: number; failure: Failure | null; usage: Usage | null; retryInMs: number | null }
  /** By the deadline. It is known for `knownMs`. */
  | { type: 'cut'; knownMs: number; failure: Failure; why: string }
  | { type: 'unknown'; afterMs: number; why: string }

export interface RecordedProviders {
  next(target: string): Call
  /** Targets of whom something was assumed. */
  assumed(): string[]
}

export function recordedProviders(run: Run, assumed: AssumedCalls): RecordedProviders {
  const { attempts } = run
  const calls = new Map<string, number>()
  const assumedOf = new Set<string>()
  return {
    next(target) {
      const made = calls.get(target) ?? 0
      calls.set(target, made + 1)
      const known = attempts.filter((attempt) => attempt.target === target)
      const attempt = known[made]
      if (attempt !== undefined) return recordedCall(attempt, run)
      const own = assumed[target] ?? (known.length === 0 ? (assumed['*'] ?? []) : [])
      const stand = own[Math.min(made - known.length, own.length - 1)]
      if (stand === undefined) return { type: 'unknown', afterMs: 0, why: beyondText(target, known.length) }
      assumedOf.add(target)
      return assumedCall(stand)
    },
    assumed: () => [...assumedOf],
  }
}

/** The worker's clock, by which calls are timed, and Temporal's, by which the deadline is, may be so far apart. */
const CLOCKS_APART_MS = 50

function recordedCall(attempt: Attempt, run: Run): Call {
  const { target, outcome, startedAt, durationMs, failure, usage, retryInMs } = attempt
  const tookMs = durationMs ?? 0
  const { deadlineAt } = run
  // RECORDED-PROVIDER-2
  if (
    failure?.class === 'timeout' &&
    deadlineAt !== null &&
    startedAt + tookMs > deadlineAt - CLOCKS_APART_MS
  )
    return {
      type: 'cut',
      knownMs: deadlineAt - run.startedAt,
      failure,
      why: `the deadline cut the call of ${target}: how it would have gone on is not known`,
    }
  if (outcome === 'answered' || outcome === 'failed')
    return { type: 'ends', tookMs, failure, usage, retryInMs }
  const end =
    outcome === 'running' ? 'had not ended when the history was read' : `was cancelled after ${tookMs} ms`
  return {
    type: 'unknown',
    afterMs: tookMs,
    why: `the call of ${target} ${end}: how it would have ended is not known`,
  }
}

function assumedCall({ tookMs, failure, retryAfterMs, usage = undefined }: AssumedCall): Call {
  const failed: Failure | null =
    failure === undefined
      ? null
      : { class: failure, message: 'as assumed', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
  return { type: 'ends', tookMs, failure: failed, usage: usage ?? null, retryInMs: null }
}

const beyondText = (target: string, known: number): string =>
  known === 0
    ? `${target} was never called in this run: what it would have said is not known`
    : `${target} would be called once more than the ${known} recorded ${known === 1 ? 'time' : 'times'}: what it would have said is not known`

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
  /** As recorded: its pauses are taken as they were where the policy is the same. */
  recordedRoute: Route | null
  answerOf(target: string, usage: Usage | null): Answer
}

/** @param startedAt epoch milliseconds */
export function candidateCourse(
  input: CallProviderInput,
  startedAt: number,
  { providers, recordedRoute, answerOf }: CourseSettings,
): CandidateCourse {
  const { candidate, candidateIndex, othersLeft, deadlineAt, callsBefore = 0 } = input
  const { target, retry } = candidate
  const policy = { ...retry, maximumAttempts: Math.max(1, retry.maximumAttempts - callsBefore) }
  const before = recordedRoute?.candidates.find((one) => one.target === target)?.retry
  const isSamePolicy = JSON.stringify(before) === JSON.stringify(retry)
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
  for (let at = startedAt; ; ) {
    const call = providers.next(target)
    if (call.type === 'unknown') return course(at + call.afterMs, { type: 'unknown', why: call.why }, at)
    const leftMs = deadlineAt - at
    if (call.type === 'cut' && leftMs > call.knownMs)
      return course(at + call.knownMs, { type: 'unknown', why: call.why }, at)
    const isCut = call.type === 'cut' || call.tookMs > leftMs
    const { tookMs, failure, usage, retryInMs } = isCut ? cutCall(leftMs, call.failure) : call
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
    const delayMs = retryDelayMs({ ...question, now: endsAt })
    if (delayMs === null) {
      const decisive = decisiveFailure(records) ?? failure
      return course(endsAt, { type: 'failed', candidate: candidateIndex, failure: decisive, records }, null)
    }
    const pauseMs = isSamePolicy && retryInMs !== null ? retryInMs : delayMs
    records = records.with(-1, { ...(records.at(-1) ?? record), retryInMs: pauseMs })
    at = endsAt + pauseMs
  }
}

/** RECORDED-PROVIDER-2 */
const cutCall = (tookMs: number, failure: Failure | null): Extract<Call, { type: 'ends' }> => ({
  type: 'ends',
  tookMs,
  failure:
    failure?.class === 'timeout' ? failure : { class: 'timeout', message: 'no answer before the deadline' },
  usage: null,
  retryInMs: null,
})

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
