/** What a cache store is: bytes by key at the bottom, entries above them, a fail-safe around it. */
import type { CacheEntry } from '../../domain/caching/cache'

/** A SHA-256 in hex, as `cacheKey` makes it. */
const CACHE_KEY = /^[0-9a-f]{64}$/
export const isCacheKey = (text: string): boolean => CACHE_KEY.test(text)

export interface CacheStats {
  store: 'memory' | 'disk' | 'redis'
  /** Those that have expired and are not yet cleared away count as well. */
  entries: number
  /** As stored, without what the store itself needs on top. */
  bytes: number
  /** null: the store's own business. */
  maxBytes: number | null
}

interface StoreOps {
  /** One caller gets true, among all processes that share the store, until `forMs` have passed. */
  claim(key: string, forMs: number): Promise<boolean>
  /** Was it there? */
  delete(key: string): Promise<boolean>
  /** Removes every entry. Returns how many there were. */
  purge(): Promise<number>
  stats(): Promise<CacheStats>
  close(): Promise<void>
}

/** Entries by cache key. May reject, and may take its time: see `failSafe`. */
export interface CacheStore extends StoreOps {
  /** null: not there, expired, or not to be read. */
  get(key: string): Promise<CacheEntry | null>
  put(key: string, entry: CacheEntry): Promise<void>
}

/** What differs from store to store. */
export interface BlobStore extends StoreOps {
  read(key: string): Promise<Buffer | null>
  /** After `staleUntil` (epoch milliseconds, in the future) it may be dropped. */
  write(key: string, bytes: Buffer, staleUntil: number): Promise<void>
}

/** Something is not as it should be, and no request suffers. */
export type Trouble =
  | { kind: 'damaged_entry'; key: string }
  /** An entry was encrypted by a key that this process does not have. */
  | { kind: 'unknown_key'; keyId: string }
  /** Clearing away old entries failed. */
  | { kind: 'cleanup_failed'; error: unknown }

export interface StoreDeps {
  /** Epoch milliseconds. */
  now: () => number
  onTrouble: (trouble: Trouble) => void
}
