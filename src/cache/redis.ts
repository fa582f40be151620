/**
 * In Redis, shared by all hosts: a string per entry, which Redis drops by itself when it is of no more use.
 *
 * R1 Nothing here waits for ever, and nothing piles up: what can't be sent now is refused, and a server that has not
 *    answered within COMMAND_LIMIT_MS loses its connection (it may be gone without a word); a new one is tried.
 * R2 Whatever happens to a connection ends in a rejected command, never in an error that nobody handles.
 * R3 No command takes long on the server: SCAN in pages instead of KEYS, UNLINK instead of DEL.
 * R4 No text of an error holds the URL: it may hold a password.
 */
import { ClientOfflineError, createClient, RESP_TYPES } from '@redis/client'
import { reasonOf } from './reason'
import type { BlobStore, StoreDeps } from './types'

const ENTRY_PREFIX = 'holdfast:cache:'
/** Not below ENTRY_PREFIX: a claim is no entry. */
const CLAIM_PREFIX = 'holdfast:cache-claim:'

/** Far over the guard’s patience: neither one slow answer nor a busy process of ours shall cost the connection. */
const COMMAND_LIMIT_MS = 3_000
/** Far more than a worker has calls in flight. */
const MAX_QUEUED = 10_000
const SCAN_PAGE = 500
const FIRST_RECONNECT_MS = 50
const MAX_RECONNECT_MS = 1_000

const reconnectMs = (retries: number): number =>
  Math.min(MAX_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** Math.min(retries, 10))

const clientTo = (url: string) =>
  createClient({
    url,
    // The older protocol: every server and proxy speaks it.
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED,
    socket: { connectTimeout: COMMAND_LIMIT_MS, reconnectStrategy: reconnectMs },
  })
type Client = ReturnType<typeof clientTo>

interface Connection {
  client: Client
  /** Resolves when the first attempt to connect has ended, however. */
  tried: Promise<void>
  /** Why there is no connection, as far as known. */
  trouble(): unknown
}

function connect(url: string): Connection {
  const client = clientTo(url)
  let trouble: unknown = null
  const tried = new Promise<void>((resolve) => {
    const fail = (error: unknown) => {
      trouble = error
      resolve()
    }
    client.once('ready', resolve)
    // Stays for good (R2): every later error ends up in the commands that suffer from it.
    client.on('error', fail)
    client.connect().catch(fail)
  })
  return { client, tried, trouble: () => trouble }
}

/** Connects in the background. Throws for a text that is no redis URL. */
export function redisBlobs(url: string, { now }: Pick<StoreDeps, 'now'>): BlobStore {
  if (!isRedisUrl(url)) throw new Error('cache.url is not a redis:// or rediss:// URL')
  let connection = connect(url)
  let closed = false

  function reconnect(broken: Connection): void {
    if (closed || connection !== broken) return
    if (broken.client.isOpen) broken.client.destroy()
    connection = connect(url)
  }

  /** R1 */
  async function ask<T>(command: (client: Client) => Promise<T>): Promise<T> {
    const used = connection
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reconnect(used)
        reject(new Error(`Redis has not answered within ${COMMAND_LIMIT_MS} ms`))
      }, COMMAND_LIMIT_MS)
    })
    try {
      return await Promise.race([used.tried.then(() => command(used.client)), limit])
    } catch (error) {
      if (!used.client.isOpen) reconnect(used)
      throw error instanceof ClientOfflineError ? unreachable(used.trouble()) : error
    } finally {
      clearTimeout(timer)
    }
  }

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
    async close() {
      closed = true
      if (connection.client.isOpen) connection.client.destroy()
    },
  }
}

const unreachable = (trouble: unknown): Error => {
  const code = reasonOf(trouble)
  return Object.assign(new Error(`Redis can't be reached (${code})`), { code })
}

const isRedisUrl = (text: string): boolean =>
  URL.canParse(text) && ['redis:', 'rediss:'].includes(new URL(text).protocol)
