/** The composition root: config, environment, HTTP and logger become one Temporal worker. */
import { type NativeConnection, Worker } from '@temporalio/worker'
import { type Activities, DEFAULT_TASK_QUEUE } from '../contract/generation'
import { createClient, type WorkerSeams } from '../temporal/options'
import { openResources, type ResourceSettings, type WorkerResources } from './resources'
import { shutdownTimes } from './shutdown-times'
import { ownIdentity, WORKER_OPTIONS, workerOptions } from './worker-options'

export interface WorkerSettings
  extends Omit<ResourceSettings, 'client' | 'identity' | 'taskQueue' | 'slots'> {
  connection: NativeConnection
  namespace: string
  /** Default: HOLDFAST_TASK_QUEUE, or `holdfast`. */
  taskQueue?: string | undefined
  /** Calls in flight at most. Default: WORKER_OPTIONS. */
  slots?: number | undefined
  /** What the user's Temporal application brings along. Default: nothing. */
  seams?: WorkerSeams | undefined
}

export interface HoldfastWorker extends Pick<WorkerResources, 'delivery' | 'inProcess'> {
  taskQueue: string
  /** How it sees the providers. */
  circuitSnapshot: Activities['readCircuits']
  /** Rejects when the worker breaks; resolves when it has drained after `drain`. */
  running: Promise<void>
  /** Takes no more tasks, lets calls in flight end (`shutdownTimes`), hands the rest to other workers. */
  drain(): Promise<void>
}

/** Starts polling at once. Throws when the bundle or the namespace can't be had. */
export async function startWorker(settings: WorkerSettings): Promise<HoldfastWorker> {
  const { env, connection, namespace, seams } = settings
  const taskQueue = settings.taskQueue ?? (env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE)
  const slots = settings.slots ?? WORKER_OPTIONS.maxConcurrentActivityTaskExecutions
  const identity = ownIdentity()
  const client = createClient(connection, namespace, seams)
  const resources = await openResources({ ...settings, client, taskQueue, identity, slots })
  const { activities, delivery, inProcess } = resources
  const worker = await Worker.create(
    await workerOptions({ env, connection, namespace, taskQueue, identity, slots, seams, activities }),
  )
  const running = worker.run().finally(() => resources.close(shutdownTimes(env).shutdownGraceTime))
  return {
    taskQueue,
    delivery,
    inProcess,
    circuitSnapshot: activities.readCircuits,
    running,
    async drain() {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await running
    },
  }
}
