/**
 * One generation without Temporal: as `workflows/generation.ts` runs it, with the same plan, dispatcher, calls and cache.
 *
 * G1 It does not outlive its process, and nobody can attach to it. Its result says so (`durable: false`).
 * G2 It starts no renewal of a cached answer: nobody would see to its end.
 */
import { type ActivityDeps, createActivities } from '../../../activities'
import { fromFailedDetails, type HoldfastError } from '../../contract/errors'
import type {
  CacheAsked,
  CacheFound,
  GenerationFailedDetails,
  GenerationInput,
  GenerationResult,
  Served,
} from '../../contract/generation'
import { cacheAsked, lookFor } from '../../contract/plan-steps'
import type { AttemptRecord } from '../../domain/attempt'
import { mayDispatch } from '../../domain/cache'
import { costUsd } from '../../domain/cost'
import { failedGeneration } from '../../domain/failed-generation'
import { runPlan } from './run-plan'

type Found = Pick<GenerationResult, 'target' | 'costUsd' | 'rescue'> & Pick<CacheFound, 'answer'>

/** Throws HoldfastError, or what a fault of our own throws. */
export async function runGeneration(
  deps: ActivityDeps,
  given: GenerationInput,
  signal: AbortSignal,
): Promise<GenerationResult> {
  const { now, logger } = deps
  const startedAt = now()
  const input = { ...given, deadlineAt: startedAt + given.route.deadlineMs }
  const { id, route, cache } = input
  const { lookupCache, readCircuits } = createActivities(deps)
  const records: AttemptRecord[] = []

  const tell = (outcome: string, target: string | null): void => {
    const fields = { event: 'generation', generation: id, route: route.name, outcome, target }
    logger.warn(
      { ...fields, attempts: records.length, totalMs: now() - startedAt, durable: false },
      'generation',
    )
  }
  const fromCache = async (purpose: CacheAsked['purpose']): Promise<GenerationResult | null> => {
    const asked = cacheAsked(input, purpose)
    // G2
    const found = asked === null ? null : await lookupCache({ ...asked, mayRenew: false })
    if (found === null) return null
    const { answer, target, ageMs } = found
    const served = purpose === 'answer' ? 'cache' : 'stale'
    return { ...resultOf({ answer, target, costUsd: 0 }, served), cacheAgeMs: ageMs }
  }
  const resultOf = ({ answer, rescue, ...found }: Found, served: Served): GenerationResult => {
    tell('answered', found.target)
    const finishedAt = now()
    return {
      ...answer,
      id,
      route: route.name,
      ...found,
      served,
      ...(rescue === undefined ? {} : { rescue }),
      durable: false,
      attempts: records,
      timings: { startedAt, finishedAt, totalMs: finishedAt - startedAt },
    }
  }
  const failure = (failed: Omit<GenerationFailedDetails, 'attempts'>): HoldfastError => {
    tell(failed.kind, null)
    return fromFailedDetails({ ...failed, attempts: records }, id, undefined)
  }

  const cached = await fromCache('answer')
  if (cached !== null) return cached
  if (cache != null && !mayDispatch(cache.control))
    throw failure({
      kind: 'all_failed',
      message: 'Nothing is cached for this request, and it says only-if-cached',
      failureClass: null,
      retryAt: null,
    })
  const end = await runPlan(deps, input, lookFor(input, readCircuits, now, startedAt), records, signal)
  switch (end.type) {
    case 'answered': {
      const { answer, rescue } = end.result
      const { target, facts } = end.candidate
      return resultOf({ answer, target, rescue, costUsd: costUsd(answer.usage, facts) }, 'provider')
    }
    case 'unanswered': {
      const failed = failedGeneration(end.end, end.plan, records, now())
      const stale = failed.kind === 'invalid_request' ? null : await fromCache('in_place_of_error')
      if (stale !== null) return stale
      throw failure(failed)
    }
    case 'cancelled':
      throw failure({
        kind: 'cancelled',
        message: 'The generation was cancelled',
        failureClass: null,
        retryAt: null,
      })
  }
}
