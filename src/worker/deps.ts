/** What calls need of a process, with or without Temporal: the providers' keys, connections, the cache. */
import type { Logger } from 'pino'
import type { ActivityDeps } from '../../activities'
import type { Config, Env } from '../config'
import { createHttpClient } from '../http'
import { createLimits, type Limits } from '../limits'
import { openCacheStore } from '../stores/cache'
import type { Metrics } from '../telemetry/metrics'
import { providerAccess } from './access'
import type { WorkerClock } from './clock'
import { createExpressPlaces, DEFAULT_EXPRESS_CALLS } from './express-places'
import { createKeyRing } from './key-ring'
import { createLatencies } from './latencies'
import { lazyCache } from './lazy-cache'
import { createProbes } from './probes'
import { createRaceGroups } from './race-groups'
import { createShareBudgets } from './share-budgets'
import { createSlots } from './slots'

export type ProcessDeps = Omit<
  ActivityDeps,
  'budgets' | 'circuits' | 'delivery' | 'searchAttributes' | 'signalDue'
>

export interface ProcessSettings {
  config: Config
  env: Env
  logger: Logger
  /** Calls in flight at most. */
  slots: number
  /** As of ResourceSettings. */
  expressCalls?: number | undefined
  metrics: Metrics
  clock: WorkerClock
}

export function processDeps(settings: ProcessSettings): {
  deps: ProcessDeps
  limits: Limits
  /** As of WorkerResources. */
  endExpress(graceMs: number): void
  /** Hangs up on the probes that still run: to be called while outcomes can still be reported to the circuits. */
  endProbes(): Promise<void>
  close(): Promise<void>
} {
  const { config, env, logger, slots: total, expressCalls, metrics, clock } = settings
  const { now } = clock
  const http = createHttpClient({ env })
  const cache = lazyCache(() =>
    openCacheStore(config.cache, { env, logger, now, onEvent: metrics.cacheEvent }),
  )
  const probes = createProbes()
  const keyRing = createKeyRing(now)
  const slots = createSlots(total)
  const express = createExpressPlaces(expressCalls ?? DEFAULT_EXPRESS_CALLS)
  const limits = createLimits(config.providers, now)
  metrics.calls(config, env)
  const endMetrics = metrics.watch({
    heldKeys: keyRing.held,
    callsInFlight: slots.held,
    limits: limits.ratios,
  })
  const deps: ProcessDeps = {
    config,
    ...providerAccess(config, env),
    keyRing,
    slots,
    express,
    limits,
    hedges: createShareBudgets(now),
    retries: createShareBudgets(now),
    latencies: createLatencies(now),
    raceGroups: createRaceGroups(),
    probes,
    // In process a request is whole. A worker has its own.
    wholeRequest: async (request) => request,
    cache,
    http,
    metrics,
    logger,
    now,
    observedTime: clock.observed,
    random: Math.random,
  }
  return {
    deps,
    limits,
    endExpress: express.close,
    endProbes: probes.close,
    async close() {
      endMetrics()
      await cache.close()
      await http.close()
    },
  }
}
