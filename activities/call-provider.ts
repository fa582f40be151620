/**
 * One attempt at one target: encode, send, decode, classify, settle. The one place where a failure,
 * a value everywhere else, becomes an exception: Temporal retries what is thrown.
 *
 * C1 Nothing below retries. Whether to call again is `retryDelayMs`' alone to say.
 * C2 Every attempt is in the records, and the records leave with whatever ends it. (Temporal itself drops those of
 *    a candidate that is cancelled between two attempts: nobody is there to answer.)
 * C3 Cancelled means the socket is closed, but for a probe's (probe.ts). A worker that shuts down hands its call to
 *    another one.
 * C4 An answer that Temporal could not carry is refused here, and not asked for again: it would be paid again.
 * C5 No call without a word of the circuits, and none that they are not told the end of.
 * C6 One that a sibling has beaten hangs up at once, and reports nothing before Temporal has cancelled it: a failure
 *    could start another paid call. One that gave way to a sibling that talks already says so: it is asked again only
 *    when all others have failed (dispatch.ts, D10), and that call goes on to its end.
 * C7 A whole answer is kept before it is reported: a retry of the workflow, or an equal request, finds it.
 * C8 An answer counts when it is committed in the delivery log: a retry after a lost worker looks there before it calls.
 * C9 Whoever waits for the answer in this process is told before the call does what is left: half a millisecond of the
 *    caller's time (docs/benchmarks.md).
 * C10 A request that kills every worker it meets ends after LOST_WORKERS_ALLOWED of them. One whose attempts a frozen
 *    worker's polls swallowed killed nothing: they are counted apart.
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
import type { Commit } from '../src/delivery/types'
import type { Answer, Usage } from '../src/domain/answer'
import { type AttemptRecord, nextNumber, withRecord } from '../src/domain/attempt'
import { entryOf, isCacheable } from '../src/domain/cache'
import { isCallersOwn } from '../src/domain/callers-part'
import { costUsd } from '../src/domain/cost'
import { type Failure, GAVE_WAY_CODE, lackedSlot } from '../src/domain/failure'
import { failed, type Outcome } from '../src/domain/outcome'
import type { Rescue } from '../src/domain/retelling'
import { retryDelayMs } from '../src/domain/retry'
import { logAttempt } from '../src/telemetry'
import { admit } from './admit'
import { isLostTooOften, recoverRecords } from './attempt-log'
import type { CallContext } from './call-context'
import type { ActivityDeps } from './deps'
import { type Exchanged, exchange } from './exchange'
import { startHeartbeat } from './heartbeat'
import { probe } from './probe'
import { NO_VOICE, openVoice, PREFILL_REFUSED, retryOf, type Voice } from './voice'

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
  // C10
  if (isLostTooOften(context.info, records)) throw tooManyLost(context.info.attempt - 1, records)
  const opened = await openVoice(deps, input, context.info.attempt, records)
  // C8
  if (opened?.state === 'committed') return answered(input, opened.commit)
  if (opened?.state === 'superseded') throw superseded()
  const voice = opened?.voice ?? NO_VOICE
  const startedAt = deps.now()
  const told = (): AttemptDetails => ({ records, inFlight: { startedAt } })
  // A1 of attempt-log.ts.
  if (context.info.attempt > 1) context.heartbeat(told())
  const heartbeat = startHeartbeat(context, input.candidate.timeouts.workerLostMs, told)
  const due = tellWhenDue(deps, input, context)
  const family = familyOf(deps, input)
  const signal = AbortSignal.any([context.cancellationSignal, family.beaten, voice.hushed])
  try {
    const exchanged = await call(deps, input, context, { signal, listener: voice.listener })
    const outcome = bounded(exchanged.outcome, deps.maxAnswerBytes ?? MAX_ANSWER_BYTES)
    const record = recordOf(
      input,
      nextNumber(records),
      exchanged.calledAt ?? startedAt,
      deps.now(),
      exchanged.usage,
    )
    const ended: Ended = { before: records, record, otherKeyFree: exchanged.otherKeyFree }
    if (!outcome.ok) throw await failure(deps, context, input, { ...ended, voice, family }, outcome.failure)
    const { candidateIndex, candidate, generationId: generation, route } = input
    const { target, facts } = candidate
    const answer = outcome.value
    const costs = costUsd(answer.usage, facts)
    const done = [...records, record]
    const own = { route, answer, target, candidate: candidateIndex, records: done, costUsd: costs }
    const counted = await voice.commit(own, context.cancellationSignal)
    if (counted === null) throw superseded()
    if (counted === 'beaten') throw await failure(deps, context, input, { ...ended, voice, family }, BEATEN)
    family.won()
    // Another candidate's answer keeps itself.
    if (counted.candidate === candidateIndex) await keep(deps, input, answer)
    // C9. Not before C7 has begun: who is told may ask again at once.
    await nextTurn()
    logAttempt(deps.logger, { generation, route, record })
    if (counted.rescue !== undefined) tellRescue(deps, input, counted.rescue)
    return answered(input, counted)
  } finally {
    voice.leave()
    family.leave()
    clearTimeout(due)
    heartbeat.stop()
  }
}

/** C10 */
const tooManyLost = (attempts: number, records: AttemptRecord[]): Error =>
  expectedFailure({
    type: 'worker_lost',
    message: `workers were lost with this call in flight too often, the last at attempt ${attempts}`,
    details: { records },
  })

/** C8. Another candidate's answer, where that was there first. */
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

function tellRescue({ logger, onRescue }: ActivityDeps, input: CallProviderInput, kind: Rescue): void {
  const { generationId: generation, route, candidate } = input
  onRescue(kind)
  logger.info({ event: 'rescue', generation, route, target: candidate.target, kind }, 'a cut answer is whole')
}

interface Ended {
  before: readonly AttemptRecord[]
  record: AttemptRecord
  otherKeyFree: boolean
}

/** C6: what a failed call leaves. Resolves with what to throw. */
async function failure(
  deps: ActivityDeps,
  context: CallContext,
  input: CallProviderInput,
  { voice, family, ...ended }: Ended & { voice: Voice; family: Family },
  failed: Failure,
): Promise<Error> {
  const why = voice.why()
  if (why === 'superseded') return superseded()
  if (why === 'led') {
    const ours = context.cancellationSignal.aborted || family.beaten.aborted || failed === BEATEN
    if (voice.hushed.aborted && !ours) return madeWay(deps, input, ended)
    const end = await voice.leaderEnded(context.cancellationSignal).catch(() => null)
    if (end === 'committed') await cancelled(context, input)
  } else if (why === 'committed' || family.beaten.aborted) await cancelled(context, input)
  const { error, record } = settle(deps, context, input, ended, refusedPrefill(failed, voice))
  await voice.fail(record)
  return error
}

/** Its answer was whole when another one had begun to be told (voice.ts, O6). */
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
function refusedPrefill(failed: Failure, { listener }: Voice): Failure {
  const refused = failed.class === 'invalid_request' || failed.class === 'unsupported'
  return listener.prefill !== null && refused
    ? { ...failed, class: 'unsupported', code: PREFILL_REFUSED }
    : failed
}

type Family = ReturnType<ActivityDeps['siblings']['join']>

/** Its signal is a fresh one each time: one that lives on would keep a note of every call (see `AbortSignal.any`). */
const NO_FAMILY: Family = {
  get beaten() {
    return new AbortController().signal
  },
  won: () => undefined,
  leave: () => undefined,
}

const familyOf = ({ siblings }: ActivityDeps, { place }: CallProviderInput): Family =>
  place === undefined || place.alone ? NO_FAMILY : siblings.join(place.log)

/**
 * Only the first attempt tells: later ones begin after a pause. Where the server's timers are coarse that takes a second
 * at least, and by then the workflow's own timer has rung.
 */
function tellWhenDue({ tellDue }: ActivityDeps, input: CallProviderInput, { info }: CallContext) {
  const { place, dueAfterMs } = input
  const run = info.workflowExecution
  if (place === undefined || dueAfterMs === undefined || info.attempt > 1 || !run) return undefined
  return setTimeout(() => tellDue(run, place.order), dueAfterMs)
}

/** C6. Not for ever: the winner's worker may have died before it could tell. */
async function cancelled(
  { cancelled: byTemporal }: CallContext,
  { candidate }: CallProviderInput,
): Promise<void> {
  const limit = new AbortController()
  const late = pause(2 * candidate.timeouts.workerLostMs, undefined, { signal: limit.signal })
  await Promise.race([byTemporal.catch(() => undefined), late.catch(() => undefined)])
  limit.abort()
}

/** C5 */
async function call(
  deps: ActivityDeps,
  input: CallProviderInput,
  context: CallContext,
  { signal, listener }: { signal: AbortSignal; listener: Voice['listener'] },
): Promise<Exchanged> {
  const entry = await admit(deps, input, context)
  if (!entry.ok) return { outcome: failed(entry.failure), usage: null, otherKeyFree: false }
  if (entry.probe) return probe(deps, input, context, { signal, listener }, entry.settle)
  const startedAt = deps.now()
  let exchanged: Exchanged | null = null
  try {
    exchanged = await exchange(deps, input, signal, listener)
    return { ...exchanged, calledAt: startedAt }
  } finally {
    entry.settle(exchanged === null ? null : { ...exchanged, failure: failureOf(exchanged), startedAt })
  }
}

const failureOf = ({ outcome }: Exchanged): Failure | null => (outcome.ok ? null : outcome.failure)

/** C2, C3: what to throw for a failed attempt, and its record. */
function settle(
  deps: ActivityDeps,
  context: CallContext,
  input: CallProviderInput,
  { before, record, otherKeyFree }: Ended,
  failed: Failure,
): { error: Error; record: AttemptRecord } {
  const told = boundedFailure(handedOver(failed, context) ?? failed)
  const records = withRecord(before, { ...record, failure: told })
  const question = {
    policy: retryOf(input),
    records,
    failure: told,
    othersLeft: input.othersLeft,
    otherKeyFree,
    now: deps.now(),
    deadlineAt: input.deadlineAt,
    random: deps.random(),
  }
  const delayMs = told.code === PREFILL_REFUSED ? 0 : retryDelayMs(question)
  const ended = records.at(-1) ?? record
  const last = delayMs === null ? ended : { ...ended, retryInMs: delayMs }
  const details: AttemptDetails = { records: records.with(-1, last) }
  const { generationId: generation, route } = input
  // A crowd that waits for slots is refused again and again: once is enough to know.
  if (delayMs === null || !lackedSlot(told) || !lackedSlot(before.at(-1)?.failure))
    logAttempt(deps.logger, { generation, route, record: last, callersOwn: isCallersOwn(input) })
  const { message } = told
  if (told.class === 'cancelled') return { record: last, error: new CancelledFailure(message, [details]) }
  if (delayMs !== null) context.heartbeat(details)
  // 0 would mean: none given.
  const retryAfter = delayMs === null ? undefined : Math.max(1, delayMs)
  return { record: last, error: expectedFailure({ type: told.class, message, details, retryAfter }) }
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

/** C7 */
async function keep({ cache, now }: ActivityDeps, input: CallProviderInput, answer: Answer): Promise<void> {
  if (input.keep == null || !isCacheable(answer)) return
  if (Buffer.byteLength(JSON.stringify(answer)) > MAX_CACHED_ANSWER_BYTES) return
  const { key, policy } = input.keep
  await cache.put(key, entryOf(answer, input.candidate.target, policy, now()))
}

/** Longer than any that providers document. */
const MAX_REQUEST_ID_CHARS = 200

/** C4 */
function bounded(outcome: Outcome<Answer>, maxBytes: number): Outcome<Answer> {
  if (!outcome.ok) return outcome
  const bytes = Buffer.byteLength(JSON.stringify(outcome.value))
  if (bytes <= maxBytes) return outcome
  return failed({
    class: 'answer_too_large',
    message: `the answer has ${bytes} bytes, the most that this cluster can carry is ${Math.floor(maxBytes)}`,
  })
}
