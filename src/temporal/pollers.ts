/** Who polls a task queue: whoever does is seen at the begin of each long poll, and forgotten after five minutes. */
import type { Client } from '@temporalio/client'
import { temporal } from '@temporalio/proto'

const TYPES = {
  workflow: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  activity: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
  nexus: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_NEXUS,
}

export interface Poller {
  /** Of the worker, also where it stands in for another build. */
  identity: string
  /** The build it names; null: none. */
  buildId: string | null
  /** It runs the workflows of an earlier build, whose own workers may be gone. */
  standIn: boolean
  /** By Temporal's clock, epoch milliseconds. */
  lastPollAt: number
}

const STAND_IN = '/build-'

/** The identity of the worker `identity` where it stands in for a build. */
export const standInIdentity = (identity: string, buildId: string): string =>
  `${identity}${STAND_IN}${buildId}`

/** In the client's namespace. Throws what Temporal throws. */
export async function pollersOf(
  client: Client,
  taskQueue: string,
  type: keyof typeof TYPES,
): Promise<Poller[]> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TYPES[type],
  })
  return (pollers ?? []).map(({ identity, lastAccessTime, deploymentOptions }) => ({
    identity: identity?.split(STAND_IN, 1)[0] ?? '',
    buildId: deploymentOptions?.buildId || null,
    standIn: identity?.includes(STAND_IN) === true,
    lastPollAt: millisecondsOf(lastAccessTime),
  }))
}

type Timestamp = { seconds?: unknown; nanos?: number | null } | null | undefined

/** Of the server's form; 0: there is none. */
export const millisecondsOf = (time: Timestamp): number =>
  Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1e6
