/**
 * Counters in Temporal's own metrics: they leave the process by whatever exporter the SDK's Runtime was given,
 * beside the SDK's.
 */
import { Runtime } from '@temporalio/worker'
import type { CacheEvent } from '../cache'

/** `holdfast_cache_operations`, by operation and outcome. */
export function countCacheEvents(): (event: CacheEvent) => void {
  const counter = Runtime.instance().metricMeter.createCounter(
    'holdfast_cache_operations',
    'operations',
    'What the cache was asked, by operation and outcome (hit, miss, error)',
  )
  return ({ type, operation }) => counter.add(1, { operation, outcome: type })
}
