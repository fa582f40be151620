/** A cache store that is opened by its first use: most routes have no cache, and then there is no folder and no connection. */
import type { FailSafeStore } from '../stores/cache'

/** `open` must not reject. */
export function lazyCache(open: () => Promise<FailSafeStore>): FailSafeStore {
  let opening: Promise<FailSafeStore> | null = null
  const store = (): Promise<FailSafeStore> => {
    opening ??= open()
    return opening
  }
  return {
    get: async (key) => (await store()).get(key),
    put: async (key, entry) => (await store()).put(key, entry),
    claim: async (key, forMs) => (await store()).claim(key, forMs),
    close: async () => (await opening)?.close(),
  }
}
