/** The routes of the cluster: each is one way to be answered while providers fail. */

/** Of every route, in milliseconds. */
export const DEADLINE_MS = 60_000

/** `omega` is down in periods: of its circuit is shown that one call probes. */
export const PROBED_TARGET = 'omega/m'

/** Where the cache is: shared by all workers, or of each worker alone. */
export type CacheStore = 'redis' | 'disk'

/** Within the folder that a worker runs in. */
export const CACHE_FOLDER = 'cache'

const CACHES: { [store in CacheStore]: string } = {
  redis: `{ store: redis, url: "\${REDIS_URL}" }`,
  disk: `{ store: disk, path: ${CACHE_FOLDER} }`,
}

/** `workerLost`: of the routes' timeouts. */
export const configText = (simulatorUrl: string, cache: CacheStore, workerLost = '5s'): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${simulatorUrl}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${simulatorUrl}/beta/v1, auth: none }
  gamma: { api: openai-chat, baseUrl: ${simulatorUrl}/gamma/v1, auth: none }
  omega: { api: openai-chat, baseUrl: ${simulatorUrl}/omega/v1, auth: none }
cache: ${CACHES[cache]}
delivery: { store: redis, url: "\${REDIS_URL}" }
defaults:
  deadline: ${DEADLINE_MS}ms
  passes: 3
  timeouts: { connect: 2s, attempt: 15s, firstToken: 6s, idle: 6s, workerLost: ${workerLost} }
  retry: { maximumAttempts: 2, initialInterval: 100ms }
  circuit: { consecutive: 8, openFor: 3s, maxOpenFor: 3s }
routes:
  default: { candidates: [alpha/m, beta/m, gamma/m] }
  hedged: { candidates: [alpha/m, gamma/m], strategy: { hedge: { after: 4s } } }
  cached: { candidates: [gamma/m, beta/m], cache: { ttl: 1h } }
  probed: { candidates: [${PROBED_TARGET}, beta/m], circuit: { consecutive: 3, openFor: 2s, maxOpenFor: 2s, whenAllOpen: wait } }
`
