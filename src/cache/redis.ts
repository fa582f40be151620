/**
 * In Redis, shared by all hosts: a string per entry, which Redis drops by itself when it is of no more use.
 * No command takes long on the server: SCAN in pages instead of KEYS, UNLINK instead of DEL.
 */
import { RESP_TYPES } from '@redis/client'
import { isRedisUrl, redisLink } from '../redis/link'
import type { BlobStore, StoreDeps } from './types'

const ENTRY_PREFIX = 'holdfast:cache:'
/** Not below ENTRY_PREFIX: a claim is no entry. */
const CLAIM_PREFIX = 'holdfast:cache-claim:'

const SCAN_PAGE = 500

/** Connects in the background. Throws for a text that is no redis URL. */
export function redisBlobs(url: string, { now }: Pick<StoreDeps, 'now'>): BlobStore {
  if (!isRedisUrl(url)) throw new Error('cache.url is not a redis:// or rediss:// URL')
  const { ask, close } = redisLink(url)

  async function* pages(): AsyncGenerator<string[]> {
    let cursor = '0'
    do {
      const from = cursor
      const page = await ask((client) => client.scan(from, { MATCH: `${ENTRY_PREFIX}*`, COUNT: SCAN_PAGE }))
      yield page.keys
      cursor = page.cursor
    } while (cursor !== '0')
  }

  return {
    read: (key) =>
      ask((client) =>
        client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).get(`${ENTRY_PREFIX}${key}`),
      ),
    async write(key, bytes, staleUntil) {
      const forMs = Math.max(1, Math.round(staleUntil - now()))
      const expiration = { type: 'PX', value: forMs } as const
      await ask((client) => client.set(`${ENTRY_PREFIX}${key}`, bytes, { expiration }))
    },
    async claim(key, forMs) {
      const expiration = { type: 'PX', value: Math.max(1, Math.round(forMs)) } as const
      const claimed = await ask((client) =>
        client.set(`${CLAIM_PREFIX}${key}`, '1', { condition: 'NX', expiration }),
      )
      return claimed !== null
    },
    delete: async (key) => (await ask((client) => client.unlink(`${ENTRY_PREFIX}${key}`))) > 0,
    async purge() {
      let removed = 0
      for await (const keys of pages())
        if (keys.length > 0) removed += await ask((client) => client.unlink(keys))
      return removed
    },
    async stats() {
      // SCAN may tell a key twice.
      const sizes = new Map<string, number>()
      for await (const keys of pages()) {
        const lengths = await ask((client) => Promise.all(keys.map((key) => client.strLen(key))))
        for (const [at, key] of keys.entries()) sizes.set(key, lengths[at] ?? 0)
      }
      const bytes = [...sizes.values()].reduce((total, size) => total + size, 0)
      return { store: 'redis', entries: sizes.size, bytes, maxBytes: null }
    },
    close: async () => close(),
  }
}
