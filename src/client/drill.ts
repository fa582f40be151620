/**
 * Drills, as an operator starts and follows them. A drill is a workflow: it goes on without whoever started it.
 *
 * CLIENT-DRILL-1 One that no worker takes within NO_WORKER_MS is ended, and is an error: whoever waits for it learns why.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  ApplicationFailure,
  type Client,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client'
import {
  DRILL_PROGRESS_QUERY,
  DRILL_REFUSED,
  DRILL_WORKFLOW,
  type DrillInput,
  drillMemo,
} from '../contract/drill'
import { HoldfastError, invalidRequest } from '../contract/errors'
import { BATCH_PRIORITY } from '../contract/generation'
import type { DrillReport } from '../domain/drill/report'
import { grpcReason } from './grpc-errors'

const POLL_MS = 500
const QUERY_DEADLINE_MS = 5_000
const NO_WORKER_MS = 60_000
/** Far more than any takes: its generations have time limits of their own. */
const EXECUTION_TIMEOUT = '1d'

export interface StartedDrill {
  id: string
  /** Of the run in Temporal. */
  runId: string
}

/** What every drill is started with, by hand or by its schedule. `whole`: its end counts for the metrics. */
export const drillStart = (input: DrillInput, taskQueue: string, whole: boolean) => ({
  taskQueue,
  args: [input],
  workflowExecutionTimeout: EXECUTION_TIMEOUT,
  priority: { priorityKey: BATCH_PRIORITY },
  memo: drillMemo({ kind: whole ? 'faults' : null }),
  staticSummary: 'drill of the fault table: no call reaches a provider',
})

/** Throws HoldfastError `unavailable`. */
export async function startDrill(
  client: Client,
  input: DrillInput,
  taskQueue: string,
): Promise<StartedDrill> {
  const workflowId = `holdfast-drill-${randomUUID()}`
  const whole = input.routes === undefined && input.faults === undefined
  try {
    const handle = await client.workflow.start(DRILL_WORKFLOW, {
      ...drillStart(input, taskQueue, whole),
      workflowId,
    })
    return { id: workflowId, runId: handle.firstExecutionRunId }
  } catch (error) {
    throw unavailable(`the drill was not started: ${grpcReason(error)}`, error)
  }
}

/**
 * Resolves with its end. Throws HoldfastError: `invalid_request` where its workers refuse it, `unavailable`.
 * @param onProgress called with what has ended so far; the last time with the end
 */
export async function followDrill(
  client: Client,
  { id, runId }: StartedDrill,
  taskQueue: string,
  onProgress: (report: DrillReport) => void,
): Promise<DrillReport> {
  const handle = client.workflow.getHandle<() => Promise<DrillReport>>(id, runId)
  const over = new AbortController()
  const ended = handle.result().finally(() => over.abort())
  const [report] = await Promise.all([
    ended.catch((error: unknown) => {
      throw endedBadly(error, id)
    }),
    followed(client, handle, taskQueue, onProgress, over.signal),
  ])
  onProgress(report)
  return report
}

async function followed(
  client: Client,
  handle: WorkflowHandle,
  taskQueue: string,
  onProgress: (report: DrillReport) => void,
  over: AbortSignal,
): Promise<void> {
  const startedAt = Date.now()
  let taken = false
  while (!over.aborted) {
    const report = await progressOf(client, handle)
    if (over.aborted) return
    if (report !== null && report.total > 0) {
      taken = true
      onProgress(report)
    }
    // CLIENT-DRILL-1
    if (!taken && Date.now() - startedAt > NO_WORKER_MS) {
      await handle.terminate('no worker took it').catch(() => undefined)
      throw unavailable(
        `no worker on task queue ${taskQueue} took the drill within ${NO_WORKER_MS / 1_000} s; it was ended`,
      )
    }
    await pause(POLL_MS, undefined, { signal: over }).catch(() => undefined)
  }
}

/** null: no worker answers now. */
async function progressOf(client: Client, handle: WorkflowHandle): Promise<DrillReport | null> {
  try {
    return await client.withDeadline(Date.now() + QUERY_DEADLINE_MS, () =>
      handle.query<DrillReport>(DRILL_PROGRESS_QUERY),
    )
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw unavailable('the drill is not there any longer', error)
    return null
  }
}

function endedBadly(error: unknown, id: string): HoldfastError {
  const cause = error instanceof WorkflowFailedError ? error.cause : error
  if (cause instanceof ApplicationFailure && cause.type === DRILL_REFUSED)
    return invalidRequest(cause.message)
  return unavailable(`the drill ${id} did not end by itself: ${grpcReason(cause)}`, error)
}

export const unavailable = (message: string, cause?: unknown): HoldfastError =>
  new HoldfastError({ kind: 'unavailable', message, accepted: 'unknown', cause })
