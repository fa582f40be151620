/** What the rest of the house uses of the cache. */
export type { CacheEvent, GuardedStore } from './guard'
export { type CacheDeps, openCacheStore, openStore } from './open'
export { type CacheStats, type CacheStore, isCacheKey, type Trouble } from './types'
