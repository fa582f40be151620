/** A generation's id, chosen before the first send so that a retry attaches to the same run. */
import { createHash, randomUUID } from 'node:crypto'
import type { GenerationRequest } from '../domain/request/request'
import { wellFormed } from '../domain/request/text'

export interface IdentityRequest {
  tenant: string | null
  idempotencyKey: string | undefined
  /** Of the request, on a route that coalesces. */
  cacheKey: string | null
}

/**
 * `gen-` and the SHA-256 of (tenant, idempotency key); without one, of the request where equal ones share a
 * generation; else a UUID.
 */
export function generationId({ tenant, idempotencyKey, cacheKey }: IdentityRequest): string {
  if (idempotencyKey !== undefined)
    return `gen-${sha256(prefixedOrNone(tenant), lengthPrefixed(idempotencyKey))}`
  return `gen-${cacheKey ?? randomUUID()}`
}

/** Of a Nexus operation without an idempotency key: Temporal sends a start again under the same request id. */
export const nexusId = (tenant: string | null, requestId: string): string =>
  `gen-${sha256('nexus', prefixedOrNone(tenant), lengthPrefixed(requestId))}`

/** Two bodies are the same when this is: key order does not count. */
export const bodyHash = (route: string, request: GenerationRequest): string =>
  sha256(lengthPrefixed(route), canonicalJson(request))

/** METADATA-1: less the `metadata` that a client sends its provider as well. */
export function unlabelled(request: GenerationRequest): GenerationRequest {
  const { hints, ...params } = request.params ?? {}
  if (hints?.fields.metadata === undefined) return request
  const { metadata: _metadata, ...fields } = hints.fields
  const empty = Object.keys(fields).length === 0 && hints.headers === undefined
  return { ...request, params: empty ? params : { ...params, hints: { ...hints, fields } } }
}

/** So that ("a", "bc") and ("ab", "c") differ. Half a character has no bytes of its own: it is written as JSON does. */
function lengthPrefixed(text: string): string {
  if (wellFormed(text) === text) return `${Buffer.byteLength(text)}:${text}`
  const escaped = JSON.stringify(text)
  return `escaped ${Buffer.byteLength(escaped)}:${escaped}`
}

/** No tenant is another one than any. */
const prefixedOrNone = (tenant: string | null): string => (tenant === null ? '-' : lengthPrefixed(tenant))

/** A tenant's share of a queue goes by this: its name, or what stands for a long one. */
export const fairnessKeyOf = (tenant: string): string =>
  Buffer.byteLength(tenant) <= 64 && wellFormed(tenant) === tenant ? tenant : sha256(prefixedOrNone(tenant))

function sha256(...parts: string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/** JSON with sorted keys; `undefined` counts as absent. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
