/** A generation's id, chosen before the first send so that a retry attaches to the same run. */
import { createHash, randomUUID } from 'node:crypto'
import type { GenerationRequest } from '../domain/request'

/** `gen-` and the SHA-256 of (tenant, key), or a UUID where no key is given. */
export function generationId(tenant: string | null, idempotencyKey: string | undefined): string {
  if (idempotencyKey === undefined) return `gen-${randomUUID()}`
  return `gen-${sha256(lengthPrefixed(tenant ?? ''), lengthPrefixed(idempotencyKey))}`
}

/** Two bodies are the same when this is: key order does not count. */
export const bodyHash = (route: string, request: GenerationRequest): string =>
  sha256(lengthPrefixed(route), canonicalJson(request))

/** So that ("a", "bc") and ("ab", "c") differ. */
const lengthPrefixed = (text: string): string => `${Buffer.byteLength(text)}:${text}`

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
