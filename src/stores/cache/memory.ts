/** In this process's memory: fast, of this process only, gone with it. What was used least lately goes first. */
import { LRUCache } from 'lru-cache'
import type { BlobStore, StoreDeps } from './types'

/** A claim is a number; so many in force at once are more generations than a process runs. */
const MAX_CLAIMS = 10_000

export function memoryBlobs(maxBytes: number, { now }: Pick<StoreDeps, 'now'>): BlobStore {
  const blobs = new LRUCache<string, Buffer>({
    maxSize: maxBytes,
    // It takes no size of 0.
    sizeCalculation: ({ length }) => Math.max(1, length),
  })
  const claims = new LRUCache<string, number>({ max: MAX_CLAIMS })
  return {
    read: async (key) => blobs.get(key) ?? null,
    async write(key, bytes) {
      blobs.set(key, bytes)
    },
    async claim(key, forMs) {
      const claimedUntil = claims.get(key) ?? 0
      if (now() < claimedUntil) return false
      claims.set(key, now() + forMs)
      return true
    },
    delete: async (key) => blobs.delete(key),
    async purge() {
      const { size } = blobs
      blobs.clear()
      return size
    },
    stats: async () => ({
      store: 'memory',
      entries: blobs.size,
      bytes: blobs.calculatedSize,
      maxBytes,
    }),
    async close() {
      blobs.clear()
      claims.clear()
    },
  }
}
