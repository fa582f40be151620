/** The composition root: config, environment, HTTP and logger become one Temporal worker. */
import { type NativeConnection, Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { createActivities } from '../../activities'
import type { Config, Env } from '../config'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { createHttpClient } from '../http'
import { workflowBundle } from '../temporal/workflow-bundle'
import { providerAccess } from './access'

export interface WorkerSettings {
  config: Config
  env: Env
  connection: NativeConnection
  namespace: string
  logger: Logger
  /** Default: HOLDFAST_TASK_QUEUE, or `holdfast`. */
  taskQueue?: string | undefined
}

export interface HoldfastWorker {
  taskQueue: string
  /** Rejects when the worker breaks; resolves when it has drained after `drain`. */
  running: Promise<void>
  /** Takes no more tasks, lets calls in flight end for SHUTDOWN_GRACE_MS, hands the rest to other workers. */
  drain(): Promise<void>
}

/** A call waits for its provider, it costs next to nothing: 100 slots, the SDK's default, would soon be full of one hung provider's. */
const ACTIVITY_SLOTS = 2_000

/** Its sticky queue is what a dead worker's next task would wait in first. */
const STICKY_TIMEOUT_MS = 1_000

/** Heartbeats are sent on a timer at half the timeout: the SDK must not hold them back further. */
const HEARTBEAT_THROTTLE_MS = 1_000

/** Below the 30 s that Kubernetes and `docker stop` configurations commonly leave between SIGTERM and SIGKILL. */
const SHUTDOWN_GRACE_MS = 25_000
const SHUTDOWN_FORCE_MS = 28_000

/** Starts polling at once. Throws when the bundle or the namespace can't be had. */
export async function startWorker(settings: WorkerSettings): Promise<HoldfastWorker> {
  const { config, env, connection, namespace, logger } = settings
  const taskQueue = settings.taskQueue ?? env.HOLDFAST_TASK_QUEUE ?? DEFAULT_TASK_QUEUE
  const http = createHttpClient({ env })
  const activities = createActivities({
    ...providerAccess(config, env),
    http,
    logger,
    now: Date.now,
    random: Math.random,
  })
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: { ...activities },
    maxConcurrentActivityTaskExecutions: ACTIVITY_SLOTS,
    stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT_MS,
    maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
    shutdownGraceTime: SHUTDOWN_GRACE_MS,
    shutdownForceTime: SHUTDOWN_FORCE_MS,
  })
  const running = worker.run().finally(() => http.close())
  return {
    taskQueue,
    running,
    async drain() {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await running
    },
  }
}
