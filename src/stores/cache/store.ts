/**
 * Entries over a store of bytes: format, expiry and damage are the same wherever the bytes are.
 *
 * STORE-1 An entry past `staleUntil` is not there, whether or not the store has dropped it.
 * STORE-2 A damaged entry is logged once, and removed. A foreign one is left to whoever wrote it.
 */
import type { CacheEntry } from '../../domain/caching/cache'
import { decodeEntry, encodeEntry } from './entry-format'
import { type BlobStore, type CacheStore, isCacheKey, type StoreDeps } from './types'

/** Rejects with what the store rejects with, and with TypeError for a key that is none. */
export function storeOver(blobs: BlobStore, { now, onTrouble }: StoreDeps): CacheStore {
  async function read(key: string): Promise<CacheEntry | null> {
    const bytes = await blobs.read(key)
    if (bytes === null) return null
    const decoded = decodeEntry(key, bytes)
    if (decoded.state === 'whole') return now() < decoded.entry.staleUntil ? decoded.entry : null
    if (decoded.state === 'damaged') {
      onTrouble({ kind: 'damaged_entry', key })
      await blobs.delete(key)
    }
    return null
  }
  return {
    get: async (key) => read(checked(key)),
    async put(key, entry) {
      if (entry.staleUntil > now()) await blobs.write(checked(key), encodeEntry(key, entry), entry.staleUntil)
    },
    claim: async (key, forMs) => blobs.claim(checked(key), forMs),
    delete: async (key) => blobs.delete(checked(key)),
    purge: () => blobs.purge(),
    stats: () => blobs.stats(),
    close: () => blobs.close(),
  }
}

/** Keys become file names. */
function checked(key: string): string {
  if (!isCacheKey(key)) throw new TypeError('not a cache key: 64 hex digits')
  return key
}
