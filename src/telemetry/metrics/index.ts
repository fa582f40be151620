/** Metrics: one registry per process, by one table of names. */
import { createMetrics, type Metrics } from './metrics'

export { createMetrics, type EndedGeneration, type MetricSource, type Metrics } from './metrics'
export { METRICS, type MetricName } from './table'

let own: Metrics | null = null

/** Those of this process: all that runs in it counts there, unless it was given others. */
export const processMetrics = (): Metrics => {
  own ??= createMetrics()
  return own
}
