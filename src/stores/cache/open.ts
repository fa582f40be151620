/** From the config's `cache` to a store. A store's library is loaded when the store is opened, and not before. */
import path from 'node:path'
import type { Logger } from 'pino'
import { type CacheSettings, type Env, expandEnv } from '../../config'
import { unknownKeyText, valueCryptoOf } from '../../encryption'
import { reasonOf } from '../redis/reason'
import { type CacheEvent, type FailSafeStore, failSafe } from './fail-safe'
import { sealedBlobs } from './sealed'
import { storeOver } from './store'
import type { BlobStore, CacheStore, StoreDeps, Trouble } from './types'

/**
 * The store itself, which may reject. Nothing is connected or read yet.
 * Throws an Error that says what is missing: a variable that is not set, a URL that is none.
 */
export const openStore = async (
  settings: CacheSettings,
  { env, ...deps }: StoreDeps & { env: Env },
): Promise<CacheStore> => storeOver(await openBlobs(settings, env, deps), deps)

/** What stands in this process's memory alone is not encrypted. */
async function openBlobs(settings: CacheSettings, env: Env, deps: StoreDeps): Promise<BlobStore> {
  const crypto = valueCryptoOf(env)
  const blobs = await plainBlobs(settings, env, deps)
  return crypto === null || settings.store === 'memory' ? blobs : sealedBlobs(blobs, crypto, deps)
}

async function plainBlobs(settings: CacheSettings, env: Env, deps: StoreDeps): Promise<BlobStore> {
  switch (settings.store) {
    case 'memory':
      return (await import('./memory')).memoryBlobs(settings.maxBytes, deps)
    case 'disk':
      return (await import('./disk')).diskBlobs(path.resolve(settings.path), settings.maxBytes, deps)
    case 'redis': {
      const url = expandEnv(settings.url, env)
      if (!url.ok) throw new Error(`cache.url needs ${url.missing.join(', ')}, which is not set`)
      return (await import('./redis')).redisBlobs(url.text, deps)
    }
  }
}

export interface CacheDeps {
  env: Env
  logger: Logger
  /** For metrics. */
  onEvent: (event: CacheEvent) => void
  /** Epoch milliseconds. */
  now: () => number
}

/**
 * What a worker uses: never throws, never rejects, does not wait for a connection. A store that can't be opened at
 * all is logged once, and everything is a miss.
 */
export async function openCacheStore(settings: CacheSettings, deps: CacheDeps): Promise<FailSafeStore> {
  const { env, logger, onEvent, now } = deps
  try {
    const store = await openStore(settings, { env, now, onTrouble: (trouble) => logTrouble(trouble, deps) })
    return failSafe(store, { logger, onEvent })
  } catch (error) {
    // Our own words: they name variables and fields, never values.
    const reason = error instanceof Error ? error.message : reasonOf(error)
    logger.warn({ event: 'cache_off', reason }, 'the cache can not be opened: nothing is cached')
    return NO_STORE
  }
}

function logTrouble(trouble: Trouble, { logger, onEvent }: CacheDeps): void {
  if (trouble.kind === 'damaged_entry') {
    onEvent({ type: 'error', operation: 'get' })
    logger.warn({ event: 'cache_entry_damaged', key: trouble.key }, 'a damaged cache entry was removed')
    return
  }
  if (trouble.kind === 'unknown_key') {
    const { keyId } = trouble
    logger.warn({ event: 'cache_key_unknown', keyId }, unknownKeyText('A cache entry', keyId))
    return
  }
  const reason = reasonOf(trouble.error)
  logger.warn({ event: 'cache_cleanup_failed', reason }, 'old cache entries could not be cleared away')
}

const NO_STORE: FailSafeStore = {
  get: async () => null,
  put: async () => undefined,
  claim: async () => false,
  close: async () => undefined,
}
