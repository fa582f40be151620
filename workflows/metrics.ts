/** What workflows say for metrics. In a replay nothing is said: what it repeats was counted when it happened. */
import { proxySinks, workflowInfo } from '@temporalio/workflow'
import type { MetricSinks } from '../src/contract/metric-sinks'

const { holdfastMetrics } = proxySinks<MetricSinks>()

/** A worker that does not have the sinks logs each call of one, in replays too. */
const isLive = (): boolean => !workflowInfo().unsafe.isReplaying

type Said = MetricSinks['holdfastMetrics']

export const sayEnded: Said['ended'] = (end) => {
  if (isLive()) holdfastMetrics.ended(end)
}

export const sayPlanned: Said['planned'] = (route, event) => {
  if (isLive()) holdfastMetrics.planned(route, event)
}

export const sayCircuit: Said['circuit'] = (change) => {
  if (isLive()) holdfastMetrics.circuit(change)
}
