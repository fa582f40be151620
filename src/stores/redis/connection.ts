/**
 * A connection to a Redis server or a cluster that may go away at any time.
 *
 * CONNECTION-1 Nothing here waits for ever, and nothing piles up: what can't be sent now is refused, and a
 *    server that has not answered within COMMAND_LIMIT_MS loses its connection (it may be gone without a
 *    word); a new one is tried.
 * CONNECTION-2 Whatever happens to a connection ends in a rejected command, never in an error that nobody
 *    handles.
 * CONNECTION-3 No text of an error holds the URL: it may hold a password.
 * CONNECTION-4 A cluster that moves keys gets the command again: what it refused meanwhile it has not done. A URL of
 *    one server that turns out to be a cluster's is taken for that.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientOfflineError, createClient, createCluster, RESP_TYPES } from '@redis/client'
import { inTime, TooLateError } from '../../util/async'
import type { RedisPlace } from './place'
import { reasonOf } from './reason'

/** Far longer than a caller waits: neither one slow answer nor a busy process of ours shall end the connection. */
const COMMAND_LIMIT_MS = 3_000
/** Far more than a process has commands in flight. */
const MAX_QUEUED = 10_000
const FIRST_RECONNECT_MS = 50
const MAX_RECONNECT_MS = 1_000
/** A connection that only listens: so often it is pinged. */
const PING_MS = 1_000

/** CONNECTION-4: what a cluster says while the keys of a slot are at two nodes, or a node has gone. */
const MOVING: ReadonlySet<string> = new Set(['TRYAGAIN', 'CLUSTERDOWN'])
const MOVING_RETRY_MS = 25
const TOPOLOGY_REFRESH_MS = 500
/** So often a subscriber tries one node of a cluster before it tries the next one. */
const SUBSCRIBER_TRIES = 2

const reconnectMs = (retries: number): number =>
  Math.min(MAX_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** Math.min(retries, 10))

const clientTo = (url: string, listens: boolean, reconnect: (retries: number) => number | false) =>
  createClient({
    url,
    // The older protocol: every server and proxy has it.
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_QUEUED,
    ...(listens ? { pingInterval: PING_MS } : {}),
    socket: {
      connectTimeout: COMMAND_LIMIT_MS,
      reconnectStrategy: reconnect,
      ...(listens ? { socketTimeout: COMMAND_LIMIT_MS } : {}),
    },
  })

function clusterOf(seeds: readonly string[]) {
  const { username, password, protocol } = new URL(seeds[0] ?? '')
  const socket = { connectTimeout: COMMAND_LIMIT_MS, reconnectStrategy: reconnectMs }
  return createCluster({
    rootNodes: seeds.map((url) => ({ url })),
    RESP: 2,
    defaults: {
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      disableOfflineQueue: true,
      commandsQueueMaxLength: MAX_QUEUED,
      socket: protocol === 'rediss:' ? { ...socket, tls: true } : socket,
    },
    // After a node has gone, the others say which one has its slots now.
    topologyRefreshOnReconnectionAttemptStrategy: TOPOLOGY_REFRESH_MS,
  })
}

export type Words = readonly (string | Buffer)[]

/** Sends one command. Texts come as buffers. */
type Send = (words: Words) => Promise<unknown>

const BINARY = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }

interface Connection {
  /** To the server that has the key. */
  send(key: string, words: Words): Promise<unknown>
  /** Of each server that has keys. */
  servers(): Promise<Send[]>
  isOpen(): boolean
  destroy(): void
  /** Resolves when the first attempt to connect has ended, however. */
  tried: Promise<void>
  /** Why there is no connection, as far as known. */
  trouble(): unknown
}

const senderOf = (client: { sendCommand(words: Words, options: typeof BINARY): Promise<unknown> }): Send => {
  return (words) => client.sendCommand(words, BINARY)
}

function connectServer(url: string): Omit<Connection, 'tried' | 'trouble'> & Connecting {
  const client = clientTo(url, false, reconnectMs)
  const send = senderOf(client)
  return {
    send: (_, words) => send(words),
    servers: async () => [send],
    isOpen: () => client.isOpen,
    destroy: () => client.destroy(),
    on: (fail, ready) => client.on('error', fail).once('ready', ready),
    connect: () => client.connect(),
  }
}

function connectCluster(seeds: readonly string[]): Omit<Connection, 'tried' | 'trouble'> & Connecting {
  const cluster = clusterOf(seeds)
  return {
    send: (key, words) => cluster.sendCommand(key, false, [...words], BINARY),
    servers: () => Promise.all(cluster.masters.map(async (node) => senderOf(await cluster.nodeClient(node)))),
    isOpen: () => cluster.isOpen,
    destroy: () => cluster.destroy(),
    on: (fail) => cluster.on('error', fail).on('node-error', fail),
    connect: () => cluster.connect(),
  }
}

interface Connecting {
  on(fail: (error: unknown) => void, ready: () => void): unknown
  connect(): Promise<unknown>
}

function connect({ seeds, cluster }: RedisPlace): Connection {
  const { on, connect: start, ...client } = cluster ? connectCluster(seeds) : connectServer(seeds[0] ?? '')
  let trouble: unknown = null
  const tried = new Promise<void>((resolve) => {
    const fail = (error: unknown) => {
      trouble = error
      resolve()
    }
    // Stays for good (CONNECTION-2): every later error ends up in the commands that suffer from it.
    on(fail, resolve)
    start().then(() => resolve(), fail)
  })
  return { ...client, tried, trouble: () => trouble }
}

export interface RedisConnection {
  /** Runs a command at the server that has `key`. Rejects where Redis is out of reach, at the latest after 3 s. */
  execute(key: string, words: Words): Promise<unknown>
  /** Runs commands at each server that has keys, one server after the other. Limits as above, for each command. */
  executeAll(run: (send: Send) => Promise<void>): Promise<void>
  close(): void
}

/** Connects in the background. */
export function connectRedis(given: RedisPlace): RedisConnection {
  let place = given
  let connection = connect(place)
  let closed = false

  function reconnect(broken: Connection): void {
    if (closed || connection !== broken) return
    if (broken.isOpen()) broken.destroy()
    connection = connect(place)
  }

  /** CONNECTION-1 */
  async function within<T>(act: (used: Connection) => Promise<T>): Promise<T> {
    const used = connection
    try {
      return await inTime(
        COMMAND_LIMIT_MS,
        used.tried.then(() => act(used)),
      )
    } catch (error) {
      const late = error instanceof TooLateError
      if (late || !used.isOpen()) reconnect(used)
      if (late) throw new Error(`Redis has not answered within ${COMMAND_LIMIT_MS} ms`)
      throw error instanceof ClientOfflineError ? unreachable(used.trouble()) : error
    }
  }

  /** CONNECTION-4 */
  async function execute(key: string, words: Words): Promise<unknown> {
    const until = performance.now() + COMMAND_LIMIT_MS
    for (;;) {
      const used = connection
      try {
        return await within((on) => on.send(key, words))
      } catch (error) {
        const code = reasonOf(error)
        if (code === 'MOVED' && !place.cluster) becomeCluster(used)
        else if (!MOVING.has(code) || performance.now() > until) throw error
        else await sleep(MOVING_RETRY_MS)
      }
    }
  }

  function becomeCluster(used: Connection): void {
    place = { ...place, cluster: true }
    reconnect(used)
  }

  return {
    execute,
    async executeAll(run) {
      // A server of a cluster lists only its own keys, and does not say so.
      if (!place.cluster && /^cluster_enabled:1/m.test(String(await execute('', ['INFO', 'cluster']))))
        becomeCluster(connection)
      const servers = await within((used) => used.servers())
      for (const send of servers) await run((words) => within(() => send(words)))
    },
    close() {
      closed = true
      if (connection.isOpen()) connection.destroy()
    },
  }
}

export interface RedisSubscriber {
  /**
   * `onMessage` is called at every message in the channel, and whenever one may have been missed. Returns the way to
   * end it.
   */
  listen(channel: string, onMessage: () => void): () => void
  close(): void
}

/**
 * One connection that listens to any number of channels. Connects with the first. Of a cluster any node will do: what is
 * published reaches all nodes.
 */
export function subscribeRedis({ seeds }: RedisPlace): RedisSubscriber {
  let starts = 0
  const channels = new Map<string, Set<() => void>>()
  let client: ReturnType<typeof clientTo> | null = null
  let closed = false
  const notify = (_: string, channel: string) => {
    for (const onMessage of channels.get(channel) ?? []) onMessage()
  }
  const completeSubscribe = (subscribed: Promise<void>, names: readonly string[]) =>
    subscribed.then(
      () => {
        for (const name of names) notify('', name)
      },
      // The connection has gone: the next one begins with all channels.
      () => undefined,
    )
  const subscribe = (names: readonly string[]) => {
    if (client?.isReady && names.length > 0) completeSubscribe(client.subscribe([...names], notify), names)
  }
  const again = (retries: number) =>
    seeds.length === 1 || retries < SUBSCRIBER_TRIES ? reconnectMs(retries) : false
  function start(): ReturnType<typeof clientTo> {
    const started = clientTo(seeds[starts % seeds.length] ?? '', true, again)
    starts += 1
    // CONNECTION-2: an error of a connection ends in another connection.
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
    listen(channel, onMessage) {
      const listeners = channels.get(channel) ?? new Set()
      channels.set(channel, listeners.add(onMessage))
      client ??= start()
      if (listeners.size === 1) subscribe([channel])
      return () => {
        listeners.delete(onMessage)
        if (listeners.size > 0 || channels.get(channel) !== listeners) return
        channels.delete(channel)
        if (client?.isReady) completeSubscribe(client.unsubscribe(channel), [])
      }
    },
    close() {
      closed = true
      if (client?.isOpen) client.destroy()
      for (const name of channels.keys()) notify('', name)
    },
  }
}

const unreachable = (trouble: unknown): Error => {
  const code = reasonOf(trouble)
  return Object.assign(new Error(`Redis can't be reached (${code})`), { code })
}
