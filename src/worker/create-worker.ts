/** The composition root: config, environment, HTTP and logger become one Temporal worker. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { Client } from '@temporalio/client'
import { type NativeConnection, Worker } from '@temporalio/worker'
import type { Logger } from 'pino'
import { type ActivityDeps, createActivities } from '../../activities'
import { createBoard } from '../circuits'
import type { Config, Env } from '../config'
import { type Activities, DEFAULT_TASK_QUEUE, DUE_SIGNAL } from '../contract/generation'
import type { InProcessRunner } from '../contract/in-process'
import { type DeliveryLog, openDelivery } from '../stores/delivery'
import { workflowBundle } from '../temporal/workflow-bundle'
import { createWorkerClock } from './clock'
import { processDeps } from './deps'
import { createInProcess } from './in-process'
import { countCacheEvents, countRescues, countUnreadable } from './meters'
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
  /** Calls in flight at most. Default: WORKER_OPTIONS. */
  slots?: number | undefined
  /** As of ActivityDeps. */
  maxAnswerBytes?: number | undefined
  /** This machine's clock, epoch milliseconds. Default: `Date.now`. */
  now?: (() => number) | undefined
  /** One that is shared with others, who close it. Default: one of its own, by the config. */
  delivery?: DeliveryLog | undefined
}

export interface HoldfastWorker {
  taskQueue: string
  /** How it sees the providers. */
  circuitSnapshot: Activities['readCircuits']
  /** What its calls say, for those in this process who wait for it. */
  delivery: DeliveryLog
  /** For this process' clients, while Temporal is away. null: the config does not want it. */
  inProcess: InProcessRunner | null
  /** Rejects when the worker breaks; resolves when it has drained after `drain`. */
  running: Promise<void>
  /** Takes no more tasks, lets calls in flight end (`shutdownTimes`), hands the rest to other workers. */
  drain(): Promise<void>
}

/** Starts polling at once. Throws when the bundle or the namespace can't be had. */
export async function startWorker(settings: WorkerSettings): Promise<HoldfastWorker> {
  const { config, env, connection, namespace, logger } = settings
  const taskQueue = settings.taskQueue ?? (env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE)
  const slots = settings.slots ?? WORKER_OPTIONS.maxConcurrentActivityTaskExecutions
  const identity = ownIdentity()
  const client = new Client({ connection, namespace })
  const clock = createWorkerClock(settings.now)
  const board = createBoard({
    client,
    taskQueue,
    identity,
    providers: Object.keys(config.providers),
    logger,
    onUnreadable: countUnreadable(),
    now: clock.now,
  })
  const own = processDeps({ config, env, logger, slots, onCacheEvent: countCacheEvents(), clock })
  const delivery = settings.delivery ?? (await openDelivery(config.delivery, { env, logger }))
  const deps: ActivityDeps = {
    ...own.deps,
    searchAttributes: settings.searchAttributes,
    circuits: board,
    delivery,
    onRescue: countRescues(),
    maxAnswerBytes: settings.maxAnswerBytes,
    signalDue: ({ workflowId, runId }, order) => {
      // One that is not told is woken by its own timer, later.
      client.workflow
        .getHandle(workflowId, runId)
        .signal(DUE_SIGNAL, order)
        .catch((error) => logger.debug({ event: 'due_not_told', err: error }, 'a slow call was not told'))
    },
  }
  const inProcess = config.whenTemporalDown === 'direct' ? await createInProcess(deps) : null
  const activities = createActivities(deps)
  const worker = await Worker.create({
    ...WORKER_OPTIONS,
    ...shutdownTimes(env),
    maxConcurrentActivityTaskExecutions: slots,
    identity,
    connection,
    namespace,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: { ...activities },
  })
  const running = worker.run().finally(async () => {
    await inProcess?.drain(shutdownTimes(env).shutdownGraceTime)
    await own.endProbes()
    await board.close()
    if (settings.delivery === undefined) await delivery.close()
    await own.close()
  })
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

/** Temporal's usual form, and something of its own: containers like to be process 1 of one host name. */
const ownIdentity = (): string => `${process.pid}@${hostname()}/${randomBytes(3).toString('hex')}`
