/**
 * One attempt at one target: recover the records, request admission, call, commit or fail. The one place where a
 * failure, a value everywhere else, is thrown: Temporal retries what is thrown.
 *
 * CALL-PROVIDER-1 Nothing below retries. Only `retryDelayMs` decides whether to call again.
 * CALL-PROVIDER-2 Every attempt is in the records, and the records leave with whatever ends it. (Temporal
 *    itself drops those of a candidate that is cancelled between two attempts: nobody is there to answer.)
 * CALL-PROVIDER-3 Cancelled means the socket is closed, but for a probe's (probe.ts). A worker that shuts
 *    down hands its call to another one.
 * CALL-PROVIDER-4 An answer that Temporal could not carry is refused here, and not requested again: it would
 *    be paid again.
 * CALL-PROVIDER-5 No call without an admission by the circuits, and none whose outcome is not reported to
 *    them.
 * CALL-PROVIDER-6 One that another call of the race group has beaten hangs up at once, and reports nothing
 *    before Temporal has cancelled it: a failure could start another paid call. One that gave way to a call
 *    of the race group that publishes already says so: it is called again only when all others have failed
 *    (dispatch.ts, DISPATCH-10), and that call goes on to its end.
 * CALL-PROVIDER-7 A whole answer is kept before it is reported: a retry of the workflow, or an equal request,
 *    finds it.
 * CALL-PROVIDER-8 An answer counts when it is committed in the delivery log: a retry after a lost worker
 *    reads there before it calls.
 * CALL-PROVIDER-9 A waiter for the answer in this process is notified before the call does what is left: half
 *    a millisecond of the caller's time (docs/benchmarks.md).
 * CALL-PROVIDER-10 A request that kills every worker it meets ends after LOST_WORKERS_ALLOWED of them. One
 *    whose attempts a frozen worker's polls swallowed killed nothing: they are counted apart.
 * CALL-PROVIDER-11 What an attempt has begun at a provider that goes on by itself is read on by the next one (background.ts).
 */
import { Context } from '@temporalio/activity'
import { type AttemptDetails, type OpenResponse, readAttemptDetails } from '../src/contract/attempt-details'
import { readCallInput } from '../src/contract/call-input'
import {
  type Activities,
  type CallProviderInput,
  type CallProviderResult,
  MAX_ANSWER_BYTES,
} from '../src/contract/generation'
import { lackedTurn } from '../src/domain/failures/failure'
import { failed, type Outcome } from '../src/domain/failures/outcome'
import { type AttemptRecord, nextNumber } from '../src/domain/routing/attempt'
import type { Answer } from '../src/domain/streaming/answer'
import { admit } from './admit'
import { type AttemptEnd, errorOf } from './attempt-end'
import { isLostTooOften, placeOf, recoverRecords } from './attempt-log'
import { countLost, timedSink, timingOf } from './attempt-metrics'
import { traceAttempt } from './attempt-trace'
import { type Adoption, cancelResponse } from './background'
import type { CallContext } from './call-context'
import { retryBudgetOf, returnsBlocks } from './call-rules'
import type { ActivityDeps } from './deps'
import { type Call, fail, succeed } from './finish-attempt'
import { startHeartbeat } from './heartbeat'
import { createIntake } from './intake'
import { commitLateProbe } from './late-probe'
import { probe } from './probe'
import { type CallHow, notCalled, type ProviderCallResult, providerCall } from './provider-call'
import { joinRaceGroup } from './race-group'
import { resultOf } from './result-of'
import { NO_PUBLISHER, openPublisher } from './stream-publisher'
import { wholeInput } from './whole-input'

export const createCallProvider =
  (deps: ActivityDeps): Activities['callProvider'] =>
  (input) =>
    callProvider(deps, Context.current(), readCallInput(input))

/** The attempt itself, whoever makes it. Throws ApplicationFailure or CancelledFailure. */
export async function callProvider(
  deps: ActivityDeps,
  context: CallContext,
  input: CallProviderInput,
): Promise<CallProviderResult> {
  const end = await callAttempt(deps, context, input)
  if (end.type !== 'answered') throw errorOf(end)
  return resultOf(end.commit, input.candidateIndex, end.records)
}

/** The same, with its end as a value. */
export async function callAttempt(
  deps: ActivityDeps,
  context: CallContext,
  input: CallProviderInput,
): Promise<AttemptEnd> {
  deps.observedTime(context.info.currentAttemptScheduledTimestampMs)
  deps.metrics.queued(deps.now() - context.info.currentAttemptScheduledTimestampMs)
  return attempt({ deps, context, input })
}

async function attempt(given: Call): Promise<AttemptEnd> {
  const { deps, context, input } = given
  const before = recoverRecords(context.info, input)
  countLost(given, before)
  const { budget } = input.candidate.retry
  if (budget !== undefined && context.info.attempt === 1 && before.length === 0)
    deps.retries.count(retryBudgetOf(input), budget)
  let response: OpenResponse | null = readAttemptDetails(context.info.heartbeatDetails).response ?? null
  // BACKGROUND-4. Nobody waits for it.
  const abandon = (): void => {
    if (response !== null) void cancelResponse(deps, input, response)
  }
  // CALL-PROVIDER-10
  if (isLostTooOften(context.info, before)) {
    abandon()
    return { type: 'lost_too_often', attempts: context.info.attempt - 1, records: before }
  }
  const opened = await openPublisher(deps, input, placeOf(context.info, input), before)
  // CALL-PROVIDER-8
  if (opened?.state === 'committed') {
    const { commit } = opened
    // Its own answer has the record of the attempt that gave it, which this one knows as lost.
    if (commit.candidate === input.candidateIndex)
      return { type: 'answered', commit, records: commit.records }
    abandon()
    return { type: 'answered', commit, records: before }
  }
  if (opened?.state === 'superseded') return { type: 'superseded' }
  const publisher = opened?.publisher ?? NO_PUBLISHER
  const trace = traceAttempt(given, before)
  const { call } = trace
  const startedAt = deps.now()
  const intake = createIntake()
  let requestId: string | undefined
  const reported = (): AttemptDetails => ({
    records: before,
    inFlight: {
      startedAt,
      received: intake.received(),
      ...(requestId === undefined ? {} : { requestId }),
    },
    ...(response === null ? {} : { response }),
  })
  // CALL-PROVIDER-11
  const adoption: Adoption = {
    before: response,
    changed(next) {
      response = next
      if (next !== null) context.heartbeat(reported())
    },
  }
  // ATTEMPT-LOG-1 of attempt-log.ts.
  if (context.info.attempt > 1) context.heartbeat(reported())
  const heartbeat = startHeartbeat(context, input.candidate.timeouts.workerLostMs, reported)
  const due = signalWhenDue(call)
  const closeLog = opened?.state === 'open' ? deps.metrics.deliveryOpened() : () => undefined
  const raceGroup = joinRaceGroup(deps.raceGroups, input)
  const company = { publisher, raceGroup }
  try {
    const signal = AbortSignal.any([context.cancellationSignal, raceGroup.beaten, publisher.stopped])
    // ATTEMPT-LOG-3
    const named = (id: string): void => {
      requestId = id
    }
    const how = {
      sink: trace.watch(publisher.sink),
      adoption,
      returnsBlocks: returnsBlocks(before),
      intake,
      named,
    }
    const whole = await wholeInput(deps, input)
    const called = whole.ok
      ? await admittedCall({ ...call, input: whole.value }, before, signal, how)
      : notCalled(whole.failure)
    const outcome = bounded(called.outcome, deps.maxAnswerBytes ?? MAX_ANSWER_BYTES)
    const { otherKeyFree } = called
    if (context.waitsForNothing && !outcome.ok && lackedTurn(outcome.failure)) return { type: 'no_turn' }
    const ended = { before, record: recordOf(call, before, called, startedAt), otherKeyFree, response }
    const end = outcome.ok
      ? await succeed(call, company, ended, outcome.value)
      : await fail(call, company, ended, outcome.failure)
    trace.ended(end, called)
    if (!isReadOn(end, context)) abandon()
    return end
  } finally {
    publisher.leave()
    closeLog()
    raceGroup.leave()
    clearTimeout(due)
    heartbeat.stop()
  }
}

/** Has been, will be, or may be: one whose attempt Temporal has given up on stands in the heartbeat of a later one. */
function isReadOn(
  end: AttemptEnd,
  { cancellationDetails }: Pick<CallContext, 'cancellationDetails'>,
): boolean {
  const { notFound, timedOut, cancelRequested } = cancellationDetails ?? {}
  if ((notFound || timedOut) && !cancelRequested) return true
  if (end.type === 'failed') return end.retryInMs !== null
  return end.type === 'answered' || end.type === 'superseded'
}

/** CALL-PROVIDER-5 */
async function admittedCall(
  call: Call,
  before: readonly AttemptRecord[],
  signal: AbortSignal,
  plain: CallHow,
): Promise<ProviderCallResult> {
  const { deps, context, input } = call
  const entry = await admit(deps, input, context)
  if (!entry.ok) return notCalled(entry.failure)
  const { key, seen } = entry.permission
  const timer = deps.latencies.began(input.route, input.candidate.target, input.streaming)
  const how = { ...plain, sink: timedSink(deps, input, plain.sink, timer.firstToken), key, responded: seen }
  if (entry.probe) {
    const late = (answer: Answer, leftAt: number) => commitLateProbe(call, before, answer, leftAt)
    const probed = await probe(deps, input, context, signal, how, entry.reportOutcome, late)
    timer.ended(timingOf(input, probed))
    return probed
  }
  const calledAt = deps.now()
  // PROVIDER-CALL-1: it never throws.
  const called = await providerCall(deps, input, signal, how)
  timer.ended(timingOf(input, called))
  const failure = called.outcome.ok ? null : called.outcome.failure
  const { otherKeyFree, usage } = called
  entry.reportOutcome({ failure, otherKeyFree, usage, startedAt: calledAt })
  return { ...called, calledAt }
}

/**
 * Only the first attempt signals: later ones begin after a pause. Where the server's timers are coarse that takes a
 * second at least, and by then the workflow's own timer has fired.
 */
function signalWhenDue({ deps, input, context: { info } }: Call) {
  const { stream, dueAfterMs } = input
  const run = info.workflowExecution
  if (stream === undefined || dueAfterMs === undefined || info.attempt > 1 || !run) return undefined
  return setTimeout(() => deps.signalDue(run, stream.sequence), dueAfterMs)
}

function recordOf(
  { deps, input }: Call,
  before: readonly AttemptRecord[],
  { calledAt, usage, adopted, requestId, unbilled, estimate }: ProviderCallResult,
  begunAt: number,
): AttemptRecord {
  const startedAt = calledAt ?? begunAt
  return {
    candidate: input.candidateIndex,
    target: input.candidate.target,
    number: nextNumber(before),
    startedAt,
    durationMs: Math.max(0, deps.now() - startedAt),
    ...(usage === null ? {} : { usage }),
    ...(adopted ? { adopted } : {}),
    ...(unbilled ? { unbilled } : {}),
    ...(estimate === undefined ? {} : { estimate }),
    ...(requestId === undefined ? {} : { requestId }),
  }
}

/** CALL-PROVIDER-4 */
function bounded(outcome: Outcome<Answer>, maxBytes: number): Outcome<Answer> {
  if (!outcome.ok) return outcome
  const bytes = Buffer.byteLength(JSON.stringify(outcome.value))
  if (bytes <= maxBytes) return outcome
  return failed({
    class: 'answer_too_large',
    message: `the answer has ${bytes} bytes, the most that this cluster can carry is ${Math.floor(maxBytes)}`,
  })
}
