/**
 * One attempt at one target: encode, send, decode, classify, settle. The one place where a failure,
 * a value everywhere else, becomes an exception: Temporal retries what is thrown.
 *
 * CALL-PROVIDER-1 Nothing below retries. Whether to call again is `retryDelayMs`' alone to say.
 * CALL-PROVIDER-2 Every attempt is in the records, and the records leave with whatever ends it. (Temporal
 *    itself drops those of a candidate that is cancelled between two attempts: nobody is there to answer.)
 * CALL-PROVIDER-3 Cancelled means the socket is closed, but for a probe's (probe.ts). A worker that shuts
 *    down hands its call to another one.
 * CALL-PROVIDER-4 An answer that Temporal could not carry is refused here, and not asked for again: it would
 *    be paid again.
 * CALL-PROVIDER-5 No call without a word of the circuits, and none that they are not told the end of.
 * CALL-PROVIDER-6 One that a sibling has beaten hangs up at once, and reports nothing before Temporal has
 *    cancelled it: a failure could start another paid call. One that gave way to a sibling that talks already
 *    says so: it is asked again only when all others have failed (dispatch.ts, DISPATCH-10), and that call
 *    goes on to its end.
 * CALL-PROVIDER-7 A whole answer is kept before it is reported: a retry of the workflow, or an equal request,
 *    finds it.
 * CALL-PROVIDER-8 An answer counts when it is committed in the delivery log: a retry after a lost worker
 *    looks there before it calls.
 * CALL-PROVIDER-9 Whoever waits for the answer in this process is told before the call does what is left:
 *    half a millisecond of the caller's time (docs/benchmarks.md).
 * CALL-PROVIDER-10 A request that kills every worker it meets ends after LOST_WORKERS_ALLOWED of them. One
 *    whose attempts a frozen worker's polls swallowed killed nothing: they are counted apart.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { CancelledFailure, Context } from '@temporalio/activity'
import { type AttemptDetails, NO_ATTEMPTS } from '../src/contract/attempt-details'
import { expectedFailure } from '../src/contract/expected-failure'
import {
  type Activities,
  type CallProviderInput,
  type CallProviderResult,
  MAX_ANSWER_BYTES,
  MAX_CACHED_ANSWER_BYTES,
} from '../src/contract/generation'
import { entryOf, isCacheable } from '../src/domain/caching/cache'
import { isCallersOwn } from '../src/domain/circuits/callers-part'
import { type Failure, GAVE_WAY_CODE, lackedSlot } from '../src/domain/failures/failure'
import { failed, type Outcome } from '../src/domain/failures/outcome'
import { retryDelayMs } from '../src/domain/failures/retry'
import { type AttemptRecord, nextNumber, withRecord } from '../src/domain/routing/attempt'
import { costUsd } from '../src/domain/routing/cost'
import type { Answer, Usage } from '../src/domain/streaming/answer'
import type { Rescue } from '../src/domain/streaming/resume'
import type { Commit } from '../src/stores/delivery/types'
import { logAttempt } from '../src/telemetry'
import { admit } from './admit'
import { isLostTooOften, recoverRecords } from './attempt-log'
import type { CallContext } from './call-context'
import type { ActivityDeps } from './deps'
import { startHeartbeat } from './heartbeat'
import { probe } from './probe'
import { callWithKey, type ProviderCallResult } from './provider-call'
import {
  NO_PUBLISHER,
  openPublisher,
  PREFILL_REFUSED,
  retryOf,
  type StreamPublisher,
} from './stream-publisher'

export const createCallProvider =
  (deps: ActivityDeps): Activities['callProvider'] =>
  (input) =>
    callProvider(deps, Context.current(), input)

/** The attempt itself, whoever makes it. Throws ApplicationFailure or CancelledFailure. */
export async function callProvider(
  deps: ActivityDeps,
  context: CallContext,
  input: CallProviderInput,
): Promise<CallProviderResult> {
  deps.heardTime(context.info.currentAttemptScheduledTimestampMs)
  const records = recoverRecords(context.info, input)
  // CALL-PROVIDER-10
  if (isLostTooOften(context.info, records)) throw tooManyLost(context.info.attempt - 1, records)
  const opened = await openPublisher(deps, input, context.info.attempt, records)
  // CALL-PROVIDER-8
  if (opened?.state === 'committed') return answered(input, opened.commit)
  if (opened?.state === 'superseded') throw superseded()
  const publisher = opened?.publisher ?? NO_PUBLISHER
  const startedAt = deps.now()
  const reported = (): AttemptDetails => ({ records, inFlight: { startedAt } })
  // ATTEMPT-LOG-1 of attempt-log.ts.
  if (context.info.attempt > 1) context.heartbeat(reported())
  const heartbeat = startHeartbeat(context, input.candidate.timeouts.workerLostMs, reported)
  const due = signalWhenDue(deps, input, context)
  const raceGroup = raceGroupOf(deps, input)
  const signal = AbortSignal.any([context.cancellationSignal, raceGroup.beaten, publisher.stopped])
  try {
    const called = await call(deps, input, context, { signal, sink: publisher.sink })
    const outcome = bounded(called.outcome, deps.maxAnswerBytes ?? MAX_ANSWER_BYTES)
    const record = recordOf(
      input,
      nextNumber(records),
      called.calledAt ?? startedAt,
      deps.now(),
      called.usage,
    )
    const ended: Ended = { before: records, record, otherKeyFree: called.otherKeyFree }
    if (!outcome.ok)
      throw await failure(deps, context, input, { ...ended, publisher, raceGroup }, outcome.failure)
    const { candidateIndex, candidate, generationId: generation, route } = input
    const { target, facts } = candidate
    const answer = outcome.value
    const costs = costUsd(answer.usage, facts)
    const done = [...records, record]
    const own = { route, answer, target, candidate: candidateIndex, records: done, costUsd: costs }
    const counted = await publisher.commit(own, context.cancellationSignal)
    if (counted === null) throw superseded()
    if (counted === 'beaten')
      throw await failure(deps, context, input, { ...ended, publisher, raceGroup }, BEATEN)
    raceGroup.won()
    // Another candidate's answer keeps itself.
    if (counted.candidate === candidateIndex) await keep(deps, input, answer)
    // CALL-PROVIDER-9. Not before CALL-PROVIDER-7 has begun: who is told may ask again at once.
    await nextTurn()
    logAttempt(deps.logger, { generation, route, record })
    if (counted.rescue !== undefined) reportRescue(deps, input, counted.rescue)
    return answered(input, counted)
  } finally {
    publisher.leave()
    raceGroup.leave()
    clearTimeout(due)
    heartbeat.stop()
  }
}

/** CALL-PROVIDER-10 */
const tooManyLost = (attempts: number, records: AttemptRecord[]): Error =>
  expectedFailure({
    type: 'worker_lost',
    message: `workers were lost with this call in flight too often, the last at attempt ${attempts}`,
    details: { records },
  })

/** CALL-PROVIDER-8. Another candidate's answer, where that was there first. */
function answered(
  input: CallProviderInput,
  { answer, candidate, records, rescue }: Commit,
): CallProviderResult {
  return {
    answer,
    records,
    ...(candidate === input.candidateIndex ? {} : { answeredBy: candidate }),
    ...(rescue === undefined ? {} : { rescue }),
  }
}

/**
 * Temporal waits for no word of this attempt. If it does all the same (an operator has reset the workflow, and its
 * calls begin anew), the next attempt is no longer superseded.
 */
const superseded = (): Error =>
  expectedFailure({
    type: 'worker_lost',
    message: 'a later attempt has taken this call over',
    details: NO_ATTEMPTS,
    retryAfter: 1,
  })

function reportRescue({ logger, onRescue }: ActivityDeps, input: CallProviderInput, kind: Rescue): void {
  const { generationId: generation, route, candidate } = input
  onRescue(kind)
  logger.info({ event: 'rescue', generation, route, target: candidate.target, kind }, 'a cut answer is whole')
}

interface Ended {
  before: readonly AttemptRecord[]
  record: AttemptRecord
  otherKeyFree: boolean
}

/** CALL-PROVIDER-6: what a failed call leaves. Resolves with what to throw. */
async function failure(
  deps: ActivityDeps,
  context: CallContext,
  input: CallProviderInput,
  { publisher, raceGroup, ...ended }: Ended & { publisher: StreamPublisher; raceGroup: RaceGroup },
  callFailure: Failure,
): Promise<Error> {
  const why = publisher.why()
  if (why === 'superseded') return superseded()
  if (why === 'led') {
    const ours = context.cancellationSignal.aborted || raceGroup.beaten.aborted || callFailure === BEATEN
    if (publisher.stopped.aborted && !ours) return madeWay(deps, input, ended)
    const end = await publisher.leaderEnded(context.cancellationSignal).catch(() => null)
    if (end === 'committed') await untilCancelled(context, input)
  } else if (why === 'committed' || raceGroup.beaten.aborted) await untilCancelled(context, input)
  const { error, record } = failedAttempt(deps, context, input, ended, refusedPrefill(callFailure, publisher))
  await publisher.fail(record)
  return error
}

/** Its answer was whole when another one had begun to be told (stream-publisher.ts, STREAM-PUBLISHER-6). */
const BEATEN: Failure = { class: 'cancelled', message: 'another candidate answered first' }

/** It gave way to one that talked already. */
const MADE_WAY: Failure = {
  class: 'cancelled',
  code: GAVE_WAY_CODE,
  message: 'another candidate was answering already',
}

function madeWay(deps: ActivityDeps, input: CallProviderInput, { before, record }: Ended): Error {
  const last = { ...record, failure: MADE_WAY }
  logAttempt(deps.logger, { generation: input.generationId, route: input.route, record: last })
  const details: AttemptDetails = { records: [...before, last] }
  return expectedFailure({ type: MADE_WAY.class, message: MADE_WAY.message, details })
}

/** What can't be mended by asking again as before: without the prefill it may be. */
function refusedPrefill(callFailure: Failure, { sink }: StreamPublisher): Failure {
  const refused = callFailure.class === 'invalid_request' || callFailure.class === 'unsupported'
  return sink.prefill !== null && refused
    ? { ...callFailure, class: 'unsupported', code: PREFILL_REFUSED }
    : callFailure
}

type RaceGroup = ReturnType<ActivityDeps['raceGroups']['join']>

/** Its signal is a fresh one each time: one that lives on would keep a note of every call (see `AbortSignal.any`). */
const NO_RACE_GROUP: RaceGroup = {
  get beaten() {
    return new AbortController().signal
  },
  won: () => undefined,
  leave: () => undefined,
}

const raceGroupOf = ({ raceGroups }: ActivityDeps, { place }: CallProviderInput): RaceGroup =>
  place === undefined || place.alone ? NO_RACE_GROUP : raceGroups.join(place.log)

/**
 * Only the first attempt tells: later ones begin after a pause. Where the server's timers are coarse that takes a second
 * at least, and by then the workflow's own timer has rung.
 */
function signalWhenDue({ signalDue }: ActivityDeps, input: CallProviderInput, { info }: CallContext) {
  const { place, dueAfterMs } = input
  const run = info.workflowExecution
  if (place === undefined || dueAfterMs === undefined || info.attempt > 1 || !run) return undefined
  return setTimeout(() => signalDue(run, place.order), dueAfterMs)
}

/** CALL-PROVIDER-6. Not for ever: the winner's worker may have died before it could tell. */
async function untilCancelled(
  { cancelled: byTemporal }: CallContext,
  { candidate }: CallProviderInput,
): Promise<void> {
  const limit = new AbortController()
  const late = pause(2 * candidate.timeouts.workerLostMs, undefined, { signal: limit.signal })
  await Promise.race([byTemporal.catch(() => undefined), late.catch(() => undefined)])
  limit.abort()
}

/** CALL-PROVIDER-5 */
async function call(
  deps: ActivityDeps,
  input: CallProviderInput,
  context: CallContext,
  { signal, sink }: { signal: AbortSignal; sink: StreamPublisher['sink'] },
): Promise<ProviderCallResult> {
  const entry = await admit(deps, input, context)
  if (!entry.ok) return { outcome: failed(entry.failure), usage: null, otherKeyFree: false }
  if (entry.probe) return probe(deps, input, context, { signal, sink }, entry.settle)
  const startedAt = deps.now()
  let called: ProviderCallResult | null = null
  try {
    called = await callWithKey(deps, input, signal, sink)
    return { ...called, calledAt: startedAt }
  } finally {
    entry.settle(called === null ? null : { ...called, failure: failureOf(called), startedAt })
  }
}

const failureOf = ({ outcome }: ProviderCallResult): Failure | null => (outcome.ok ? null : outcome.failure)

/** CALL-PROVIDER-2, CALL-PROVIDER-3: what to throw for a failed attempt, and its record. */
function failedAttempt(
  deps: ActivityDeps,
  context: CallContext,
  input: CallProviderInput,
  { before, record, otherKeyFree }: Ended,
  callFailure: Failure,
): { error: Error; record: AttemptRecord } {
  const reported = boundedFailure(handedOver(callFailure, context) ?? callFailure)
  const records = withRecord(before, { ...record, failure: reported })
  const question = {
    policy: retryOf(input),
    records,
    failure: reported,
    othersLeft: input.othersLeft,
    otherKeyFree,
    now: deps.now(),
    deadlineAt: input.deadlineAt,
    random: deps.random(),
  }
  const delayMs = reported.code === PREFILL_REFUSED ? 0 : retryDelayMs(question)
  const ended = records.at(-1) ?? record
  const last = delayMs === null ? ended : { ...ended, retryInMs: delayMs }
  const details: AttemptDetails = { records: records.with(-1, last) }
  const { generationId: generation, route } = input
  // A crowd that waits for slots is refused again and again: once is enough to know.
  if (delayMs === null || !lackedSlot(reported) || !lackedSlot(before.at(-1)?.failure))
    logAttempt(deps.logger, { generation, route, record: last, callersOwn: isCallersOwn(input) })
  const { message } = reported
  if (reported.class === 'cancelled') return { record: last, error: new CancelledFailure(message, [details]) }
  if (delayMs !== null) context.heartbeat(details)
  // 0 would mean: none given.
  const retryAfter = delayMs === null ? undefined : Math.max(1, delayMs)
  return { record: last, error: expectedFailure({ type: reported.class, message, details, retryAfter }) }
}

/** A provider may send an id as long as it likes; the record travels through every heartbeat and failure. */
const boundedFailure = (failure: Failure): Failure =>
  failure.requestId === undefined
    ? failure
    : { ...failure, requestId: failure.requestId.slice(0, MAX_REQUEST_ID_CHARS) }

/** Cancelled by nobody who wants it to end: another worker takes the call. */
function handedOver(failure: Failure, context: CallContext): Failure | null {
  const { workerShutdown, paused, reset } = context.cancellationDetails ?? {}
  if (failure.class !== 'cancelled') return null
  if (!context.cancellationSignal.aborted)
    return { class: 'worker_lost', message: 'it was beaten by a call whose answer never reached Temporal' }
  if (!(workerShutdown || paused || reset)) return null
  return { class: 'worker_lost', message: 'the worker was shut down while the call was in flight' }
}

function recordOf(
  input: CallProviderInput,
  number: number,
  startedAt: number,
  endedAt: number,
  usage: Usage | null,
): AttemptRecord {
  return {
    candidate: input.candidateIndex,
    target: input.candidate.target,
    number,
    startedAt,
    durationMs: Math.max(0, endedAt - startedAt),
    ...(usage === null ? {} : { usage }),
  }
}

/** CALL-PROVIDER-7 */
async function keep({ cache, now }: ActivityDeps, input: CallProviderInput, answer: Answer): Promise<void> {
  if (input.keep == null || !isCacheable(answer)) return
  if (Buffer.byteLength(JSON.stringify(answer)) > MAX_CACHED_ANSWER_BYTES) return
  const { key, policy } = input.keep
  await cache.put(key, entryOf(answer, input.candidate.target, policy, now()))
}

/** Longer than any that providers document. */
const MAX_REQUEST_ID_CHARS = 200

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
