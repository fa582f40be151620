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

export async function historySize(client: Client, workflowId: string): Promise<HistorySize> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory()
  const events = history.events ?? []
  return {
    events: events.length,
    bytes: History.encode(history).finish().length,
    types: events.map(({ eventType }) => (EventType[eventType ?? 0] ?? '?').replace('EVENT_TYPE_', '')),
  }
}
