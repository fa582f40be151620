/**
 * One attempt at one target: encode, send, decode, classify, settle. The one place where a failure,
 * a value everywhere else, becomes an exception: Temporal retries what is thrown.
 *
 * C1 Nothing below retries. Whether to call again is `retryDelayMs`' alone to say.
 * C2 Every attempt is in the records, and the records leave with whatever ends it. (Temporal itself drops those of
 *    a candidate that is cancelled between two attempts: nobody is there to answer.)
 * C3 Cancelled means the socket is closed. A worker that shuts down hands its call to another one.
 * C4 An answer that Temporal could not carry is refused here, and not asked for again: it would be paid again.
 * C5 No call without a word of the circuits, and none that they are not told the end of.
 * C6 A whole answer is kept before it is reported: a retry of the workflow, or an equal request, finds it.
 */
import { CancelledFailure, Context } from '@temporalio/activity'
import type { AttemptDetails } from '../src/contract/attempt-details'
import { expectedFailure } from '../src/contract/expected-failure'
import {
  type Activities,
  type CallProviderInput,
  type CallProviderResult,
  MAX_ANSWER_BYTES,
  MAX_CACHED_ANSWER_BYTES,
} from '../src/contract/generation'
import type { Answer, Usage } from '../src/domain/answer'
import type { AttemptRecord } from '../src/domain/attempt'
import { entryOf, isCacheable } from '../src/domain/cache'
import type { Failure } from '../src/domain/failure'
import { failed, type Outcome } from '../src/domain/outcome'
import { retryDelayMs } from '../src/domain/retry'
import { logAttempt } from '../src/telemetry'
import { admit } from './admit'
import { recoverRecords } from './attempt-log'
import type { ActivityDeps } from './deps'
import { type Exchanged, exchange } from './exchange'
import { startHeartbeat } from './heartbeat'

export function createCallProvider(deps: ActivityDeps): Activities['callProvider'] {
  return async (input) => {
    const context = Context.current()
    const records = recoverRecords(context.info, input)
    const startedAt = deps.now()
    const heartbeat = startHeartbeat(context, input.candidate.timeouts.workerLostMs, () => ({
      records,
      inFlight: { startedAt },
    }))
    let exchanged: Exchanged
    try {
      exchanged = await call(deps, input, context)
    } finally {
      heartbeat.stop()
    }
    const outcome = bounded(exchanged.outcome)
    const record = recordOf(input, records.length + 1, startedAt, deps.now(), exchanged.usage)
    if (outcome.ok) {
      await keep(deps, input, outcome.value)
      const done = [...records, record]
      logAttempt(deps.logger, { generation: input.generationId, route: input.route, record })
      return { answer: outcome.value, records: done } satisfies CallProviderResult
    }
    const { failure } = outcome
    throw settle(deps, context, input, {
      before: records,
      record,
      failure,
      otherKeyFree: exchanged.otherKeyFree,
    })
  }
}

/** C5 */
async function call(deps: ActivityDeps, input: CallProviderInput, context: Context): Promise<Exchanged> {
  const entry = await admit(deps, input, context)
  if (!entry.ok) return { outcome: failed(entry.failure), usage: null, otherKeyFree: false }
  const startedAt = deps.now()
  let exchanged: Exchanged | null = null
  try {
    exchanged = await exchange(deps, input, context.cancellationSignal)
    return exchanged
  } finally {
    entry.settle(exchanged === null ? null : { ...exchanged, failure: failureOf(exchanged), startedAt })
  }
}

const failureOf = ({ outcome }: Exchanged): Failure | null => (outcome.ok ? null : outcome.failure)

interface FailedAttempt {
  before: readonly AttemptRecord[]
  record: AttemptRecord
  failure: Failure
  otherKeyFree: boolean
}

/** C2, C3: what to throw for a failed attempt. */
function settle(
  deps: ActivityDeps,
  context: Context,
  input: CallProviderInput,
  { before, record, failure, otherKeyFree }: FailedAttempt,
): Error {
  const told = handedOver(failure, context) ?? failure
  const failedRecord = { ...record, failure: told }
  const delayMs = retryDelayMs({
    policy: input.candidate.retry,
    records: [...before, failedRecord],
    failure: told,
    othersLeft: input.othersLeft,
    otherKeyFree,
    now: deps.now(),
    deadlineAt: input.deadlineAt,
    random: deps.random(),
  })
  const last = delayMs === null ? failedRecord : { ...failedRecord, retryInMs: delayMs }
  const details: AttemptDetails = { records: [...before, last] }
  logAttempt(deps.logger, { generation: input.generationId, route: input.route, record: last })
  if (told.class === 'cancelled') return new CancelledFailure(told.message, [details])
  if (delayMs !== null) context.heartbeat(details)
  const { message } = told
  // 0 would mean: none given.
  const retryAfter = delayMs === null ? undefined : Math.max(1, delayMs)
  return expectedFailure({ type: told.class, message, details, retryAfter })
}

/** Cancelled by nobody who wants it to end: another worker takes the call. */
function handedOver(failure: Failure, context: Context): Failure | null {
  const { workerShutdown, paused, reset } = context.cancellationDetails ?? {}
  if (failure.class !== 'cancelled' || !(workerShutdown || paused || reset)) return null
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

/** C6 */
async function keep({ cache, now }: ActivityDeps, input: CallProviderInput, answer: Answer): Promise<void> {
  if (input.keep == null || !isCacheable(answer)) return
  if (Buffer.byteLength(JSON.stringify(answer)) > MAX_CACHED_ANSWER_BYTES) return
  const { key, policy } = input.keep
  await cache.put(key, entryOf(answer, input.candidate.target, policy, now()))
}

/** C4 */
function bounded(outcome: Outcome<Answer>): Outcome<Answer> {
  if (!outcome.ok) return outcome
  const bytes = Buffer.byteLength(JSON.stringify(outcome.value))
  if (bytes <= MAX_ANSWER_BYTES) return outcome
  return failed({
    class: 'unsupported',
    message: `the answer has ${bytes} bytes, the most that can be carried is ${MAX_ANSWER_BYTES}`,
  })
}
