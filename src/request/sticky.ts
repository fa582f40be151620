/**
 * The key by which a request is kept to one deployment, where its route is sticky.
 *
 * STICKY-1 What it is made of may be personal: a hash of it leaves the caller's process, and nothing else.
 * STICKY-2 No key, no stickiness: such a request is drawn by itself, and is no error.
 */
import { createHash } from 'node:crypto'
import type { Metadata } from '../domain/request/metadata'
import type { GenerationRequest } from '../domain/request/request'
import type { Sticky } from '../domain/routing/route'

export interface StickyRequest {
  tenant: string | null
  request: GenerationRequest
  metadata: Metadata
}

const METADATA = 'metadata:'

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
