/** What one call leaves behind on the server. */
import type { Client } from '@temporalio/client'
import { temporal } from '@temporalio/proto'

const { History } = temporal.api.history.v1
const { EventType } = temporal.api.enums.v1

export interface HistorySize {
  events: number
  /** As protobuf, the way the server stores it. */
  bytes: number
  /** Names of the events in order, e.g. `WORKFLOW_EXECUTION_STARTED`. */
  types: string[]
}

/** Of a call that was answered. Its workflow's end is waited for: the answer may have come before it. */
export async function historySize(client: Client, workflowId: string): Promise<HistorySize> {
  const handle = client.workflow.getHandle(workflowId)
  await handle.result()
  const history = await handle.fetchHistory()
  const events = history.events ?? []
  return {
    events: events.length,
    bytes: History.encode(history).finish().length,
    types: events.map(({ eventType }) => (EventType[eventType ?? 0] ?? '?').replace('EVENT_TYPE_', '')),
  }
}

/** Has its workflow not ended yet? Read right after an answer: true means that the answer was there before the end. */
export async function isOpen(client: Client, workflowId: string): Promise<boolean> {
  const { status } = await client.workflow.getHandle(workflowId).describe()
  return status.name === 'RUNNING'
}
