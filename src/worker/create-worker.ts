/** The composition root: config, environment, HTTP and logger become one Temporal worker. */
import { defaultSinks, type NativeConnection, Worker } from '@temporalio/worker'
import { type Activities, DEFAULT_TASK_QUEUE } from '../contract/generation'
import { temporalLogger } from '../telemetry'
import { withDataConverter } from '../temporal/data-converter'
import { changesBundle, createClient, type WorkerSeams } from '../temporal/options'
import { startBuildWorkers } from './builds'
import { nexusService } from './nexus'
import { openResources, type ResourceSettings, type WorkerResources } from './resources'
import { shutdownTimes } from './shutdown-times'
import { EXPRESS_CALLS, hasExpress, ownIdentity, WORKER_OPTIONS, workerOptions } from './worker-options'

export interface WorkerSettings
  extends Omit<ResourceSettings, 'client' | 'identity' | 'taskQueue' | 'slots' | 'expressCalls'> {
  connection: NativeConnection
  namespace: string
  /** Default: HOLDFAST_TASK_QUEUE, or `holdfast`. */
  taskQueue?: string | undefined
  /** Calls in flight at most. Default: WORKER_OPTIONS. */
  slots?: number | undefined
  /** What the user's Temporal application brings along. Default: nothing. */
  seams?: WorkerSeams | undefined
  /** Keeps the workflow code of builds that run here, for generations that wait across a deploy. Default: HOLDFAST_BUILDS. */
  buildsFolder?: string | undefined
}

export interface HoldfastWorker extends Pick<WorkerResources, 'delivery' | 'inProcess'> {
  taskQueue: string
  /** By which it polls. */
  identity: string
  /** What it names to Temporal as its build. null: nothing. */
  buildId: string | null
  /** How it sees the providers. */
  circuitSnapshot: Activities['readCircuits']
  /** Rejects when the worker breaks; resolves when it has drained after `drain`. */
  running: Promise<void>
  /** Takes no more tasks, lets calls in flight end (`shutdownTimes`), hands the rest to other workers. */
  drain(): Promise<void>
}

/** Starts polling at once. Throws when the bundle or the namespace can't be had. */
export async function startWorker(settings: WorkerSettings): Promise<HoldfastWorker> {
  const { env, config, connection, namespace } = settings
  const seams = withDataConverter(settings.seams ?? {}, { env, config })
  const taskQueue = settings.taskQueue ?? (env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE)
  const slots = settings.slots ?? WORKER_OPTIONS.maxConcurrentActivityTaskExecutions
  const identity = ownIdentity()
  const client = createClient(connection, namespace, seams)
  const express = hasExpress(config)
  const expressCalls = express ? EXPRESS_CALLS : undefined
  const resources = await openResources({ ...settings, client, taskQueue, identity, slots, expressCalls })
  const { activities, sinks, delivery, inProcess } = resources
  const close = (): Promise<void> => resources.close(shutdownTimes(env).shutdownGraceTime)
  const nexusServices = settings.config.nexus === null ? [] : [nexusService(async () => resources.nexus)]
  const shared = { env, connection, namespace, taskQueue, slots, express, seams }
  const common = {
    ...shared,
    activities,
    // The runtime's logger keeps lines back to put them in order with its core's: workflows' own would come after what
    // followed them, and be lost with their process.
    sinks: { ...defaultSinks(temporalLogger(settings.logger)), ...sinks },
  }
  const workers = await startBuildWorkers({
    env,
    client,
    connection,
    taskQueue,
    identity,
    folder: settings.buildsFolder,
    ownSandbox: changesBundle(seams),
    logger: settings.logger,
    now: resources.now,
    create: async (build) =>
      // Of a stand-in, which runs an earlier build's workflows: nothing new begins there.
      Worker.create(
        await workerOptions({ ...common, build, ...(build.code === undefined ? { nexusServices } : {}) }),
      ),
  }).catch(async (error: unknown) => {
    await close()
    throw error
  })
  const running = workers.running.finally(close)
  return {
    taskQueue,
    identity,
    buildId: workers.buildId,
    delivery,
    inProcess,
    circuitSnapshot: activities.readCircuits,
    running,
    async drain() {
      resources.endExpress(shutdownTimes(env).shutdownGraceTime)
      workers.shutdown()
      await running
    },
  }
}
