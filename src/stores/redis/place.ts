/** Where a Redis is, as one text: a server's URL, or a cluster's nodes. */

export interface RedisPlace {
  /** redis:// or rediss:// URLs; of a cluster those of some of its nodes, which know the others. */
  seeds: string[]
  cluster: boolean
}

const SERVER = /^(rediss?):\/\//
const CLUSTER = /^(rediss?)\+cluster:\/\/((?:[^/?#]*@)?)([^/?#@]+)\/?$/

/**
 * `redis://[user:password@]host[:port][/db]`, and for a cluster `redis+cluster://[user:password@]host[:port][,host[:port]…]`
 * or several URLs with commas between; with `rediss` over TLS. null: it is none of these.
 */
export function redisPlace(text: string): RedisPlace | null {
  const [, scheme = '', user = '', hosts = ''] = CLUSTER.exec(text) ?? []
  const seeds =
    scheme === ''
      ? text.split(/,(?=rediss?:\/\/)/)
      : hosts.split(',').map((host) => `${scheme}://${user}${host}`)
  const valid = seeds.every(
    (seed) => SERVER.test(seed) && URL.canParse(seed) && new URL(seed).hostname !== '',
  )
  return valid ? { seeds, cluster: scheme !== '' || seeds.length > 1 } : null
}

/** For messages. */
export const REDIS_FORMS = 'a redis:// or rediss:// URL, or redis+cluster://host:port,host:port'
