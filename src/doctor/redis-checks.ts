/** What is behind `cache` and `delivery` where they are in Redis. */
import { reasonOf } from '../stores/redis/reason'
import type { Context } from './context'
import type { RedisFacts, RedisUse } from './redis-uses'
import { sizeText } from './sizes'
import { type Check, type CheckFinding, error, ok, skipped, warn } from './types'

/** Without UNLINK (4.0) the cache can't remove entries: https://redis.io/docs/latest/commands/unlink/, 2026-11-28. */
const OLDEST_MAJOR = 4
/** Of `maxmemory`. */
const NEARLY_FULL = 0.9
/** Half of what a lookup in the cache may take before it is a miss; in the same network it is under a millisecond. */
const SLOW_MS = 50

const fixes: { [code: string]: string } = {
  WRONGPASS:
    'put the right user and password into the variable that the URL names: redis://user:password@host:port',
  NOAUTH: 'it wants a password: redis://:password@host:port in the variable that the URL names',
  ENOTFOUND: 'correct the host name in the URL',
  ECONNREFUSED: 'start it, or correct host and port in the URL: redis-cli -h HOST -p PORT ping',
}
const OTHER_FIX = 'see whether it runs and answers: redis-cli -h HOST -p PORT ping'

const nameOf = ({ stores, name }: RedisUse): string => `${stores.join(' and ')} (${name})`

async function reachable(use: RedisUse): Promise<CheckFinding> {
  try {
    const tookMs = await use.ping()
    const found = `${nameOf(use)}: answers in ${tookMs.toFixed(1)} ms`
    return tookMs > SLOW_MS
      ? warn(
          found,
          'bring it nearer to the workers and gateways, or see what keeps it busy: redis-cli slowlog get',
        )
      : ok(found)
  } catch (thrown) {
    // Texts of our own: no URL stands in them (CONNECTION-3).
    const reason = thrown instanceof Error ? thrown.message : 'unknown'
    return error(`${nameOf(use)}: ${reason}`, fixes[reasonOf(thrown)] ?? OTHER_FIX)
  }
}

function version(use: RedisUse, { version: found }: RedisFacts): CheckFinding {
  if (found === null) return skipped(`${nameOf(use)}: it names no version`)
  const major = Number.parseInt(found, 10)
  return major < OLDEST_MAJOR
    ? error(`${nameOf(use)}: version ${found}`, `run Redis ${OLDEST_MAJOR}.0 or newer`)
    : ok(`${nameOf(use)}: version ${found}`)
}

/** What Redis drops to make room, `maxmemory-policy`: docs/delivery.md says what that costs. */
function eviction(use: RedisUse, facts: RedisFacts): CheckFinding {
  const { usedBytes, maxBytes, policy } = facts
  const bound = maxBytes === 0 ? 'no maxmemory' : `of ${sizeText(maxBytes)} maxmemory`
  const found = `${nameOf(use)}: ${policy}, ${sizeText(usedBytes)} used, ${bound}`
  const setTtl = 'redis-cli config set maxmemory-policy volatile-ttl (and in its redis.conf)'
  if (policy === 'noeviction' && maxBytes > 0 && usedBytes > maxBytes * NEARLY_FULL)
    return error(`${found}: when it is full it refuses all writes`, `raise maxmemory, or ${setTtl}`)
  if (policy === 'noeviction' && maxBytes > 0 && use.stores.includes('cache'))
    return warn(`${found}: when it is full no answer is kept any longer`, setTtl)
  if (policy.startsWith('allkeys') && use.stores.includes('delivery'))
    return warn(
      `${found}: when it is full it may drop the log of a generation that runs, and its stream ends in an error`,
      `${setTtl}: what ends soonest goes first`,
    )
  return ok(found)
}

function persistence(use: RedisUse, { appendOnly, snapshots, writeFailed }: RedisFacts): CheckFinding {
  const how = [...(appendOnly ? ['append-only file'] : []), ...(snapshots ? ['snapshots'] : [])]
  const found = `${nameOf(use)}: ${how.length === 0 ? 'writes nothing to disk' : how.join(' and ')}`
  if (writeFailed)
    return error(
      `${nameOf(use)}: its last write to disk failed`,
      'free space where it keeps its data; its log says why',
    )
  if (how.length > 0 || !use.stores.includes('delivery')) return ok(found)
  if (snapshots === null) return skipped(`${nameOf(use)}: it does not say whether it writes snapshots`)
  return warn(
    `${found}: at its restart streams lose their words, and a call may be paid for twice`,
    'redis-cli config set appendonly yes (and in its redis.conf)',
  )
}

/** One finding for each Redis, the worst of its servers. */
const ofEach =
  (look: (use: RedisUse, facts: RedisFacts) => CheckFinding) =>
  async (context: Context): Promise<CheckFinding[]> =>
    Promise.all(
      (await context.redis()).map(async (use) => {
        const servers = await use.servers().catch(() => [])
        const found = servers.map((facts) => look(use, facts))
        return (
          found.find(({ status }) => status === 'error') ??
          found.find(({ status }) => status === 'warn') ??
          found[0] ??
          skipped(`${nameOf(use)}: it does not say (INFO)`)
        )
      }),
    )

const NONE = skipped('the config uses no Redis')

const orNone =
  (look: (context: Context) => Promise<CheckFinding[]>) =>
  async (context: Context): Promise<CheckFinding[]> => {
    const found = await look(context)
    return found.length === 0 ? [NONE] : found
  }

export const REDIS_CHECKS: readonly Check[] = [
  {
    id: 'redis.reachable',
    needs: ['config.valid'],
    run: orNone(async (context) => Promise.all((await context.redis()).map(reachable))),
  },
  { id: 'redis.version', needs: ['config.valid'], run: orNone(ofEach(version)) },
  { id: 'redis.eviction', needs: ['config.valid'], run: orNone(ofEach(eviction)) },
  { id: 'redis.persistence', needs: ['config.valid'], run: orNone(ofEach(persistence)) },
]
