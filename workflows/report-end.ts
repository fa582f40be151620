/** A generation's end, reported to the worker that runs its last task: by a sink, which is no command and no event. */
import { proxySinks } from '@temporalio/workflow'
import type { GenerationInput } from '../src/contract/generation'
import { type GenerationSinks, MAX_REPORTED_ATTEMPTS_BYTES } from '../src/contract/generation-end'
import { type AttemptRecord, boundedRecords } from '../src/domain/routing/attempt'
import type { Ended } from '../src/domain/routing/report'
import { logOf } from './host'
import { isCounted } from './metrics'

const { holdfast } = proxySinks<GenerationSinks>()

/** `acceptedAt` in epoch milliseconds. */
export function reportEnd(
  input: GenerationInput,
  records: readonly AttemptRecord[],
  { outcome, served, target, cacheAgeMs, rescue }: Ended,
  acceptedAt: number,
): void {
  if (!isCounted()) return
  const { id, tenant, route, request, trace } = input
  holdfast.generationEnded({
    id,
    run: logOf(input),
    tenant,
    route: route.name,
    task: request.task?.type ?? null,
    acceptedAt,
    endedAt: Date.now(),
    outcome,
    served,
    target,
    cacheAgeMs,
    rescue,
    attempts: boundedRecords(records, MAX_REPORTED_ATTEMPTS_BYTES),
    trace,
    durable: true,
  })
}
