/** The Redis servers of a config: what each is used for, and what it says of itself. No text here holds a password. */
import { type Config, type Env, expandEnv } from '../config'
import { connectRedis } from '../stores/redis/connection'
import { REDIS_FORMS, redisPlace } from '../stores/redis/place'

export type RedisStore = 'cache' | 'delivery'

/** Of one server; of a cluster there is one for each master. As its INFO says it; null: it does not say. */
export interface RedisFacts {
  version: string | null
  usedBytes: number
  /** 0: as much as the host has. */
  maxBytes: number
  policy: string
  appendOnly: boolean
  /** Snapshots at intervals. null: the server does not say (CONFIG is not allowed). */
  snapshots: boolean | null
  /** Its last try to write to disk failed. */
  writeFailed: boolean
  /** The quickest of PINGS answers: the others may have waited for this process. */
  latencyMs: number
}

export interface RedisUse {
  stores: RedisStore[]
  /** `host:port`, or several. */
  name: string
  /** Rejects where it can't be reached, at the latest after 3 s. */
  servers(): Promise<RedisFacts[]>
  close(): void
}

const PINGS = 5
const DEFAULT_PORT = '6379'

/** Two stores with the same URL are one. */
export function redisUses({ cache, delivery }: Config, env: Env): RedisUse[] {
  const stores: [RedisStore, string][] = [
    ...(cache.store === 'redis' ? [['cache', cache.url] as [RedisStore, string]] : []),
    ...(delivery.store === 'redis' ? [['delivery', delivery.url] as [RedisStore, string]] : []),
  ]
  const urls = [...new Set(stores.map(([, url]) => url))]
  return urls.map((url) =>
    useOf(
      url,
      stores.filter((one) => one[1] === url).map(([store]) => store),
      env,
    ),
  )
}

function useOf(url: string, stores: RedisStore[], env: Env): RedisUse {
  const unusable = (reason: string): RedisUse => ({
    stores,
    name: `${stores[0]}.url`,
    servers: () => Promise.reject(new Error(reason)),
    close: () => undefined,
  })
  const filled = expandEnv(url, env)
  if (!filled.ok) return unusable(`${filled.missing.join(', ')} is not set`)
  const place = redisPlace(filled.text)
  if (place === null) return unusable(`it is not ${REDIS_FORMS}`)
  const connection = connectRedis(place)
  let read: Promise<RedisFacts[]> | null = null
  return {
    stores,
    name: place.seeds.map(hostOf).join(', '),
    servers() {
      read ??= readServers(connection)
      return read
    },
    close: connection.close,
  }
}

function hostOf(seed: string): string {
  const { hostname, port } = new URL(seed)
  return `${hostname}:${port || DEFAULT_PORT}`
}

async function readServers(connection: ReturnType<typeof connectRedis>): Promise<RedisFacts[]> {
  const servers: RedisFacts[] = []
  await connection.executeAll(async (send) => {
    const facts = readInfo(String(await send(['INFO'])))
    const snapshots = await send(['CONFIG', 'GET', 'save']).then(hasSaves, () => null)
    servers.push({ ...facts, snapshots, latencyMs: await latencyOf(() => send(['PING'])) })
  })
  return servers
}

const hasSaves = (reply: unknown): boolean | null =>
  Array.isArray(reply) && reply.length === 2 ? String(reply[1]) !== '' : null

async function latencyOf(ping: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < PINGS; count += 1) {
    const startedAt = performance.now()
    await ping()
    times.push(performance.now() - startedAt)
  }
  return Math.min(...times)
}

/** @param info the whole reply to INFO: `field:value` lines. */
export function readInfo(info: string): Omit<RedisFacts, 'snapshots' | 'latencyMs'> {
  const field = (name: string): string | null =>
    new RegExp(`^${name}:([^\\r\\n]*)`, 'm').exec(info)?.[1] ?? null
  const failed = (name: string): boolean => (field(name) ?? 'ok') !== 'ok'
  return {
    version: field('redis_version'),
    usedBytes: Number(field('used_memory') ?? 0),
    maxBytes: Number(field('maxmemory') ?? 0),
    policy: field('maxmemory_policy') ?? 'noeviction',
    appendOnly: field('aof_enabled') === '1',
    writeFailed: failed('aof_last_write_status') || failed('rdb_last_bgsave_status'),
  }
}
