/**
 * One generation without Temporal, by the same engine as `workflows/generation.ts`.
 *
 * IN-PROCESS-RUN-GENERATION-1 It does not outlive its process, and nobody can attach to it. Its result says
 *    so (`durable: false`).
 * IN-PROCESS-RUN-GENERATION-2 It starts no renewal of a cached answer: nobody would see to its end.
 */
import { type ActivityDeps, createActivities } from '../../../activities'
import { fromFailedDetails, type HoldfastError } from '../../contract/errors'
import type { GenerationFailedDetails, GenerationInput, GenerationResult } from '../../contract/generation'
import type { GenerationEnd } from '../../contract/generation-end'
import { logFields } from '../../domain/request/metadata'
import type { AttemptRecord } from '../../domain/routing/attempt'
import type { Ended } from '../../domain/routing/report'
import { runGeneration as run } from '../../engine/run-generation'
import { cacheQuery, circuitReader } from '../../engine/steps'
import { traceGeneration } from '../../telemetry/tracing'
import { inProcessHost } from './host'

/** Throws HoldfastError, or what a fault of our own throws. */
export async function runGeneration(
  deps: ActivityDeps,
  given: GenerationInput,
  signal: AbortSignal,
): Promise<GenerationResult> {
  const { now, logger, metrics } = deps
  const startedAt = now()
  const input = { ...given, deadlineAt: startedAt + given.route.deadlineMs }
  const { id, route } = input
  const { lastLook, lookupCache, readCircuits } = createActivities(deps)
  const records: AttemptRecord[] = []
  const failure = (failed: Omit<GenerationFailedDetails, 'attempts'>): HoldfastError =>
    fromFailedDetails({ ...failed, attempts: records }, id, undefined)
  return run(
    input,
    {
      ...inProcessHost(deps, input, circuitReader(input, readCircuits, now, startedAt), signal),
      async lookup(purpose) {
        const query = cacheQuery(input, purpose)
        // IN-PROCESS-RUN-GENERATION-2
        return query === null ? null : await lookupCache({ ...query, mayRenew: false })
      },
      lastLook: (sequence) => lastLook({ logId: id, sequence, exclusive: true, candidateIndex: null }),
      renew: async () => undefined,
      ended(end) {
        deps.budgets.release(input.tenant, id)
        const { outcome, served, target } = end
        metrics.generation({ route: route.name, outcome, served, target, totalMs: now() - startedAt })
        logger[outcome === 'answered' ? 'info' : 'warn'](
          {
            event: 'generation',
            generation: id,
            route: route.name,
            outcome,
            target,
            attempts: records.length,
            totalMs: now() - startedAt,
            durable: false,
            ...logFields(input.logged),
          },
          'generation',
        )
        if (deps.tracing != null)
          traceGeneration(deps.tracing, endOf(input, end, { records, startedAt, endedAt: now() }))
      },
      failure,
      cancellation: () =>
        failure({
          kind: 'cancelled',
          message: 'The generation was cancelled',
          failureClass: null,
          retryAt: null,
        }),
      // It never rests.
      rest: () => Promise.reject(new Error('a generation in process is not continued as new')),
    },
    { records, sequence: 0 },
    startedAt,
    false,
  )
}

/** As a workflow reports it (workflows/reports.ts). */
function endOf(
  { id, tenant, route, request, trace }: GenerationInput,
  { message: _message, retryAt: _retryAt, ...end }: Ended,
  { records, startedAt, endedAt }: { records: AttemptRecord[]; startedAt: number; endedAt: number },
): GenerationEnd {
  return {
    ...end,
    id,
    run: id,
    tenant,
    route: route.name,
    task: request.task?.type ?? null,
    acceptedAt: startedAt,
    endedAt,
    attempts: records,
    trace,
    durable: false,
  }
}
