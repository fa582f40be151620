/**
 * The table as a registry of prom-client's: what is counted under which name and labels is checked by the compiler.
 *
 * REGISTRY-1 Counting never throws: numbers come from providers and clocks, and prom-client refuses what is none. What is not
 *    finite or, of a counter, negative is left out; of a counter also what is beyond anything that can be counted.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  METRICS,
  type MetricName,
} from './table'

/** Sets a gauge at a scrape: all that it does not set is gone. */
export type Collect<Name extends MetricName> = (set: (labels: LabelsOf<Name>, value: number) => void) => void

export interface MetricRegistry {
  registry: Registry
  count<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: number): void
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void
  /** It is there, with nothing observed. */
  zero<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>): void
  set<Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, value: number): void
  /** Added to what it is; a negative number takes away. */
  add<Name extends GaugeName>(name: Name, labels: LabelsOf<Name>, by: number): void
}

/** `collected`: what is read at each scrape. */
export function createMetricRegistry(
  collected: {
    [Name in GaugeName | CounterName]?: Collect<Name>
  },
): MetricRegistry {
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  for (const [name, { type, help, labels, ...rest }] of Object.entries(METRICS)) {
    const common = { name, help, labelNames: [...labels], registers: [registry] }
    const collect = (collected as { [name: string]: Collect<never> | undefined })[name]
    switch (type) {
      case 'counter':
        counters.set(
          name,
          new Counter({
            ...common,
            ...(collect && {
              collect() {
                this.reset()
                collect((given, value) => this.inc(given, value))
              },
            }),
          }),
        )
        break
      case 'gauge':
        gauges.set(
          name,
          new Gauge({
            ...common,
            ...(collect && {
              collect() {
                this.reset()
                collect((given, value) => this.set(given, value))
              },
            }),
          }),
        )
        break
      case 'histogram':
        histograms.set(
          name,
          new Histogram({ ...common, ...('buckets' in rest ? { buckets: [...rest.buckets] } : {}) }),
        )
    }
  }
  return {
    registry,
    // REGISTRY-1
    count(name, labels, by = 1) {
      if (by >= 0 && by <= Number.MAX_SAFE_INTEGER) counters.get(name)?.inc(labels, by)
    },
    observe(name, labels, value) {
      if (Number.isFinite(value)) histograms.get(name)?.observe(labels, value)
    },
    zero: (name, labels) => histograms.get(name)?.zero(labels),
    set(name, labels, value) {
      if (Number.isFinite(value)) gauges.get(name)?.set(labels, value)
    },
    add: (name, labels, by) => gauges.get(name)?.inc(labels, by),
  }
}
