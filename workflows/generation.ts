/**
 * One generation: look at the board, plan, dispatch, answer. Deterministic; every call is an activity.
 *
 * G1 The resolved route is in the input: what a run does depends on nothing but its input and its
 *    activities' recorded results.
 * G2 The attempts of every ended candidate are in the result, or in the details of the one failure; those of a
 *    candidate that was cancelled between two attempts are lost (call-provider.ts, C2).
 * G3 A generation that could not be answered fails with exactly one GENERATION_FAILED.
 */
import {
  type ApplicationFailure,
  defineQuery,
  isCancellation,
  log,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import { ATTEMPTS_QUERY } from '../src/contract/attempts-query'
import { expectedFailure } from '../src/contract/expected-failure'
import {
  type Activities,
  type AskedInput,
  type CacheFound,
  GENERATION_FAILED,
  type GenerationFailedDetails,
  type GenerationInput,
  type GenerationResult,
} from '../src/contract/generation'
import { type GenerationOutcome, outcomeAttributes } from '../src/contract/generation-attributes'
import type { AttemptRecord } from '../src/domain/attempt'
import { mayDispatch } from '../src/domain/cache'
import { costUsd } from '../src/domain/cost'
import { type FailedGeneration, failedGeneration } from '../src/domain/failed-generation'
import { attemptsTable } from '../src/domain/report'
import { fromCache, renew } from './from-cache'
import { type PlanEnd, runPlan } from './run-plan'

const { readCircuits, resolveRequest } = proxyLocalActivities<
  Pick<Activities, 'readCircuits' | 'resolveRequest'>
>({
  startToCloseTimeout: '5s',
})

/** Throws GENERATION_FAILED with GenerationFailedDetails, or CancelledFailure. */
export async function generation(given: GenerationInput | AskedInput): Promise<GenerationResult> {
  return run('asked' in given ? await resolve(given) : given)
}

/** A workflow of the user's own knows no config: the worker's is asked, once, and the history keeps its answer. */
async function resolve({ id, tenant, asked }: AskedInput): Promise<GenerationInput> {
  const resolved = await resolveRequest(asked, tenant)
  if (resolved.ok) {
    const { route, request, searchAttributes, cache } = resolved
    return { id, tenant, route, request, searchAttributes, cache, deadlineAt: Date.now() + route.deadlineMs }
  }
  const { message } = resolved
  const details: GenerationFailedDetails = {
    kind: 'invalid_request',
    message,
    failureClass: null,
    retryAt: null,
    attempts: [],
  }
  throw expectedFailure({ type: GENERATION_FAILED, message, details })
}

async function run(input: GenerationInput): Promise<GenerationResult> {
  const startedAt = Date.now()
  const records: AttemptRecord[] = []
  const targets = input.route.candidates.map(({ target, provider, model }) => ({ target, provider, model }))
  setHandler(defineQuery<AttemptRecord[]>(ATTEMPTS_QUERY), () => records)
  try {
    const cached = input.cache == null ? null : await fromCache(input, 'answer')
    if (cached !== null) {
      if (cached.renew) await renew(input)
      return cachedResult(cached, 'cache', input, records, startedAt)
    }
    if (input.cache != null && !mayDispatch(input.cache.control)) throw notCached(input, records, startedAt)
    const end = await runPlan(input, (fresh) => readCircuits({ targets, fresh }), records)
    if (end.type === 'unanswered') {
      const failed = failedGeneration(end.end, end.plan, records, Date.now())
      const stale = failed.kind === 'invalid_request' ? null : await fromCache(input, 'in_place_of_error')
      if (stale !== null) return cachedResult(stale, 'stale', input, records, startedAt)
      throw failureOf(failed, input, records, startedAt)
    }
    return resultOf(end, input, records, startedAt)
  } catch (error) {
    if (isCancellation(error))
      tell(input, records, { outcome: 'cancelled', served: null, target: null }, startedAt)
    throw error
  }
}

function resultOf(
  { answer, candidate }: Extract<PlanEnd, { type: 'answered' }>,
  input: GenerationInput,
  records: AttemptRecord[],
  startedAt: number,
): GenerationResult {
  tell(input, records, { outcome: 'answered', served: 'provider', target: candidate.target }, startedAt)
  const finishedAt = Date.now()
  return {
    ...answer,
    id: input.id,
    route: input.route.name,
    target: candidate.target,
    served: 'provider',
    attempts: records,
    costUsd: costUsd(answer.usage, candidate.facts),
    timings: { startedAt, finishedAt, totalMs: finishedAt - startedAt },
  }
}

/** A fresh answer costs no attribute: of all runs those are the most. */
function cachedResult(
  { answer, target, ageMs }: CacheFound,
  served: 'cache' | 'stale',
  input: GenerationInput,
  records: AttemptRecord[],
  startedAt: number,
): GenerationResult {
  const searchAttributes = served === 'stale' && input.searchAttributes
  tell({ ...input, searchAttributes }, records, { outcome: 'answered', served, target }, startedAt)
  const finishedAt = Date.now()
  return {
    ...answer,
    id: input.id,
    route: input.route.name,
    target,
    served,
    cacheAgeMs: ageMs,
    attempts: records,
    costUsd: 0,
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
  const details: GenerationFailedDetails = { ...failed, attempts: records }
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
  setCurrentDetails(attemptsTable(records))
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
