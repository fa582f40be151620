/** The settings of every worker, each with its reason. The benchmark's floor runs under the same ones. */
import type { WorkerOptions } from '@temporalio/worker'
import { type Env, parseDuration, readEnv } from '../config'

export const WORKER_OPTIONS = {
  // A call waits for its provider, it costs next to nothing: 100 slots, the SDK's default, would soon be full of one hung provider's.
  maxConcurrentActivityTaskExecutions: 2_000,
  // Its sticky queue is what a dead worker's next task would wait in first.
  stickyQueueScheduleToStartTimeout: 1_000,
  // Heartbeats are sent on a timer at half the timeout: the SDK must not hold them back further.
  maxHeartbeatThrottleInterval: 1_000,
} as const satisfies Partial<WorkerOptions>

/** Below the 30 s that Kubernetes leaves between SIGTERM and SIGKILL. */
const SHUTDOWN_GRACE_MS = 25_000
/** What a call that is handed over then needs to say so. */
const HAND_OVER_MS = 3_000

/** How long calls in flight may go on after SIGTERM: HOLDFAST_SHUTDOWN_GRACE, e.g. `110s`, or 25 s. */
export function shutdownTimes(env: Env): Pick<WorkerOptions, 'shutdownGraceTime' | 'shutdownForceTime'> {
  const text = readEnv(env, 'HOLDFAST_SHUTDOWN_GRACE')
  const graceMs = text === null ? SHUTDOWN_GRACE_MS : parseDuration(text)
  if (graceMs === null) throw new Error(`HOLDFAST_SHUTDOWN_GRACE is "${text}": write a duration such as 25s`)
  return { shutdownGraceTime: graceMs, shutdownForceTime: graceMs + HAND_OVER_MS }
}
