/**
 * How the last drills have ended: read from Temporal, where it stands whichever process ran or started them.
 *
 * LAST-DRILLS-1 Only whole drills count: of one by hand on a part nobody learns how the rest is.
 * LAST-DRILLS-2 One that did not end by itself (terminated, timed out, refused) has not passed.
 */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client'
import { DRILL_WORKFLOW, type DrillKind, FAILOVER_WORKFLOW, readDrillMemo } from '../contract/drill'

export interface LastDrill {
  kind: DrillKind
  passed: boolean
  id: string
  runId: string
  /** `completed`, or how else Temporal says that it ended. */
  status: string
  /** Epoch milliseconds. */
  startedAt: number
  endedAt: number
}

/** The index lists the latest first; those on a part stand between. */
const LOOKED_AT = 100

/** One of each kind at most. Throws what Temporal throws. */
export async function readLastDrills(client: Client, taskQueue: string): Promise<LastDrill[]> {
  const found = await Promise.all(
    [DRILL_WORKFLOW, FAILOVER_WORKFLOW].map((type) => lastOf(client, type, taskQueue)),
  )
  return found.flatMap((one) => (one === null ? [] : [one]))
}

async function lastOf(client: Client, type: string, taskQueue: string): Promise<LastDrill | null> {
  // Quotes and backslashes never match (server 1.32): such a name is left to the check below.
  const queue = /['"`\\]/.test(taskQueue) ? '' : ` AND TaskQueue = '${taskQueue}'`
  const query = `WorkflowType = '${type}' AND ExecutionStatus != 'Running'${queue}`
  let last: LastDrill | null = null
  let seen = 0
  for await (const execution of client.workflow.list({ query, pageSize: LOOKED_AT })) {
    const drill = execution.taskQueue === taskQueue ? drillOf(execution) : null
    if (drill !== null && drill.endedAt > (last?.endedAt ?? 0)) last = drill
    seen += 1
    if (seen >= LOOKED_AT) break
  }
  return last
}

function drillOf({
  workflowId,
  runId,
  status,
  startTime,
  closeTime,
  memo,
}: Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'status' | 'startTime' | 'closeTime' | 'memo'
>): LastDrill | null {
  const { kind = null, passed = false } = readDrillMemo(memo) ?? {}
  // LAST-DRILLS-1
  if (kind === null || closeTime === undefined) return null
  return {
    kind,
    // LAST-DRILLS-2
    passed: passed && status.name === 'COMPLETED',
    id: workflowId,
    runId,
    status: status.name.toLowerCase(),
    startedAt: startTime.getTime(),
    endedAt: closeTime.getTime(),
  }
}
