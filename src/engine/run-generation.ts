/**
 * One generation: read the cache, plan, dispatch, answer. The same in a workflow and in process.
 *
 * ENGINE-RUN-GENERATION-1 The attempts of every ended candidate are in the result, or in the details of the
 *    one failure.
 * ENGINE-RUN-GENERATION-2 Where nobody answered, an old answer of the cache takes the error's place; never
 *    where the request is at fault.
 * ENGINE-RUN-GENERATION-3 Where there is none, a route that parks waits for a key, once.
 * ENGINE-RUN-GENERATION-4 A probe that its caller left may have answered since: that is looked at before a generation fails.
 */
import type { GenerationInput, GenerationResult } from '../contract/generation'
import { mayDispatch } from '../domain/caching/cache'
import { type FailedGeneration, failedGeneration } from '../domain/failures/failed-generation'
import { isLeftProbe } from '../domain/routing/attempt'
import { costUsd } from '../domain/routing/cost'
import type { Candidate } from '../domain/routing/route'
import type { Answer } from '../domain/streaming/answer'
import { generationResult, type ResultFacts } from './result'
import { runParked } from './run-parked'
import { type PlanEnd, runPlan } from './run-plan'
import type { GenerationHost, Progress } from './types'

const NOT_CACHED: FailedGeneration = {
  kind: 'all_failed',
  message: 'Nothing is cached for this request, and it says only-if-cached',
  failureClass: null,
  retryAt: null,
}

/** What differs from one way to an answer to another. */
type OwnFacts = Pick<ResultFacts, 'served' | 'target' | 'costUsd' | 'cacheAgeMs' | 'rescue'>

/**
 * Throws what the host makes of a failure or a cancellation.
 * @param startedAt of the first run of its chain, epoch milliseconds
 * @param durable false: nothing of it is kept
 */
export async function runGeneration(
  input: GenerationInput,
  host: GenerationHost,
  progress: Progress,
  startedAt: number,
  durable?: false,
): Promise<GenerationResult> {
  const { id, route, cache, resumed } = input
  const { records } = progress
  const result = (answer: Answer, own: OwnFacts): GenerationResult => {
    const { served, target, cacheAgeMs, rescue } = own
    host.ended({ outcome: 'answered', served, target, cacheAgeMs, rescue }, records)
    const finishedAt = host.now()
    const facts = { ...own, id, route: route.name, durable, attempts: records, startedAt, finishedAt }
    return generationResult(answer, facts)
  }
  const byProvider = (answer: Answer, { target, facts }: Candidate, rescue: OwnFacts['rescue']) =>
    result(answer, { served: 'provider', target, rescue, costUsd: costUsd(answer.usage, facts) })
  const failed = (failure: FailedGeneration): Error => {
    const { kind, message, retryAt } = failure
    host.ended({ outcome: kind, served: null, target: null, message, retryAt }, records)
    return host.failure(failure, records)
  }
  try {
    if (resumed === undefined && cache != null) {
      const cached = await host.lookup('answer')
      if (cached !== null) {
        if (cached.renew) await host.renew()
        const { answer, target, ageMs } = cached
        return result(answer, { served: 'cache', target, costUsd: 0, cacheAgeMs: ageMs })
      }
      if (!mayDispatch(cache.control)) throw failed(NOT_CACHED)
    }
    let wasParked = resumed?.parked !== undefined
    let end =
      (wasParked && (await runParked(input, host, progress, null))) || (await runPlan(input, host, progress))
    for (;;)
      switch (end.type) {
        case 'resting':
          return await host.rest(end.dispatch, end.parked)
        case 'cancelled':
          throw host.cancellation(records)
        case 'answered':
          return byProvider(end.outcome.answer, end.candidate, end.outcome.rescue)
        case 'unanswered': {
          // ENGINE-RUN-GENERATION-4
          const late = records.some(isLeftProbe) ? await host.lastLook(progress.sequence) : null
          const answeredBy = late === null ? undefined : route.candidates[late.answeredBy ?? -1]
          if (late !== null && answeredBy !== undefined) {
            records.push(...(late.winning ?? []))
            return byProvider(late.answer, answeredBy, late.rescue)
          }
          const failure = failedGeneration(end.end, end.plan, records, host.now())
          // ENGINE-RUN-GENERATION-2
          const stale = failure.kind === 'invalid_request' ? null : await host.lookup('in_place_of_error')
          if (stale !== null) {
            const { answer, target, ageMs } = stale
            return result(answer, { served: 'stale', target, costUsd: 0, cacheAgeMs: ageMs })
          }
          // ENGINE-RUN-GENERATION-3
          const after: PlanEnd | null = wasParked ? null : await runParked(input, host, progress, end)
          if (after === null) throw failed(failure)
          wasParked = true
          end = after
          continue
        }
      }
  } catch (error) {
    if (host.isCancellation(error)) host.ended({ outcome: 'cancelled', served: null, target: null }, records)
    throw error
  }
}
