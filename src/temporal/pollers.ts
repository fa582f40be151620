/** Who polls a task queue: whoever does is seen at the begin of each long poll, and forgotten after five minutes. */
import type { Client } from '@temporalio/client'
import { temporal } from '@temporalio/proto'

const TYPES = {
  workflow: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  activity: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}

export interface Poller {
  identity: string
  /** By Temporal's clock, epoch milliseconds. */
  lastPollAt: number
}

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
  return (pollers ?? []).map(({ identity, lastAccessTime }) => ({
    identity: identity ?? '',
    lastPollAt: millisecondsOf(lastAccessTime),
  }))
}

type Timestamp = { seconds?: unknown; nanos?: number | null } | null | undefined

/** Of the server's form; 0: there is none. */
export const millisecondsOf = (time: Timestamp): number =>
  Number(time?.seconds ?? 0) * 1_000 + (time?.nanos ?? 0) / 1e6
