/** What each route may hedge, as this worker counts it: its own share of the requests, whatever others do. */
import type { ActivityDeps } from '../../activities'
import { countRequest, type HedgeBucket, newBucket, takeHedge } from '../domain/hedge-budget'

export function createHedgeBudgets(now: () => number): ActivityDeps['hedges'] {
  const buckets = new Map<string, HedgeBucket>()
  const bucketOf = (route: string): HedgeBucket => buckets.get(route) ?? newBucket(now())
  return {
    count(route, share) {
      buckets.set(route, countRequest(bucketOf(route), share, now()))
    },
    take(route) {
      const { bucket, allowed } = takeHedge(bucketOf(route), now())
      buckets.set(route, bucket)
      return allowed
    },
  }
}
