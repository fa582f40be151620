/** What calls need of a process, with or without Temporal: the providers' keys, connections, the cache. */
import type { Logger } from 'pino'
import type { ActivityDeps } from '../../activities'
import type { Config, Env } from '../config'
import { createHttpClient } from '../http'
import { type CacheEvent, openCacheStore } from '../stores/cache'
import { providerAccess } from './access'
import type { WorkerClock } from './clock'
import { createHedgeBudgets } from './hedge-budgets'
import { createKeyRing } from './key-ring'
import { lazyCache } from './lazy-cache'
import { createProbes } from './probes'
import { createRaceGroups } from './race-groups'
import { createSlots } from './slots'

export type ProcessDeps = Omit<
  ActivityDeps,
  'circuits' | 'delivery' | 'onRescue' | 'searchAttributes' | 'signalDue'
>

export interface ProcessSettings {
  config: Config
  env: Env
  logger: Logger
  /** Calls in flight at most. */
  slots: number
  onCacheEvent(event: CacheEvent): void
  clock: WorkerClock
}

export function processDeps(settings: ProcessSettings): {
  deps: ProcessDeps
  /** Hangs up on the probes that still run: to be called while outcomes can still be reported to the circuits. */
  endProbes(): Promise<void>
  close(): Promise<void>
} {
  const { config, env, logger, slots, onCacheEvent, clock } = settings
  const { now } = clock
  const http = createHttpClient({ env })
  const cache = lazyCache(() => openCacheStore(config.cache, { env, logger, now, onEvent: onCacheEvent }))
  const probes = createProbes()
  const deps: ProcessDeps = {
    config,
    ...providerAccess(config, env),
    keyRing: createKeyRing(now),
    slots: createSlots(slots),
    hedges: createHedgeBudgets(now),
    raceGroups: createRaceGroups(),
    probes,
    cache,
    http,
    logger,
    now,
    observedTime: clock.observed,
    random: Math.random,
  }
  return {
    deps,
    endProbes: probes.close,
    async close() {
      await cache.close()
      await http.close()
    },
  }
}
