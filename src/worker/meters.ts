/**
 * Counters in Temporal's own metrics: they leave the process by whatever exporter the SDK's Runtime was given,
 * beside the SDK's.
 */
import { Runtime } from '@temporalio/worker'
import type { Rescue } from '../domain/streaming/resume'
import type { CacheEvent } from '../stores/cache'

/** `holdfast_cache_operations`, by operation and outcome. */
export function countCacheEvents(): (event: CacheEvent) => void {
  const counter = Runtime.instance().metricMeter.createCounter(
    'holdfast_cache_operations',
    'operations',
    'Operations on the cache, by operation and outcome (hit, miss, error)',
  )
  return ({ type, operation }) => counter.add(1, { operation, outcome: type })
}

/** `holdfast_circuits_unreadable`, by provider: reads of an entity that failed, while the worker went on by its own view. */
export function countUnreadable(): (provider: string) => void {
  const counter = Runtime.instance().metricMeter.createCounter(
    'holdfast_circuits_unreadable',
    'reads',
    'Reads of the circuits of a provider that failed',
  )
  return (provider) => counter.add(1, { provider })
}

/** `holdfast_rescues`, by kind: cut answers that another call made whole. */
export function countRescues(): (kind: Rescue) => void {
  const counter = Runtime.instance().metricMeter.createCounter(
    'holdfast_rescues',
    'answers',
    'Cut answers that another call made whole, by kind (prefill, prefix, restart)',
  )
  return (kind) => counter.add(1, { kind })
}
