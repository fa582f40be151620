/** What a caller asks, decided before Temporal is spoken to: pure but for the id of a request that nobody shares. */
import type { Config } from '../config'
import { type Prepared, prepare } from '../request'
import { bodyHash, generationId } from './identity'
import type { OpenOptions } from './internal'
import type { StreamRequest } from './types'

export interface Asked extends Prepared {
  id: string
  /** `key`: by an idempotency key or a given id; `request`: by equal requests in flight; null: by nobody. */
  shared: 'key' | 'request' | null
  /** By the caller's key or id: it may have run before. */
  named: boolean
  /** Hash of route and request: START-2. */
  body: string
  /** Should the provider stream? */
  stream: boolean
  signal: AbortSignal | undefined
}

/** Throws HoldfastError `invalid_request`: nothing was sent. */
export function readAsked(
  config: Config,
  tenant: string | null,
  wanted: StreamRequest,
  { id: given, stream: streams = false }: OpenOptions = {},
): Asked {
  const { route, request, cache } = prepare(config, wanted, tenant)
  const { stream = streams, idempotencyKey, signal } = wanted
  const coalesced = route.cache?.coalesce === true && cache?.control === 'default'
  const cacheKey = coalesced ? cache.key : null
  const named = given !== undefined || idempotencyKey !== undefined
  return {
    route,
    request,
    cache,
    id: given ?? generationId({ tenant, idempotencyKey, cacheKey }),
    shared: named ? 'key' : coalesced ? 'request' : null,
    named,
    body: bodyHash(route.name, request),
    stream,
    signal,
  }
}
