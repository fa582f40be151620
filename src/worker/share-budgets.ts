/**
 * What each route may hedge, or retry, as this worker counts it: its own share of the requests, whatever others do. Callers may
 * name any target as a route: only the ROUTES_AT_MOST that were used last are kept.
 */
import type { ActivityDeps } from '../../activities'
import { countRequest, newBucket, type ShareBucket, takeOne } from '../domain/routing/share-bucket'

const ROUTES_AT_MOST = 1_000

export function createShareBudgets(now: () => number): ActivityDeps['hedges'] {
  const buckets = new Map<string, ShareBucket>()
  const keep = (route: string, bucket: ShareBucket): void => {
    buckets.delete(route)
    buckets.set(route, bucket)
    const [oldest] = buckets.keys()
    if (buckets.size > ROUTES_AT_MOST && oldest !== undefined) buckets.delete(oldest)
  }
  const bucketOf = (route: string): ShareBucket => buckets.get(route) ?? newBucket(now())
  return {
    count(route, share) {
      keep(route, countRequest(bucketOf(route), share, now()))
    },
    take(route) {
      const { bucket, allowed } = takeOne(bucketOf(route), now())
      keep(route, bucket)
      return allowed
    },
  }
}
