/** What workflows say for metrics. In a replay nothing is said: what it repeats was counted when it happened. */
import { proxySinks, workflowInfo } from '@temporalio/workflow'
import { DRILL_GENERATION_WORKFLOW } from '../src/contract/drill'
import type { MetricSinks } from '../src/contract/metric-sinks'

const { holdfastMetrics } = proxySinks<MetricSinks>()

/** A worker that does not have the sinks logs each call of one, in replays too. What happens in a drill is none of the metrics. */
export const isCounted = (): boolean => {
  const { unsafe, workflowType } = workflowInfo()
  return !unsafe.isReplaying && workflowType !== DRILL_GENERATION_WORKFLOW
}

type Said = MetricSinks['holdfastMetrics']

export const sayEnded: Said['ended'] = (end) => {
  if (isCounted()) holdfastMetrics.ended(end)
}

export const sayUnreported: Said['unreported'] = (attempt) => {
  if (isCounted()) holdfastMetrics.unreported(attempt)
}

export const sayPlanned: Said['planned'] = (route, event) => {
  if (isCounted()) holdfastMetrics.planned(route, event)
}

export const sayCircuit: Said['circuit'] = (change) => {
  if (isCounted()) holdfastMetrics.circuit(change)
}
