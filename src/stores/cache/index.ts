/** What the other rooms use of the cache. */
export type { CacheEvent, FailSafeStore } from './fail-safe'
export { type CacheDeps, openCacheStore, openStore } from './open'
export { type CacheStats, type CacheStore, isCacheKey, type Trouble } from './types'
