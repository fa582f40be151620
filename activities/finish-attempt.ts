/** Commits, reports and logs a call that has ended. The rules are call-provider.ts's. */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import type { AttemptDetails } from '../src/contract/attempt-details'
import { type CallProviderInput, MAX_CACHED_ANSWER_BYTES } from '../src/contract/generation'
import { entryOf, isCacheable } from '../src/domain/caching/cache'
import { isCallersOwn } from '../src/domain/circuits/callers-part'
import { type Failure, lackedTurn } from '../src/domain/failures/failure'
import type { AttemptRecord } from '../src/domain/routing/attempt'
import { costUsd } from '../src/domain/routing/cost'
import type { Answer } from '../src/domain/streaming/answer'
import type { Commit } from '../src/stores/delivery/types'
import { logAttempt } from '../src/telemetry'
import { type AttemptEnd, BEATEN, type EndedAttempt, failedEnd, gaveWayEnd } from './attempt-end'
import { billAttempt } from './bill-attempt'
import type { CallContext } from './call-context'
import { retryBudgetOf } from './call-rules'
import type { ActivityDeps } from './deps'
import type { RaceGroup } from './race-group'
import type { StreamPublisher } from './stream-publisher'

/** What all steps of an attempt go by. */
export interface Call {
  deps: ActivityDeps
  context: CallContext
  input: CallProviderInput
}

/** The publisher of the call, and its race group. */
export interface Company {
  publisher: StreamPublisher
  raceGroup: RaceGroup
}

/** Commits the answer; the one that counts may be another's. */
export async function succeed(
  call: Call,
  company: Company,
  ended: EndedAttempt,
  answer: Answer,
): Promise<AttemptEnd> {
  const { context, input } = call
  const { candidate, candidateIndex, route } = input
  const records = [...ended.before, ended.record]
  const costs = costUsd(answer.usage, candidate.facts)
  const own = { route, answer, target: candidate.target, candidate: candidateIndex, records, costUsd: costs }
  const counted = await company.publisher.commit(own, context.cancellationSignal)
  if (counted === null) return { type: 'superseded' }
  if (counted === 'beaten') return fail(call, company, ended, BEATEN)
  company.raceGroup.won()
  // Another candidate's answer keeps itself.
  if (counted.candidate === candidateIndex) await keep(call, answer)
  // CALL-PROVIDER-9. Not before CALL-PROVIDER-7 has begun: a caller that is notified may send its next request at once.
  await nextTurn()
  reportAttempt(call, ended.record)
  reportRescue(call, counted)
  return { type: 'answered', commit: counted, records }
}

/** One line, and one more in the metrics. `again`: as the refusals before it, which only the last of them is logged for. */
function reportAttempt(
  { deps, input }: Call,
  record: AttemptRecord,
  { again = false, last = true }: { again?: boolean; last?: boolean } = {},
): void {
  const { generationId: generation, route, logged, candidate } = input
  const callersOwn = record.failure !== undefined && isCallersOwn(input)
  if (last || !again) logAttempt(deps.logger, { generation, route, record, logged, callersOwn })
  if (again) return
  deps.metrics.attempt({ route, record, facts: candidate.facts })
  billAttempt(deps, input, record)
}

function reportRescue({ deps, input }: Call, { rescue: kind }: Commit): void {
  if (kind === undefined) return
  const { generationId: generation, route, candidate } = input
  deps.metrics.rescue(kind)
  const fields = { event: 'rescue', generation, route, target: candidate.target, kind }
  deps.logger.info(fields, 'a cut answer is whole')
}

/** CALL-PROVIDER-6 */
export async function fail(
  call: Call,
  { publisher, raceGroup }: Company,
  ended: EndedAttempt,
  callFailure: Failure,
): Promise<AttemptEnd> {
  const { deps, context, input } = call
  const { cancellationSignal: cancelled } = context
  const why = publisher.why()
  if (why === 'superseded') return { type: 'superseded' }
  const ownEnd = cancelled.aborted || raceGroup.beaten.aborted || callFailure === BEATEN
  if (why === 'led' && publisher.stopped.aborted && !ownEnd) {
    const end = gaveWayEnd(ended)
    reportAttempt(call, end.records.at(-1) ?? ended.record)
    return end
  }
  const beaten =
    why === 'led'
      ? (await publisher.leaderEnded(cancelled).catch(() => null)) === 'committed'
      : why === 'committed' || raceGroup.beaten.aborted
  if (beaten) await untilCancelled(call)
  const end = failedEnd(input, ended, callFailure, {
    prefilled: publisher.sink.prefill !== null,
    cancellation: context,
    now: deps.now(),
    random: deps.random(),
    takeRetry: () => {
      const allowed = deps.retries.take(retryBudgetOf(input))
      if (!allowed) deps.metrics.retryBudgetExhausted(input.route)
      return allowed
    },
  })
  const { failure, records, retryInMs } = end
  const record = records.at(-1) ?? ended.record
  // Calls that wait for slots are refused again and again: the first refusal is enough in the log, and counts.
  const again = lackedTurn(failure) && lackedTurn(ended.before.at(-1)?.failure)
  reportAttempt(call, record, { again, last: retryInMs === null })
  // CALL-PROVIDER-2. One that is not made again carries its records in its error.
  if (retryInMs !== null) {
    const { response } = ended
    context.heartbeat({ records, ...(response === null ? {} : { response }) } satisfies AttemptDetails)
  }
  await publisher.fail(record)
  return end
}

/** CALL-PROVIDER-6. Not for ever: the winner's worker may have died before it could report. */
async function untilCancelled({ context, input }: Call): Promise<void> {
  const limit = new AbortController()
  const limitMs = 2 * input.candidate.timeouts.workerLostMs
  const late = pause(limitMs, undefined, { signal: limit.signal })
  await Promise.race([context.cancelled.catch(() => undefined), late.catch(() => undefined)])
  limit.abort()
}

/** CALL-PROVIDER-7 */
async function keep({ deps, input }: Call, answer: Answer): Promise<void> {
  if (input.keep == null || !isCacheable(answer)) return
  if (Buffer.byteLength(JSON.stringify(answer)) > MAX_CACHED_ANSWER_BYTES) return
  const { key, policy } = input.keep
  await deps.cache.put(key, entryOf(answer, input.candidate.target, policy, deps.now()))
}
