/**
 * What may be kept of a generation, and for how long it is worth what. All instants are epoch milliseconds.
 *
 *   storedAt ── fresh ── freshUntil ── revalidate ──┐
 *                            └───────── stale ──────┴── staleUntil ── gone
 */

import type { CachePolicy } from '../routing/route'
import type { Answer } from '../streaming/answer'

export interface CacheEntry {
  answer: Answer
  /** The target that answered. */
  target: string
  storedAt: number
  freshUntil: number
  staleUntil: number
}

/**
 * `fresh`: serve it. `revalidate`: serve it, and renew it. `stale`: only in place of an error.
 * `gone`: as if it were not there.
 */
export type Freshness = 'fresh' | 'revalidate' | 'stale' | 'gone'

/** What a request says of the cache. */
export type CacheControl =
  | 'default'
  /** Call a provider, and keep the answer. */
  | 'no-cache'
  /** Call a provider, and keep nothing. */
  | 'no-store'
  /** What is kept, or nothing: no provider is called. */
  | 'only-if-cached'

interface ControlRule {
  read: boolean
  write: boolean
  dispatch: boolean
}

const CONTROLS = {
  default: { read: true, write: true, dispatch: true },
  'no-cache': { read: false, write: true, dispatch: true },
  'no-store': { read: false, write: false, dispatch: true },
  'only-if-cached': { read: true, write: false, dispatch: false },
} as const satisfies Record<CacheControl, ControlRule>

export const CACHE_CONTROLS = Object.keys(CONTROLS) as CacheControl[]

/** May an answer that is kept be served? */
export const mayRead = (control: CacheControl): boolean => CONTROLS[control].read
/** May the answer be kept? */
export const mayWrite = (control: CacheControl): boolean => CONTROLS[control].write
/** May a provider be called? */
export const mayDispatch = (control: CacheControl): boolean => CONTROLS[control].dispatch

type Times = Pick<CacheEntry, 'storedAt' | 'freshUntil' | 'staleUntil'>

const timesOf = (policy: CachePolicy, storedAt: number): Times => {
  const freshUntil = storedAt + policy.ttlMs
  const staleUntil = freshUntil + Math.max(policy.staleIfErrorMs, policy.staleWhileRevalidateMs)
  return { storedAt, freshUntil, staleUntil }
}

/** An answer of this moment, as it is kept. */
export const entryOf = (answer: Answer, target: string, policy: CachePolicy, now: number): CacheEntry => ({
  answer,
  target,
  ...timesOf(policy, now),
})

/**
 * What an entry is worth under the policy of the request that reads it. The policy may be stricter than the one
 * under which it was stored (a request's override, an edited config): the shorter time holds.
 */
export function freshness(entry: Times, policy: CachePolicy, now: number): Freshness {
  const allowed = timesOf(policy, entry.storedAt)
  const freshUntil = Math.min(entry.freshUntil, allowed.freshUntil)
  const staleUntil = Math.min(entry.staleUntil, allowed.staleUntil)
  if (now < freshUntil) return 'fresh'
  if (now >= staleUntil) return 'gone'
  return now < freshUntil + policy.staleWhileRevalidateMs ? 'revalidate' : 'stale'
}

/**
 * Only whole answers are kept: not cut (`length`), not filtered, not empty, and none that ended for a reason that
 * nobody knows. Tool calls are whole where there are some: half of one is no answer at all (accumulate.ts, ACCUMULATE-2).
 */
export function isCacheable({ text, toolCalls, finishReason, embeddings }: Answer): boolean {
  if (embeddings !== undefined) return embeddings.length > 0
  if (finishReason.unified === 'tool_calls') return toolCalls.length > 0
  return finishReason.unified === 'stop' && (text.trim() !== '' || toolCalls.length > 0)
}
