/** What the delivery log has of a generation, before a call or the whole of it counts as failed (activities/last-look.ts). */
import { isCancellation, log, patched, proxyLocalActivities } from '@temporalio/workflow'
import type { Activities, LastLook, LateResult } from '../src/contract/generation'

const PATCH = 'last-look'

const { lastLook } = proxyLocalActivities<Pick<Activities, 'lastLook'>>({
  startToCloseTimeout: '2s',
  retry: { maximumAttempts: 2, initialInterval: '100ms' },
})

/** null: nobody has answered, or it can't be known. */
export async function lookAt(look: LastLook): Promise<LateResult | null> {
  // Histories of earlier builds have no such look.
  if (!patched(PATCH)) return null
  try {
    return await lastLook(look)
  } catch (error) {
    if (!isCancellation(error)) log.error('the delivery log could not be read', { event: 'last_look' })
    return null
  }
}
