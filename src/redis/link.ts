/**
 * A connection to a Redis server that may go away at any time.
 *
 * R1 Nothing here waits for ever, and nothing piles up: what can't be sent now is refused, and a server that has not
 *    answered within COMMAND_LIMIT_MS loses its connection (it may be gone without a word); a new one is tried.
 * R2 Whatever happens to a connection ends in a rejected command, never in an error that nobody handles.
 * R3 No text of an error holds the URL: it may hold a password.
 */
import { ClientOfflineError, createClient } from '@redis/client'
import { reasonOf } from './reason'

/** Far over a caller’s patience: neither one slow answer nor a busy process of ours shall cost the connection. */
const COMMAND_LIMIT_MS = 3_000
/** Far more than a process has commands in flight. */
const MAX_QUEUED = 10_000
const FIRST_RECONNECT_MS = 50
const MAX_RECONNECT_MS = 1_000
/** A connection that only listens: so often it is asked whether it is there. */
const PING_MS = 1_000

const reconnectMs = (retries: number): number =>
  Math.min(MAX_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** Math.min(retries, 10))

const clientTo = (url: string, listens: boolean) =>
  createClient({
    url,
    // The older protocol: every server and proxy speaks it.
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED,
    ...(listens ? { pingInterval: PING_MS } : {}),
    socket: {
      connectTimeout: COMMAND_LIMIT_MS,
      reconnectStrategy: reconnectMs,
      ...(listens ? { socketTimeout: COMMAND_LIMIT_MS } : {}),
    },
  })
export type RedisClient = ReturnType<typeof clientTo>

interface Connection {
  client: RedisClient
  /** Resolves when the first attempt to connect has ended, however. */
  tried: Promise<void>
  /** Why there is no connection, as far as known. */
  trouble(): unknown
}

function connect(url: string): Connection {
  const client = clientTo(url, false)
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

export interface RedisLink {
  /** Runs a command. Rejects where Redis is out of reach, at the latest after 3 s. */
  ask<T>(command: (client: RedisClient) => Promise<T>): Promise<T>
  close(): void
}

/** Connects in the background. */
export function redisLink(url: string): RedisLink {
  let connection = connect(url)
  let closed = false

  function reconnect(broken: Connection): void {
    if (closed || connection !== broken) return
    if (broken.client.isOpen) broken.client.destroy()
    connection = connect(url)
  }

  return {
    /** R1 */
    async ask(command) {
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
    },
    close() {
      closed = true
      if (connection.client.isOpen) connection.client.destroy()
    },
  }
}

export interface RedisEar {
  /** `heard` is called at every message in the channel, and whenever one may have been missed. Returns the way to end it. */
  listen(channel: string, heard: () => void): () => void
  close(): void
}

/** One connection that listens to any number of channels. Connects with the first. */
export function redisEar(url: string): RedisEar {
  const channels = new Map<string, Set<() => void>>()
  let client: RedisClient | null = null
  let closed = false
  const tell = (_: string, channel: string) => {
    for (const heard of channels.get(channel) ?? []) heard()
  }
  const settle = (subscribed: Promise<void>, names: readonly string[]) =>
    subscribed.then(
      () => {
        for (const name of names) tell('', name)
      },
      // The connection has gone: the next one begins with all channels.
      () => undefined,
    )
  const subscribe = (names: readonly string[]) => {
    if (client?.isReady && names.length > 0) settle(client.subscribe([...names], tell), names)
  }
  function start(): RedisClient {
    const started = clientTo(url, true)
    // R2: an error of a connection ends in another connection.
    started.on('error', () => undefined)
    started.on('ready', () => subscribe([...channels.keys()]))
    const gone = () => {
      if (client !== started || started.isOpen) return
      client = null
      setTimeout(() => {
        if (!closed && channels.size > 0) client ??= start()
      }, MAX_RECONNECT_MS).unref()
    }
    started.on('terminated', gone)
    started.connect().catch(gone)
    return started
  }
  return {
    listen(channel, heard) {
      const listeners = channels.get(channel) ?? new Set()
      channels.set(channel, listeners.add(heard))
      client ??= start()
      if (listeners.size === 1) subscribe([channel])
      return () => {
        listeners.delete(heard)
        if (listeners.size > 0 || channels.get(channel) !== listeners) return
        channels.delete(channel)
        if (client?.isReady) settle(client.unsubscribe(channel), [])
      }
    },
    close() {
      closed = true
      if (client?.isOpen) client.destroy()
      for (const name of channels.keys()) tell('', name)
    },
  }
}

const unreachable = (trouble: unknown): Error => {
  const code = reasonOf(trouble)
  return Object.assign(new Error(`Redis can't be reached (${code})`), { code })
}

export const isRedisUrl = (text: string): boolean =>
  URL.canParse(text) && ['redis:', 'rediss:'].includes(new URL(text).protocol)
