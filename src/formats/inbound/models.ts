/**
 * `GET /v1/models`: what a caller may write as `model`. One body serves OpenAI's and Anthropic's clients: each
 * reads the fields that it knows.
 */
import type { Config } from '../../config'
import { candidatesOf } from '../../domain/routing/route'

export interface ModelEntry {
  id: string
  /** OpenAI. */
  object: 'model'
  created: number
  owned_by: string
  /** Anthropic. */
  type: 'model'
  display_name: string
  created_at: string
}

/** Nobody knows when a route was made: the beginning of time, as both dialects write it. */
const CREATED = { created: 0, created_at: '1970-01-01T00:00:00Z' }

export const modelEntry = (id: string, ownedBy: string): ModelEntry => ({
  id,
  object: 'model',
  owned_by: ownedBy,
  type: 'model',
  display_name: id,
  ...CREATED,
})

/** Routes first (owned by `holdfast`), then their targets (owned by their provider), each once. */
export function modelList(config: Config) {
  const routes = Object.keys(config.routes).map((name) => modelEntry(name, 'holdfast'))
  const candidates = candidatesOf(config.routes)
  const targets = new Map(candidates.map(({ target, provider }) => [target, modelEntry(target, provider)]))
  return listOf([...routes, ...targets.values()])
}

export const listOf = (data: ModelEntry[]) => ({
  object: 'list' as const,
  data,
  has_more: false,
  first_id: data.at(0)?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
})
