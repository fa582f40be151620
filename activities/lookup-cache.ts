/**
 * What is kept for this request, if anything. A local activity, before anything is dispatched: its result is
 * recorded, so that a replay takes the same way.
 *
 * LOOKUP-CACHE-1 What is kept is checked against the caller's schema like any answer: what breaks it is not
 *    there.
 * LOOKUP-CACHE-2 Of those that meet an entry that is to be renewed, one gets the claim to do it.
 */
import type { Activities, CacheHit, CacheQuery } from '../src/contract/generation'
import { type Freshness, freshness } from '../src/domain/caching/cache'
import { outputCheck } from './check-output'
import type { ActivityDeps } from './deps'

/**
 * A renewal that has not come by then may be tried by another one. Never longer than an answer is fresh: the renewed
 * one may be renewed in its turn.
 */
const RENEWAL_MS = 60_000

const SERVED: { [purpose in CacheQuery['purpose']]: ReadonlySet<Freshness> } = {
  answer: new Set(['fresh', 'revalidate']),
  in_place_of_error: new Set(['fresh', 'revalidate', 'stale']),
}

/** Of an old answer more than of a fresh one: what stands behind it is no call, but an error. */
const PATIENCE_MS: { [purpose in CacheQuery['purpose']]: number | undefined } = {
  answer: undefined,
  in_place_of_error: 1_000,
}

export function createLookupCache({
  cache,
  now,
  observedTime,
}: Pick<ActivityDeps, 'cache' | 'now' | 'observedTime'>): Activities['lookupCache'] {
  return async ({
    key,
    policy,
    purpose,
    mayRenew,
    request,
    tenant,
    at,
  }: CacheQuery): Promise<CacheHit | null> => {
    if (at !== undefined) observedTime(at)
    const entry = await cache.get(key, PATIENCE_MS[purpose])
    if (entry === null) return null
    const hit = freshness(entry, policy, now())
    if (!SERVED[purpose].has(hit)) return null
    const check = await outputCheck(request, tenant ?? null)
    const checked = check.ok ? await check.value(entry.answer) : check
    if (!checked.ok) return null
    const due = mayRenew && purpose === 'answer' && hit === 'revalidate'
    const renew = due && (await cache.claim(key, Math.min(RENEWAL_MS, policy.ttlMs)))
    return {
      answer: checked.value,
      target: entry.target,
      ageMs: Math.max(0, now() - entry.storedAt),
      renew,
    }
  }
}
