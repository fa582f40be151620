import type { Client } from '@temporalio/client'
import { temporal } from '@temporalio/proto'

export interface Readiness {
  ok: boolean
  temporal: boolean
  worker: boolean
}

/** A probe asks every few seconds, and has little patience itself. */
const PROBE_DEADLINE_MS = 1_000

/** Temporal forgets a poller after five minutes; one that polls now was seen within a long poll's length. */
const POLLED_WITHIN_MS = 70_000

/** Temporal does not answer. */
export const NOT_READY: Readiness = { ok: false, temporal: false, worker: false }

/** Ready: Temporal answers, and a worker polls the task queue. Never throws. */
export async function readiness(client: Client, namespace: string, taskQueue: string): Promise<Readiness> {
  try {
    const { pollers } = await client.connection.withDeadline(Date.now() + PROBE_DEADLINE_MS, () =>
      client.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
      }),
    )
    const worker = pollers.some(
      ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 > Date.now() - POLLED_WITHIN_MS,
    )
    return { ok: worker, temporal: true, worker }
  } catch {
    return NOT_READY
  }
}
