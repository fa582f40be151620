/**
 * One candidate of a plan: one activity, retried by Temporal, and what became of it as a value.
 *
 * RUN-CANDIDATE-1 A call of which Temporal knows no end may have answered all the same, and callers may have its answer: its
 *    worker could not reach Temporal before the deadline, or is gone since. What the delivery log has is its outcome.
 * RUN-CANDIDATE-2 On a route with `express` the first call is a local activity (express-lane.ts). Where it is to be called
 *    again, the activity goes on from its records.
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  isCancellation,
  log,
  proxyActivities,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow'
import { readAttemptDetails, reportedDetails } from '../src/contract/attempt-details'
import type { DrillActivities, DrillMark } from '../src/contract/drill'
import {
  type Activities,
  type CallProviderInput,
  LOST_WORKERS_ALLOWED,
  MAX_SLOT_WAIT_MS,
} from '../src/contract/generation'
import { attemptAmount, isBilled } from '../src/domain/budgets/billed'
import type { Failure } from '../src/domain/failures/failure'
import { type AttemptRecord, decisiveFailure, nextNumber } from '../src/domain/routing/attempt'
import { callSummary } from '../src/domain/routing/report'
import { estimateOf, NOTHING_RECEIVED } from '../src/domain/routing/spent'
import type { Usage } from '../src/domain/streaming/answer'
import type { CandidateOutcome } from '../src/engine/types'
import type { ExpressLane } from './express-lane'
import { lookAt } from './last-look'
import { reportUnreported } from './reports'

/** A call's own timers end it; the server's is a net below, for a worker that hangs. */
const START_TO_CLOSE_MARGIN_MS = 5_000

/** Clocks of a worker and of Temporal differ by less. */
const DEADLINE_MARGIN_MS = 100

/** As many as fit into half a day: whoever has no slot waits until the deadline (RETRY-6 of retry.ts). */
const SLOT_WAITS_ALLOWED = 10_000

/**
 * Never rejects. Cancel it through the scope it is called in.
 * @param drill null: a provider is called
 */
export function runCandidate(
  input: CallProviderInput,
  drill: DrillMark | null,
  lane: ExpressLane | null,
): Promise<CandidateOutcome> {
  // Not async: that would cost every workflow two promises.
  return lane?.isOpen() ? runInLane(input, lane) : runActivity(input, drill)
}

async function runInLane(input: CallProviderInput, lane: ExpressLane): Promise<CandidateOutcome> {
  const first = await firstCall(input, lane)
  return 'type' in first ? first : runActivity({ ...input, before: first.before }, null)
}

/** RUN-CANDIDATE-2. Its outcome, or what the activity goes on from. */
async function firstCall(
  input: CallProviderInput,
  lane: ExpressLane,
): Promise<CandidateOutcome | { before: AttemptRecord[] }> {
  const { candidateIndex: candidate } = input
  const startedAt = Date.now()
  let records: AttemptRecord[] = []
  try {
    const called = await lane.call(input)
    switch (called.type) {
      case 'answered': {
        const { answeredBy = candidate, answer, rescue, winning } = called
        return { type: 'succeeded', candidate, answeredBy, answer, rescue, winning, records: called.records }
      }
      case 'failed': {
        records = called.records
        const { retryInMs } = called
        const failure = decisiveFailure(records)
        if (failure === undefined) return { before: records }
        if (retryInMs === null) {
          await untilDeadline(input, records)
          return { type: 'failed', candidate, failure, records }
        }
        await sleep(retryInMs, { summary: `${input.candidate.target}: the pause before its next call` })
        return { before: records }
      }
      case 'handed_over':
        return { before: called.lost ? [lostAttempt(input, startedAt)] : [] }
    }
  } catch (error) {
    if (isCancellation(error)) return { type: 'cancelled', candidate, records: recordsOf(error, records) }
    if (isTimeout(error)) return (await lateAnswer(input)) ?? outcomeOfFailure(error, input, startedAt)
    // Its worker has another build, or the call broke: the activity says what is wrong.
    log.warn('a call of the express lane broke', { event: 'express_broke', reason: messageOf(error) })
    return { before: [] }
  }
}

/** Within one task the workflow's time falls behind: a call that the deadline has ended must not seem to leave time. */
async function untilDeadline({ deadlineAt }: CallProviderInput, records: AttemptRecord[]): Promise<void> {
  const leftMs = deadlineAt - Date.now()
  const endedAt = endOf(records.at(-1)) ?? 0
  if (leftMs > 0 && endedAt >= deadlineAt - DEADLINE_MARGIN_MS)
    await sleep(leftMs, { summary: 'the deadline' })
}

/** Its worker was lost in the workflow task that it ran in. */
function lostAttempt(input: CallProviderInput, startedAt: number): AttemptRecord {
  const failure: Failure = {
    class: 'worker_lost',
    message: 'the worker was lost while the call was in flight',
  }
  const estimate = estimateOf(input.request, NOTHING_RECEIVED)
  return { ...unreported(input, startedAt, 1, failure, estimate), estimate }
}

const recordsOf = (error: unknown, known: AttemptRecord[]): AttemptRecord[] => {
  const cause = error instanceof ActivityFailure ? error.cause : error
  const { records } = readAttemptDetails(cause instanceof CancelledFailure ? cause.details?.[0] : undefined)
  return records.length > 0 ? records : known
}

async function runActivity(input: CallProviderInput, drill: DrillMark | null): Promise<CandidateOutcome> {
  const { candidate, candidateIndex, deadlineAt } = input
  const { retry, timeouts } = candidate
  const startedAt = Date.now()
  const { callProvider, drillCall } = proxyActivities<
    Pick<Activities, 'callProvider'> & Pick<DrillActivities, 'drillCall'>
  >({
    summary: callSummary(candidate),
    scheduleToCloseTimeout: Math.max(1, deadlineAt - startedAt),
    startToCloseTimeout: timeouts.attemptMs + MAX_SLOT_WAIT_MS + START_TO_CLOSE_MARGIN_MS,
    heartbeatTimeout: timeouts.workerLostMs,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    // Pauses that grow stand in `nextRetryDelay`, with their jitter. The server's own interval is used
    // only after a lost worker, and there is no reason to make its caller wait longer each time.
    retry: {
      maximumAttempts: retry.maximumAttempts + LOST_WORKERS_ALLOWED + SLOT_WAITS_ALLOWED,
      initialInterval: Math.max(1, retry.initialIntervalMs),
      backoffCoefficient: 1,
    },
  })
  try {
    const called = drill === null ? callProvider(input) : drillCall({ ...input, drill })
    const { answeredBy = candidateIndex, ...rest } = await called
    return { type: 'succeeded', candidate: candidateIndex, answeredBy, ...rest }
  } catch (error) {
    const late = drill === null && isTimeout(error) ? await lateAnswer(input) : null
    return late ?? outcomeOfFailure(error, input, startedAt)
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof TimeoutFailure

/** RUN-CANDIDATE-1. null: there is none, or it can't be known. */
async function lateAnswer({ candidateIndex, stream }: CallProviderInput): Promise<CandidateOutcome | null> {
  if (stream === undefined) return null
  const { logId, sequence, exclusive } = stream
  const late = await lookAt({ logId, sequence, exclusive, candidateIndex })
  if (late === null) return null
  const { answeredBy = candidateIndex, ...rest } = late
  return { type: 'succeeded', candidate: candidateIndex, answeredBy, ...rest }
}

function outcomeOfFailure(error: unknown, input: CallProviderInput, startedAt: number): CandidateOutcome {
  const candidate = input.candidateIndex
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (error instanceof CancelledFailure || cause instanceof CancelledFailure) {
    return { type: 'cancelled', candidate, records: recordsOf(error, input.before ?? []) }
  }
  if (cause instanceof ApplicationFailure) {
    const { records } = readAttemptDetails(cause.details?.[0])
    const failure = decisiveFailure(records)
    if (failure !== undefined) return { type: 'failed', candidate, failure, records }
  }
  if (cause instanceof TimeoutFailure) return timedOut(cause, input, startedAt)
  // Not one of ours: a bug in the activity, or a payload that could not be read. Never swallowed.
  const failure: Failure = { class: 'internal_error', message: `the activity broke: ${messageOf(cause)}` }
  const { before = [] } = input
  const record = unreported(input, startedAt, nextNumber(before), failure)
  return { type: 'failed', candidate, failure, records: [...before, record] }
}

function timedOut(cause: TimeoutFailure, input: CallProviderInput, startedAt: number): CandidateOutcome {
  const { records, inFlight } = reportedDetails(cause.lastHeartbeatDetails, input.before)
  // Whether a worker had it still at the deadline is not known here.
  const failure: Failure =
    cause.timeoutType === 'SCHEDULE_TO_CLOSE'
      ? { class: 'timeout', message: 'the deadline came before the end of the call was reported' }
      : { class: 'worker_lost', message: `no worker finished the call in time (${cause.timeoutType})` }
  const begunAt = inFlight?.startedAt ?? endOf(records.at(-1)) ?? startedAt
  const estimate = estimateOf(input.request, inFlight?.received ?? NOTHING_RECEIVED)
  const record = {
    ...unreported(input, begunAt, nextNumber(records), failure, estimate),
    estimate,
    ...(inFlight?.requestId === undefined ? {} : { requestId: inFlight.requestId }),
  }
  return { type: 'failed', candidate: input.candidateIndex, failure, records: [...records, record] }
}

const endOf = (record: AttemptRecord | undefined): number | undefined =>
  record === undefined ? undefined : record.startedAt + record.durationMs

/** Of an attempt whose worker has not reported it: it is counted here. */
function unreported(
  input: CallProviderInput,
  startedAt: number,
  number: number,
  failure: Failure,
  estimate?: Usage,
): AttemptRecord {
  const {
    route,
    candidateIndex: candidate,
    candidate: { target },
  } = input
  const durationMs = Math.max(0, Date.now() - startedAt)
  const bill = billOf(input, { number, estimate })
  reportUnreported({ route, target, startedAt, durationMs, outcome: failure.class, bill })
  return { candidate, target, number, startedAt, durationMs, failure }
}

/** As a worker bills an attempt (activities/bill-attempt.ts). */
function billOf(
  { generationId, request, tenant, candidate, stream }: CallProviderInput,
  { number, estimate }: { number: number; estimate: Usage | undefined },
) {
  if (tenant === undefined || !isBilled(generationId, request)) return undefined
  const first = (stream?.sequence ?? 1) === 1 && number === 1
  return { tenant, generation: generationId, amount: attemptAmount({ estimate }, candidate.facts, first) }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
