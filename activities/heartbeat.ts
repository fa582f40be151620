/**
 * Heartbeats on a timer. The first comes after half of the heartbeat timeout, so that a quick call
 * sends none: on Temporal Cloud each one is a billable action.
 */
import type { Context } from '@temporalio/activity'

export function startHeartbeat(
  context: Pick<Context, 'heartbeat'>,
  heartbeatTimeoutMs: number,
  details: () => unknown,
): { stop(): void } {
  const timer = setInterval(() => context.heartbeat(details()), heartbeatTimeoutMs / 2)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
