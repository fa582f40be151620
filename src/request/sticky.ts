/**
 * By what the candidates of a request are drawn: by chance, or by a key that keeps it to one deployment where its route is
 * sticky.
 *
 * STICKY-1 What the key is made of may be personal: neither it nor a hash of it leaves the caller's process, but the places
 *    alone that it decides.
 * STICKY-2 No key, no stickiness: such a request is drawn by itself, and is no error.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { GenerationInput } from '../contract/generation'
import type { Metadata } from '../domain/request/metadata'
import type { GenerationRequest } from '../domain/request/request'
import { standingsOf } from '../domain/routing/order'
import type { Route, Sticky } from '../domain/routing/route'

export interface StickyRequest {
  tenant: string | null
  request: GenerationRequest
  metadata: Metadata
}

const METADATA = 'metadata:'

/** Nothing where nothing is drawn. */
export function drawOf(
  route: Pick<Route, 'candidates' | 'order' | 'sticky'>,
  given: StickyRequest,
): Pick<GenerationInput, 'seed' | 'places'> {
  const { candidates, order, sticky } = route
  if (candidates.length < 2 || order === undefined) return {}
  const key = stickyKeyOf(sticky, given)
  if (key === undefined && order !== 'cost') return { seed: randomUUID() }
  const standings = standingsOf(route, { seed: key ?? '', request: given.request, latencies: [] })
  return { places: standings.map(({ candidate }) => candidate) }
}

/** SHA-256 in hex; undefined: the request has no such field. */
export function stickyKeyOf(sticky: Sticky | undefined, given: StickyRequest): string | undefined {
  const found = sticky === undefined ? undefined : foundIn(sticky, given)
  // STICKY-2. An empty name is nobody's.
  if (sticky === undefined || found === undefined || found === '') return undefined
  return createHash('sha256')
    .update(JSON.stringify([given.tenant, sticky, found]))
    .digest('hex')
}

function foundIn(sticky: Sticky, { request, metadata }: StickyRequest): unknown {
  switch (sticky) {
    case 'promptCacheKey':
      return fieldOf(request, 'prompt_cache_key')
    case 'user':
      return fieldOf(request, 'user') ?? fieldOf(request, 'safety_identifier') ?? userIdOf(request)
    case 'conversation':
      return beginningOf(request)
    default: {
      const key = sticky.slice(METADATA.length)
      return Object.hasOwn(metadata, key) ? metadata[key] : undefined
    }
  }
}

/** A text that the client sent beside the request, or that the caller wrote for whichever provider. */
function fieldOf({ params }: GenerationRequest, name: string): string | undefined {
  const { hints, providerOptions = {} } = params ?? {}
  const fields = [hints?.fields, ...Object.values(providerOptions)]
  return fields.map((one) => one?.[name]).find((value): value is string => typeof value === 'string')
}

/** Anthropic's. */
function userIdOf({ params }: GenerationRequest): unknown {
  const metadata = params?.hints?.fields.metadata
  return typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
    ? metadata.user_id
    : undefined
}

/** What each further turn of the conversation begins with: all up to the first message of its user. */
function beginningOf({ messages, tools }: GenerationRequest): unknown {
  const first = messages.findIndex(({ role }) => role === 'user')
  return first < 0 ? undefined : [tools?.map(({ name }) => name), messages.slice(0, first + 1)]
}
