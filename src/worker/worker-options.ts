/** The settings of every worker, each with its reason. The benchmark's floor runs under the same ones. */
import type { WorkerOptions } from '@temporalio/worker'

export const WORKER_OPTIONS = {
  // A call waits for its provider, it costs next to nothing: 100 slots, the SDK's default, would soon be full of one hung provider's.
  maxConcurrentActivityTaskExecutions: 2_000,
  // Its sticky queue is what a dead worker's next task would wait in first.
  stickyQueueScheduleToStartTimeout: 1_000,
  // Heartbeats are sent on a timer at half the timeout: the SDK must not hold them back further.
  maxHeartbeatThrottleInterval: 1_000,
  // Below the 30 s that Kubernetes and `docker stop` configurations commonly leave between SIGTERM and SIGKILL.
  shutdownGraceTime: 25_000,
  shutdownForceTime: 28_000,
} as const satisfies Partial<WorkerOptions>
