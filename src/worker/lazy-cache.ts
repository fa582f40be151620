/** A cache store that is opened by its first use: most routes have no cache, and then there is no folder and no connection. */
import type { FailSafeStore } from '../stores/cache'
import { openOnce } from '../util/async'

/** `open` must not reject. */
export function lazyCache(open: () => Promise<FailSafeStore>): FailSafeStore {
  const store = openOnce(open)
  return {
    get: async (key, limitMs) => (await store.get()).get(key, limitMs),
    put: async (key, entry) => (await store.get()).put(key, entry),
    claim: async (key, forMs) => (await store.get()).claim(key, forMs),
    close: async () => (await store.opened())?.close(),
  }
}
