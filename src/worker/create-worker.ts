/** The composition root: config, environment, HTTP and logger become one Temporal worker. */
import { type NativeConnection, Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { createActivities } from '../../activities'
import type { Config, Env } from '../config'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { createHttpClient } from '../http'
import { workflowBundle } from '../temporal/workflow-bundle'
import { providerAccess } from './access'
import { createKeyRing } from './key-ring'
import { shutdownTimes, WORKER_OPTIONS } from './worker-options'

export interface WorkerSettings {
  config: Config
  env: Env
  connection: NativeConnection
  namespace: string
  logger: Logger
  /** Are Holdfast's search attributes registered there? */
  searchAttributes: boolean
  /** Default: HOLDFAST_TASK_QUEUE, or `holdfast`. */
  taskQueue?: string | undefined
}

export interface HoldfastWorker {
  taskQueue: string
  /** Rejects when the worker breaks; resolves when it has drained after `drain`. */
  running: Promise<void>
  /** Takes no more tasks, lets calls in flight end (`shutdownTimes`), hands the rest to other workers. */
  drain(): Promise<void>
}

/** Starts polling at once. Throws when the bundle or the namespace can't be had. */
export async function startWorker(settings: WorkerSettings): Promise<HoldfastWorker> {
  const { config, env, connection, namespace, logger } = settings
  const taskQueue = settings.taskQueue ?? (env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE)
  const http = createHttpClient({ env })
  const activities = createActivities({
    config,
    searchAttributes: settings.searchAttributes,
    ...providerAccess(config, env),
    keyRing: createKeyRing(Date.now),
    http,
    logger,
    now: Date.now,
    random: Math.random,
  })
  const worker = await Worker.create({
    ...WORKER_OPTIONS,
    ...shutdownTimes(env),
    connection,
    namespace,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: { ...activities },
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
