/** What workflows report for metrics and traces. In a replay nothing is reported: it was when it happened. */
import { proxySinks, workflowInfo } from '@temporalio/workflow'
import { DRILL_GENERATION_WORKFLOW } from '../src/contract/drill'
import type { GenerationInput } from '../src/contract/generation'
import { type GenerationEnd, MAX_REPORTED_ATTEMPTS_BYTES } from '../src/contract/generation-end'
import type { ReportSinks } from '../src/contract/report-sinks'
import { type AttemptRecord, boundedRecords } from '../src/domain/routing/attempt'
import type { Ended } from '../src/domain/routing/report'

const { holdfast } = proxySinks<ReportSinks>()

type Reports = ReportSinks['holdfast']

/** A worker that does not have the sinks logs each call of one, in replays too. A drill is in no metric and in no trace. */
const isReported = (): boolean => {
  const { unsafe, workflowType } = workflowInfo()
  return !unsafe.isReplaying && workflowType !== DRILL_GENERATION_WORKFLOW
}

export function reportEnded(
  input: GenerationInput,
  records: readonly AttemptRecord[],
  { outcome, served, target, cacheAgeMs, rescue }: Ended,
  { run, acceptedAt }: Pick<GenerationEnd, 'run' | 'acceptedAt'>,
): void {
  if (!isReported()) return
  const { id, tenant, route, request, trace } = input
  holdfast.ended({
    id,
    run,
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

export const reportUnreported: Reports['unreported'] = (attempt) => {
  if (isReported()) holdfast.unreported(attempt)
}

export const reportPlanned: Reports['planned'] = (route, event) => {
  if (isReported()) holdfast.planned(route, event)
}

export const reportCircuit: Reports['circuit'] = (change) => {
  if (isReported()) holdfast.circuit(change)
}
