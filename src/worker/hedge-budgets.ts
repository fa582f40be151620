/**
 * What each route may hedge, as this worker counts it: its own share of the requests, whatever others do. Callers may
 * name any target as a route: only the ROUTES_AT_MOST that were used last are kept.
 */
import type { ActivityDeps } from '../../activities'
import { countRequest, type HedgeBucket, newBucket, takeHedge } from '../domain/routing/hedge-budget'

const ROUTES_AT_MOST = 1_000

export function createHedgeBudgets(now: () => number): ActivityDeps['hedges'] {
  const buckets = new Map<string, HedgeBucket>()
  const keep = (route: string, bucket: HedgeBucket): void => {
    buckets.delete(route)
    buckets.set(route, bucket)
    const [oldest] = buckets.keys()
    if (buckets.size > ROUTES_AT_MOST && oldest !== undefined) buckets.delete(oldest)
  }
  const bucketOf = (route: string): HedgeBucket => buckets.get(route) ?? newBucket(now())
  return {
    count(route, share) {
      keep(route, countRequest(bucketOf(route), share, now()))
    },
    take(route) {
      const { bucket, allowed } = takeHedge(bucketOf(route), now())
      keep(route, bucket)
      return allowed
    },
  }
}
