/** The Redis servers of a config: what each is used for, and what it says of itself. No text here holds a password. */
import { type Config, type Env, expandEnv } from '../config'
import { connectRedis, type RedisConnection } from '../stores/redis/connection'
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
}

export interface RedisUse {
  stores: RedisStore[]
  /** `host:port`, or several. */
  name: string
  /** The quickest of PINGS answers, milliseconds. Rejects where it can't be reached, at the latest after 3 s. */
  ping(): Promise<number>
  /** Rejects as `ping`, and where it may not be asked: a proxy may take no INFO. */
  servers(): Promise<RedisFacts[]>
  close(): void
}

const PINGS = 10
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
    ping: () => Promise.reject(new Error(reason)),
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
    ping: () => pingOf(connection),
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

async function readServers(connection: RedisConnection): Promise<RedisFacts[]> {
  const servers: RedisFacts[] = []
  await connection.executeAll(async (send) => {
    const facts = readInfo(String(await send(['INFO'])))
    const snapshots = await send(['CONFIG', 'GET', 'save']).then(hasSaves, () => null)
    servers.push({ ...facts, snapshots })
  })
  return servers
}

const hasSaves = (reply: unknown): boolean | null =>
  Array.isArray(reply) && reply.length === 2 ? String(reply[1]) !== '' : null

async function pingOf({ execute }: RedisConnection): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < PINGS; count += 1) {
    const startedAt = performance.now()
    if (String(await execute('', ['PING'])) !== 'PONG') throw new Error('what answers there is no Redis')
    times.push(performance.now() - startedAt)
  }
  return Math.min(...times)
}

/** @param info the whole reply to INFO: `field:value` lines. */
export function readInfo(info: string): Omit<RedisFacts, 'snapshots'> {
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
