/** Metrics: one registry per process, by one table of names. */
import type { Registry } from 'prom-client'
import { createMetrics, type Metrics } from './metrics'

export { createMetrics, type EndedGeneration, type MetricSource, type Metrics } from './metrics'
export { METRICS, type MetricName } from './table'

/** What a process has counted, for an endpoint of your own. */
export interface HoldfastMetrics {
  /** Of `text`. */
  contentType: string
  /** All metrics in Prometheus' text form. */
  text(): Promise<string>
  /** Of prom-client: for `Registry.merge` with one of your own. */
  registry: Registry
}

let own: Metrics | null = null

/** Those of this process: all that runs in it counts there, unless it was given others. */
export const processMetrics = (): Metrics => {
  own ??= createMetrics()
  return own
}

/** The metrics of this process (docs/metrics.md): of all workers that run in it, yours with the plugin among them. */
export const holdfastMetrics = (): HoldfastMetrics => {
  const { contentType, text, registry } = processMetrics()
  return { contentType, text, registry }
}
