/**
 * A caller's request, checked and resolved before anything is sent to Temporal: pure but for chance: the id of a
 * request without a key, and whether it has a shadow.
 */
import type { Config } from '../config'
import { contextOf, placeOf, type TraceContext } from '../contract/trace-context'
import { type Prepared, prepare } from '../request'
import { bodyHash, generationId, unlabelled } from './identity'
import type { OpenOptions, OpenRequest } from './internal'

export interface PreparedStart extends Prepared {
  id: string
  /** `key`: by an idempotency key or a given id; `request`: by equal requests in flight; null: not shared. */
  shared: 'key' | 'request' | null
  /** By the caller's key or id: it may have run before. */
  named: boolean
  /** Hash of route and request: START-2. */
  body: string
  /** The same less the client's labels: METADATA-1. */
  unlabelled: string
  /** Should the provider stream? */
  stream: boolean
  /** Of its caller. */
  trace: TraceContext | undefined
  signal: AbortSignal | undefined
}

/** Throws HoldfastError `invalid_request`: nothing was sent. */
export function prepareStart(
  config: Config,
  tenant: string | null,
  wanted: OpenRequest,
  { id: given, stream: streams = false }: OpenOptions = {},
): PreparedStart {
  const prepared = prepare(config, wanted, tenant)
  const { route, request, cache } = prepared
  const { stream = streams, idempotencyKey, signal } = wanted
  const coalesced = route.cache?.coalesce === true && cache?.control === 'default'
  const cacheKey = coalesced ? cache.key : null
  const named = given !== undefined || idempotencyKey !== undefined
  return {
    ...prepared,
    id: given ?? generationId({ tenant, idempotencyKey, cacheKey }),
    shared: named ? 'key' : coalesced ? 'request' : null,
    named,
    body: bodyHash(route.name, request),
    unlabelled: bodyHash(route.name, unlabelled(request)),
    stream,
    trace: traceOf(wanted.trace),
    signal,
  }
}

/** TRACE-CONTEXT-1 */
function traceOf(given: TraceContext | undefined): TraceContext | undefined {
  const place = placeOf(given?.traceparent, given?.tracestate)
  return place === null ? undefined : contextOf(place)
}
