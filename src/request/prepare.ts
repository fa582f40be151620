/** From a caller's request to the workflow's. Everything that can be wrong is an error here, before anything is sent. */
import { type Config, resolveRoute } from '../config'
import { applyOverride, type Override } from '../config/override'
import { HoldfastError, invalidRequest } from '../contract/errors'
import {
  type CacheUse,
  type GenerationInput,
  MAX_REQUEST_BYTES,
  MAX_SCHEDULED_BYTES,
  MAX_STORED_REQUEST_BYTES,
} from '../contract/generation'
import type { TraceContext } from '../contract/trace-context'
import type { CacheControl } from '../domain/caching/cache'
import { type JsonObject, jsonBytes, jsonExcess } from '../domain/request/json'
import { type Metadata, picked, REQUEST_ID_KEY, searchedPair } from '../domain/request/metadata'
import type { GenerationRequest, Task } from '../domain/request/request'
import { wellFormedJson } from '../domain/request/text'
import type { Route } from '../domain/routing/route'
import { cacheKey } from './cache-key'
import { checkEnvelope, checkMetadata, checkRequest, checkTenant } from './check'
import { routeFor } from './route-for'
import { outputSchema, type SchemaInput, type ToolInput, toolOf } from './schemas'
import { drawOf } from './sticky'

export interface GenerateRequest<
  S extends SchemaInput | undefined = undefined,
  T extends readonly ToolInput[] = readonly ToolInput[],
> extends Pick<GenerationRequest, 'params' | 'toolChoice'> {
  /** A route's name, or a target (`provider/model`). Default: `default`. */
  route?: string | undefined
  /** The conversation so far, the oldest first. Default: `prompt`; one of the two is needed, and not both. */
  messages?: GenerationRequest['messages'] | undefined
  /** Short for one user message. Default: `messages`. */
  prompt?: string | undefined
  /**
   * zod or JSON Schema: the answer is JSON of this shape, in `output`, or the next candidate is called. Default: text.
   */
  schema?: S
  /** What the model may call; arguments are checked against each tool's schema. Default: nothing. */
  tools?: T | undefined
  /**
   * Aborted: the generation is cancelled, or only no longer waited for where others may wait for it. Default: it goes
   * on to its end.
   */
  signal?: AbortSignal | undefined
  /** The same key and the same request: the same generation, from any process. Default: a generation of its own. */
  idempotencyKey?: string | undefined
  /** Within what the route allows; durations as text. Default: the route as it is. */
  override?: Override | undefined
  /**
   * `no-cache`: call a provider, and keep the answer. `no-store`: call a provider, and keep nothing. `only-if-cached`:
   * what is kept, or an error. Default: `default`.
   */
  cache?: CacheControl | undefined
  /**
   * Beside the request (a user, a feature, a ticket): 16 texts at most, with keys of up to 64 characters and values of up to
   * 512. No provider gets it, and the answer does not depend on it. Default: none.
   */
  metadata?: Metadata | undefined
  /**
   * Where its caller's trace stands, in the words of W3C's headers: its spans stand below that. What is no traceparent is
   * left out. Default: with the client's `tracing` the active span.
   */
  trace?: TraceContext | undefined
}

/** What of the workflow's input is the request's own. `cache` null: the route has none, or the request wants nothing of it. */
export type Prepared = Pick<
  GenerationInput,
  'route' | 'request' | 'shadow' | 'seed' | 'places' | 'logged'
> & {
  cache: CacheUse | null
  metadata: Metadata
  /** It goes to the payload store. */
  large: boolean
  /** Its pairs that the config lets be searched for, as the search attribute has them. */
  searchable: string[]
}

/** What is prepared; the override is read here. */
type PrepareRequest = Omit<GenerateRequest<SchemaInput | undefined>, 'override' | 'signal' | 'metadata'> & {
  override?: unknown
  metadata?: unknown
  signal?: unknown
  /** How the answer is to come: no part of the request's content. */
  stream?: unknown
  restarts?: unknown
  /** What is wanted in the place of words. Absent: words. */
  task?: Task | undefined
}

/** Throws HoldfastError `invalid_request`, `accepted: false`. */
export function prepare(config: Config, given: PrepareRequest, tenant: string | null = null): Prepared {
  checkEnvelope(given)
  if (tenant !== null) checkTenant(tenant)
  const { route: name = 'default', override, cache: control = 'default' } = given
  const request = readable(() => requestOf(given))
  const resolved = resolveRoute(config, name)
  if (!resolved.ok) throw notFound(resolved.message)
  const overridden = override === undefined ? resolved : applyOverride(resolved.route, override)
  if (!overridden.ok) throw invalidRequest(overridden.message)
  const { shadow, ...route } = routeFor(request, overridden.route, Object.hasOwn(config.routes, name))
  const large = isLarge(request, route, config)
  const key = route.cache === null ? null : readable(() => cacheKey({ tenant, route, request }))
  const unused = control === 'no-store' || (key === null && control === 'default')
  const shadowed = shadow !== undefined && Math.random() < shadow.share ? { shadow: shadow.candidate } : {}
  const beside = besideOf(config, checkMetadata(given.metadata))
  const drawn = drawOf(route, { tenant, request, metadata: beside.metadata })
  return { route, request, large, cache: unused ? null : { key, control }, ...shadowed, ...drawn, ...beside }
}

/** METADATA-2 */
function besideOf({ metadata: may }: Config, metadata: Metadata) {
  const logged = picked(metadata, [...may.logged, REQUEST_ID_KEY])
  const searchable = Object.entries(picked(metadata, may.searchable))
  return {
    metadata,
    searchable: searchable.map(([key, value]) => searchedPair(key, value)),
    ...(Object.keys(logged).length === 0 ? {} : { logged }),
  }
}

/** Distinguished from other faults of a request: over HTTP it is a 404. */
const notFound = (message: string): HoldfastError =>
  new HoldfastError({ kind: 'invalid_request', message, accepted: false, failureClass: 'model_not_found' })

/** JSON has no cycles, and neither it nor a schema check goes thousands of levels deep. */
function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error
    throw invalidRequest(`The request is not JSON: ${error.message}`)
  }
}

/** All fields but those on how to answer are the request's content. */
function requestOf({
  route: _route,
  idempotencyKey: _key,
  override: _override,
  signal: _signal,
  stream: _stream,
  restarts: _restarts,
  cache: _cache,
  metadata: _metadata,
  trace: _trace,
  prompt,
  messages,
  schema,
  tools,
  ...rest
}: PrepareRequest): GenerationRequest {
  if (rest.task?.type === 'embed') {
    // Its inputs are flat lists of any length, which their schema goes through once.
    bounded({ ...rest, task: undefined })
    return wellFormedRequest({ ...rest, messages: [] })
  }
  if ((prompt === undefined) === (messages === undefined))
    throw invalidRequest('Give either `prompt` or `messages`')
  if (prompt?.trim() === '') throw invalidRequest('The prompt is empty')
  // What is no text can't be sent, hashed or compiled: half a character is mended once, here.
  const request = {
    ...rest,
    messages: messages ?? [{ role: 'user', content: prompt }],
    ...(tools === undefined ? {} : { tools: tools.map(toolOf) }),
    ...(schema === undefined ? {} : { output: outputSchema(schema) }),
  }
  return wellFormedRequest(bounded(request))
}

/** Before anything goes through it level by level, or value by value in several ways. */
function bounded<T extends object>(request: T): T {
  const excess = jsonExcess(request)
  if (excess !== null) throw invalidRequest(`The request ${excess}, the limit`)
  return request
}

const wellFormedRequest = (request: object): GenerationRequest =>
  wellFormedJson(checkRequest(request) as unknown as JsonObject) as unknown as GenerationRequest

/** Does it go to the payload store? Throws where it is too large. */
function isLarge(request: GenerationRequest, route: Route, { payloads }: Config): boolean {
  const bytes = readable(() => Buffer.byteLength(JSON.stringify(request)))
  if (payloads === null) {
    checkSize(bytes, route)
    return false
  }
  if (bytes > MAX_STORED_REQUEST_BYTES)
    throw tooLarge(`The request has ${bytes} bytes`, MAX_STORED_REQUEST_BYTES)
  if (bytes <= payloads.overBytes) return false
  const kept = jsonBytes({ ...request, messages: [], task: undefined })
  if (kept > MAX_REQUEST_BYTES)
    throw tooLarge(`The request has ${kept} bytes beside its messages and inputs`, MAX_REQUEST_BYTES)
  return true
}

const tooLarge = (what: string, most: number, hint = ''): HoldfastError =>
  invalidRequest(`${what}, the most is ${Math.floor(most)}${hint}`)

const STORE_HINT = `: with a payload store it is ${MAX_STORED_REQUEST_BYTES} (\`payloads\` in the config, docs/payloads.md)`

function checkSize(bytes: number, route: Route): void {
  if (bytes > MAX_REQUEST_BYTES)
    throw tooLarge(`The request has ${bytes} bytes`, MAX_REQUEST_BYTES, STORE_HINT)
  const atOnce = route.strategy.type === 'race' ? route.candidates.length : 1
  if (bytes * atOnce > MAX_SCHEDULED_BYTES)
    throw invalidRequest(
      `The request has ${bytes} bytes and ${atOnce} candidates start at once: together at most ${MAX_SCHEDULED_BYTES} bytes. Use fewer candidates or another strategy`,
    )
}
