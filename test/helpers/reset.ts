/** What an operator does with `temporal workflow reset`. */
import { randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'

/** To the end of its first workflow task, or of the last one that was completed. */
export async function resetRun(client: Client, workflowId: string, point: 'first' | 'last'): Promise<void> {
  const handle = client.workflow.getHandle(workflowId)
  const [{ runId }, history] = await Promise.all([handle.describe(), handle.fetchHistory()])
  const tasks = (history.events ?? []).filter(
    ({ workflowTaskCompletedEventAttributes: ended }) => ended != null,
  )
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: (point === 'first' ? tasks[0] : tasks.at(-1))?.eventId ?? null,
    reason: 'the provider is well again',
    requestId: randomUUID(),
  })
}
