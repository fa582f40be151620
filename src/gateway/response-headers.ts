/** What an answer's headers say of its generation, and those that every answer has. */
import type { HoldfastError } from '../client'
import type { Answered } from '../formats/inbound'

/** Answers are for one caller, and no browser is to make anything else of them. */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const

/** To be shown to scripts of other origins, where these are let in. */
export const EXPOSED_HEADERS = [
  'x-request-id',
  'request-id',
  'x-holdfast-generation',
  'x-holdfast-target',
  'x-holdfast-attempts',
  'x-holdfast-cache',
  'x-holdfast-durable',
  'retry-after',
  'x-should-retry',
] as const

type Headers = { [name: string]: string }

/** A model may be named in any script, a header may not. */
export const plain = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')

/** `miss`: a provider was called. */
const CACHE_WORDS = { provider: 'miss', cache: 'hit', stale: 'stale' } as const satisfies Record<
  Answered['served'],
  string
>

/** Only where an answer is less than usual. */
const durability = (durable: boolean): Headers => (durable ? {} : { 'x-holdfast-durable': 'false' })

export const answerHeaders = ({
  id,
  target,
  attempts,
  served,
  durable,
}: Pick<Answered, 'id' | 'target' | 'attempts' | 'served' | 'durable'>): Headers => ({
  'x-holdfast-generation': plain(id),
  'x-holdfast-target': plain(target),
  'x-holdfast-attempts': String(attempts.length),
  'x-holdfast-cache': CACHE_WORDS[served],
  ...durability(durable !== false),
})

/** What is known when the headers of a stream are written. */
export interface StreamProgress {
  id: string
  durable: boolean
  /** The target that sent content first; null: none yet. */
  target: string | null
  /** Calls that have ended without an answer. */
  failed: number
  /** null: it is not whole yet, so it comes from a provider. */
  result: Answered | null
}

export function streamHeaders({ id, durable, target, failed, result }: StreamProgress): Headers {
  if (result !== null) return answerHeaders(result)
  const generation = { 'x-holdfast-generation': plain(id), ...durability(durable) }
  if (target === null) return generation
  return {
    ...generation,
    'x-holdfast-target': plain(target),
    'x-holdfast-attempts': String(failed + 1),
    'x-holdfast-cache': CACHE_WORDS.provider,
  }
}

export function errorHeaders({ generationId, attempts }: HoldfastError): Headers {
  if (generationId === null) return {}
  return { 'x-holdfast-generation': plain(generationId), 'x-holdfast-attempts': String(attempts.length) }
}
