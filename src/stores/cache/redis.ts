/**
 * In Redis, shared by all hosts: a string per entry, which Redis drops by itself when it is of no more use.
 * No command takes long on the server: SCAN in pages instead of KEYS, UNLINK instead of DEL.
 */
import { connectRedis, type Words } from '../redis/connection'
import { REDIS_FORMS, redisPlace } from '../redis/place'
import type { BlobStore, StoreDeps } from './types'

const ENTRY_PREFIX = 'holdfast:cache:'
/** Not below ENTRY_PREFIX: a claim is no entry. */
const CLAIM_PREFIX = 'holdfast:cache-claim:'

const SCAN_PAGE = 500

/** Connects in the background. Throws for a text that is no redis URL. */
export function redisBlobs(url: string, { now }: Pick<StoreDeps, 'now'>): BlobStore {
  const place = redisPlace(url)
  if (place === null) throw new Error(`cache.url is not ${REDIS_FORMS}`)
  const { execute, executeAll, close } = connectRedis(place)

  /** A page holds keys of one server. */
  async function eachPage(act: (keys: Buffer[], send: Send) => Promise<void>): Promise<void> {
    await executeAll(async (send) => {
      let cursor = '0'
      do {
        const reply = await send(['SCAN', cursor, 'MATCH', `${ENTRY_PREFIX}*`, 'COUNT', `${SCAN_PAGE}`])
        const [next, keys] = reply as [Buffer, Buffer[]]
        await act(keys, send)
        cursor = String(next)
      } while (cursor !== '0')
    })
  }
  /** One by one: the keys of a page have slots of their own. */
  const each = (keys: readonly Buffer[], send: Send, command: string) =>
    Promise.all(keys.map(async (key) => Number(await send([command, key]))))

  return {
    async read(key) {
      const entry = `${ENTRY_PREFIX}${key}`
      const bytes = await execute(entry, ['GET', entry])
      return Buffer.isBuffer(bytes) ? bytes : null
    },
    async write(key, bytes, staleUntil) {
      const entry = `${ENTRY_PREFIX}${key}`
      const forMs = Math.max(1, Math.round(staleUntil - now()))
      await execute(entry, ['SET', entry, bytes, 'PX', `${forMs}`])
    },
    async claim(key, forMs) {
      const claim = `${CLAIM_PREFIX}${key}`
      const claimed = await execute(claim, [
        'SET',
        claim,
        '1',
        'NX',
        'PX',
        `${Math.max(1, Math.round(forMs))}`,
      ])
      return claimed !== null
    },
    async delete(key) {
      const entry = `${ENTRY_PREFIX}${key}`
      return Number(await execute(entry, ['UNLINK', entry])) > 0
    },
    async purge() {
      let removed = 0
      await eachPage(async (keys, send) => {
        removed += (await each(keys, send, 'UNLINK')).reduce((sum, one) => sum + one, 0)
      })
      return removed
    },
    async stats() {
      // SCAN may list a key twice.
      const sizes = new Map<string, number>()
      await eachPage(async (keys, send) => {
        const lengths = await each(keys, send, 'STRLEN')
        for (const [at, key] of keys.entries()) sizes.set(String(key), lengths[at] ?? 0)
      })
      const bytes = [...sizes.values()].reduce((total, size) => total + size, 0)
      return { store: 'redis', entries: sizes.size, bytes, maxBytes: null }
    },
    close: async () => close(),
  }
}

type Send = (words: Words) => Promise<unknown>
