/** Temporal's floor: the least workflow that makes one call durable. */
import { proxyActivities } from '@temporalio/workflow'
import type { FloorActivities } from './activities'

const { callOnce } = proxyActivities<FloorActivities>({ startToCloseTimeout: '125s' })

export async function floor(request: unknown): Promise<string> {
  return callOnce(request)
}
