/**
 * One generation: look at the board, plan, dispatch, answer. Deterministic; every call is an activity.
 *
 * G1 The resolved route is in the input: what a run does depends on nothing but its input and its
 *    activities' recorded results.
 * G2 The attempts of every ended candidate are in the result, or in the details of the one failure; those of a
 *    candidate that was cancelled between two attempts are lost (call-provider.ts, C2).
 * G3 A generation that could not be answered fails with exactly one GENERATION_FAILED.
 * G4 A long one is continued as new in a pause between passes, and nobody who waits for it notices.
 * G5 Records are bounded by bytes wherever they leave the run: what the cluster can't carry would keep it from its end.
 * G6 Its deadline is counted by Temporal's clock, from its start: a caller's clock may be off.
 */
import {
  type ApplicationFailure,
  continueAsNew,
  defineQuery,
  isCancellation,
  log,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import { ATTEMPTS_QUERY } from '../src/contract/attempts-query'
import { expectedFailure } from '../src/contract/expected-failure'
import {
  type Activities,
  type AskedInput,
  type BoardView,
  type CircuitsAsked,
  GENERATION_FAILED,
  type GenerationFailedDetails,
  type GenerationInput,
  type GenerationResult,
  MAX_CARRIED_BYTES,
  MAX_TOLD_BYTES,
  type Served,
} from '../src/contract/generation'
import { type GenerationOutcome, outcomeAttributes } from '../src/contract/generation-attributes'
import { lookFor } from '../src/contract/plan-steps'
import type { Answer } from '../src/domain/answer'
import { type AttemptRecord, boundedRecords } from '../src/domain/attempt'
import { mayDispatch } from '../src/domain/cache'
import { costUsd } from '../src/domain/cost'
import type { DispatchState } from '../src/domain/dispatch'
import { type FailedGeneration, failedGeneration } from '../src/domain/failed-generation'
import { jsonBytes } from '../src/domain/json'
import { attemptsTable } from '../src/domain/report'
import { fromCache, renew } from './from-cache'
import { LOCAL_LIMITS } from './local-limits'
import { logOf, type PlanEnd, type Progress, runPlan } from './run-plan'

const { readCircuits, resolveRequest } =
  proxyLocalActivities<Pick<Activities, 'readCircuits' | 'resolveRequest'>>(LOCAL_LIMITS)

/** Of a result or a failure beside what is measured: ids, names, numbers. */
const ENVELOPE_BYTES = 8 * 1024

/** Throws GENERATION_FAILED with GenerationFailedDetails, or CancelledFailure. */
export function generation(given: GenerationInput | AskedInput): Promise<GenerationResult> {
  return 'asked' in given ? resolve(given).then(run) : run(given)
}

/** A workflow of the user's own knows no config: the worker's is asked, once, and the history keeps its answer. */
async function resolve({ id, tenant, asked }: AskedInput): Promise<GenerationInput> {
  const resolved = await resolveRequest(asked, tenant).catch((error: unknown) => {
    if (isCancellation(error)) throw error
    throw endedEarly('unavailable', 'The worker could not resolve the request: its log tells why')
  })
  if (resolved.ok) {
    const { route, request, searchAttributes, cache } = resolved
    return { id, tenant, route, request, searchAttributes, cache, deadlineAt: Date.now() + route.deadlineMs }
  }
  throw endedEarly('invalid_request', resolved.message)
}

function endedEarly(kind: GenerationFailedDetails['kind'], message: string): ApplicationFailure {
  const details: GenerationFailedDetails = { kind, message, failureClass: null, retryAt: null, attempts: [] }
  return expectedFailure({ type: GENERATION_FAILED, message, details })
}

/** A board that can't be asked keeps nobody from being called: the calls themselves ask again. */
async function look(asked: CircuitsAsked): Promise<BoardView> {
  try {
    return await readCircuits(asked)
  } catch (error) {
    if (isCancellation(error)) throw error
    log.error('the circuits could not be read', { event: 'circuits_look' })
    return { unusable: [] }
  }
}

/** Epoch milliseconds. Of the first run of its chain. */
const begunAt = (): number => workflowInfo().startTime.getTime()

/** G6 */
const timed = ({ deadlineMs, ...input }: GenerationInput): GenerationInput =>
  deadlineMs === undefined ? input : { ...input, deadlineAt: begunAt() + deadlineMs }

async function run(given: GenerationInput): Promise<GenerationResult> {
  const input = timed(given)
  const { resumed } = input
  const startedAt = resumed?.startedAt ?? Date.now()
  const progress: Progress = { records: resumed?.records ?? [], order: resumed?.order ?? 0 }
  const { records } = progress
  setHandler(defineQuery<AttemptRecord[]>(ATTEMPTS_QUERY), () => boundedRecords(records, MAX_TOLD_BYTES))
  try {
    if (resumed === undefined) {
      const cached = input.cache == null ? null : await fromCache(input, 'answer')
      if (cached !== null) {
        if (cached.renew) await renew(input)
        return resultOf({ ...cached, costUsd: 0 }, 'cache', input, records, startedAt)
      }
      if (input.cache != null && !mayDispatch(input.cache.control)) throw notCached(input, records, startedAt)
    }
    const end = await runPlan(
      input,
      lookFor(given, look, Date.now, begunAt()),
      progress,
      () => workflowInfo().continueAsNewSuggested,
    )
    if (end.type === 'resting')
      return await continueAsNew<typeof generation>(goOn(input, end, progress, startedAt))
    if (end.type === 'unanswered') {
      const failed = failedGeneration(end.end, end.plan, records, Date.now())
      const stale = failed.kind === 'invalid_request' ? null : await fromCache(input, 'in_place_of_error')
      if (stale !== null) return resultOf({ ...stale, costUsd: 0 }, 'stale', input, records, startedAt)
      throw failureOf(failed, input, records, startedAt)
    }
    const { answer, candidate, rescue } = end
    const { target, facts } = candidate
    const cost = costUsd(answer.usage, facts)
    return resultOf({ answer, target, costUsd: cost, rescue }, 'provider', input, records, startedAt)
  } catch (error) {
    if (isCancellation(error))
      tell(input, records, { outcome: 'cancelled', served: null, target: null }, startedAt)
    throw error
  }
}

/** G4 */
function goOn(
  input: GenerationInput,
  { dispatch }: Extract<PlanEnd, { type: 'resting' }>,
  { records, order }: Progress,
  startedAt: number,
): GenerationInput {
  const bare = { dispatch: withoutMessages(dispatch), order, startedAt, log: logOf(input) }
  // What the caller's worker saw once says nothing by now.
  const { look: _look, ...lasting } = input
  const rest = jsonBytes({ ...lasting, resumed: { ...bare, records: [] } })
  return { ...lasting, resumed: { ...bare, records: boundedRecords(records, MAX_CARRIED_BYTES - rest) } }
}

/** G5. The records tell what was said; the dispatcher goes by classes and moments. */
const withoutMessages = (dispatch: DispatchState): DispatchState => ({
  ...dispatch,
  failures: dispatch.failures.map((one) => ({ ...one, failure: { ...one.failure, message: '' } })),
})

interface Found extends Pick<GenerationResult, 'target' | 'costUsd' | 'rescue'> {
  answer: Answer
  /** Where it comes from the cache. */
  ageMs?: number
}

/** A fresh answer of the cache costs no attribute: of all runs those are the most. */
function resultOf(
  { answer, target, costUsd, ageMs, rescue }: Found,
  served: Served,
  input: GenerationInput,
  records: AttemptRecord[],
  startedAt: number,
): GenerationResult {
  const searchAttributes = served !== 'cache' && input.searchAttributes
  tell({ ...input, searchAttributes }, records, { outcome: 'answered', served, target }, startedAt)
  const finishedAt = Date.now()
  const attempts = boundedRecords(records, MAX_CARRIED_BYTES - jsonBytes(answer) - ENVELOPE_BYTES)
  return {
    ...answer,
    id: input.id,
    route: input.route.name,
    target,
    served,
    ...(ageMs === undefined ? {} : { cacheAgeMs: ageMs }),
    ...(rescue === undefined ? {} : { rescue }),
    attempts,
    costUsd,
    timings: { startedAt, finishedAt, totalMs: finishedAt - startedAt },
  }
}

function notCached(input: GenerationInput, records: AttemptRecord[], startedAt: number): ApplicationFailure {
  const message = 'Nothing is cached for this request, and it says only-if-cached'
  return failureOf(
    { kind: 'all_failed', message, failureClass: null, retryAt: null },
    input,
    records,
    startedAt,
  )
}

function failureOf(
  failed: FailedGeneration,
  input: GenerationInput,
  records: AttemptRecord[],
  startedAt: number,
): ApplicationFailure {
  tell(input, records, { outcome: failed.kind, served: null, target: null }, startedAt)
  // The message stands in the failure once more.
  const rest = 2 * jsonBytes(failed) + ENVELOPE_BYTES
  const attempts = boundedRecords(records, MAX_CARRIED_BYTES - rest)
  const details: GenerationFailedDetails = { ...failed, attempts }
  return expectedFailure({ type: GENERATION_FAILED, message: failed.message, details })
}

/** The end, once, to those who look: search attributes, the Web UI's details, one log line. */
function tell(
  input: GenerationInput,
  records: AttemptRecord[],
  ended: GenerationOutcome,
  startedAt: number,
): void {
  if (input.searchAttributes) upsertSearchAttributes(outcomeAttributes(ended, records))
  setCurrentDetails(attemptsTable(boundedRecords(records, MAX_TOLD_BYTES)))
  const totalMs = Date.now() - startedAt
  const { outcome, target } = ended
  log[outcome === 'answered' ? 'info' : 'warn']('generation', {
    event: 'generation',
    generation: input.id,
    route: input.route.name,
    outcome,
    target,
    attempts: records.length,
    totalMs,
  })
}
