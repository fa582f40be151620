/** The options of every worker, each with its reason. The benchmark's floor runs under the same ones. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { NativeConnection, WorkerOptions } from '@temporalio/worker'
import type { Config, Env } from '../config'
import type { Activities } from '../contract/generation'
import { type WorkerSeams, workerSeamOptions } from '../temporal/options'
import { bundledSource, workflowSource } from '../temporal/workflow-bundle'
import type { Sinks } from './report-sinks'
import { shutdownTimes } from './shutdown-times'

export const WORKER_OPTIONS = {
  // A call waits for its provider, it costs next to nothing: 100 slots, the SDK's default, would soon be full of one hung provider's.
  maxConcurrentActivityTaskExecutions: 2_000,
  // Its sticky queue is what a dead worker's next task would wait in first.
  stickyQueueScheduleToStartTimeout: 1_000,
  // Heartbeats are sent on a timer at half the timeout: the SDK must not hold them back further.
  maxHeartbeatThrottleInterval: 1_000,
} as const satisfies Partial<WorkerOptions>

/** The SDK's defaults. */
const WORKFLOW_TASKS = 40
const LOCAL_ACTIVITIES = 100

/** Calls of the express lane at a time, in a worker whose config has such a route. */
export const EXPRESS_CALLS = 200

/** Each call of the express lane holds a slot for workflow tasks and one for local activities: the others keep theirs. */
export const EXPRESS_OPTIONS = {
  maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASKS + EXPRESS_CALLS,
  maxConcurrentLocalActivityExecutions: LOCAL_ACTIVITIES + EXPRESS_CALLS,
} as const satisfies Partial<WorkerOptions>

export const hasExpress = ({ routes }: Pick<Config, 'routes'>): boolean =>
  Object.values(routes).some(({ express }) => express)

/** Temporal's usual form, and something of its own: containers like to be process 1 of one host name. */
export const ownIdentity = (): string => `${process.pid}@${hostname()}/${randomBytes(3).toString('hex')}`

export interface WorkerOptionSettings {
  env: Env
  connection: NativeConnection
  namespace: string
  taskQueue: string
  /** Calls in flight at most. */
  slots: number
  /** Has a route of its config an express lane? */
  express: boolean
  seams?: WorkerSeams | undefined
  activities: Activities
  /** Count what workflows say. */
  sinks: Sinks & WorkerOptions['sinks']
  build: BuildOptions
  /** Without one the worker does not poll for Nexus tasks. */
  nexusServices?: WorkerOptions['nexusServices']
}

/** What differs between the workers of one process: each runs the workflows of one build. */
export interface BuildOptions extends Pick<WorkerOptions, 'workerDeploymentOptions'> {
  identity: string
  /** Of an earlier build. Absent: the workflows are this version's own. */
  code?: string
}

/** Of Holdfast's own worker. Throws when the bundle can't be had. */
export async function workerOptions({
  env,
  connection,
  namespace,
  taskQueue,
  slots,
  express,
  seams,
  activities,
  sinks,
  build: { code, ...build },
  nexusServices = [],
}: WorkerOptionSettings): Promise<WorkerOptions> {
  return {
    ...WORKER_OPTIONS,
    ...(express ? EXPRESS_OPTIONS : {}),
    ...shutdownTimes(env),
    ...workerSeamOptions(connection, seams),
    ...(code === undefined ? await workflowSource(seams) : bundledSource(code, seams)),
    maxConcurrentActivityTaskExecutions: slots,
    ...build,
    namespace,
    taskQueue,
    activities: { ...activities },
    nexusServices,
    sinks,
  }
}
