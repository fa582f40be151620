/**
 * Drills, as an operator starts and follows them. A drill is a workflow: it goes on without whoever started it.
 *
 * CLIENT-DRILL-1 One that no worker takes within NO_WORKER_MS is ended, and is an error: whoever waits for it learns why.
 * CLIENT-DRILL-2 One failover drill of a target runs at a time.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  ApplicationFailure,
  type Client,
  WorkflowExecutionAlreadyStartedError,
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
  FAILOVER_WORKFLOW,
  type FailoverInput,
} from '../contract/drill'
import { HoldfastError, invalidRequest } from '../contract/errors'
import { BATCH_PRIORITY } from '../contract/generation'
import type { FailoverReport } from '../domain/drill/failover'
import type { DrillReport } from '../domain/drill/report'
import { grpcReason } from './grpc-errors'

const POLL_MS = 500
const QUERY_DEADLINE_MS = 5_000
const NO_WORKER_MS = 60_000
/** Far more than any takes: its generations have time limits of their own. */
const EXECUTION_TIMEOUT = '1d'

export interface StartedDrill<Report> {
  id: string
  handle: WorkflowHandle<() => Promise<Report>>
  taskQueue: string
}

/** What every drill is started with, by hand or by its schedule. `whole`: its end counts for the metrics. */
export const drillStart = (input: DrillInput, taskQueue: string, whole: boolean) =>
  ({
    taskQueue,
    args: [input] as [DrillInput],
    workflowExecutionTimeout: EXECUTION_TIMEOUT,
    priority: { priorityKey: BATCH_PRIORITY },
    memo: drillMemo({ kind: whole ? 'faults' : null }),
    staticSummary: 'drill of the fault table: no call reaches a provider',
  }) as const

/** Throws HoldfastError `unavailable`. */
export async function startDrill(
  client: Client,
  input: DrillInput,
  taskQueue: string,
): Promise<StartedDrill<DrillReport>> {
  const id = `holdfast-drill-${randomUUID()}`
  const whole = input.routes === undefined && input.faults === undefined
  try {
    const handle = await client.workflow.start<(given: DrillInput) => Promise<DrillReport>>(DRILL_WORKFLOW, {
      ...drillStart(input, taskQueue, whole),
      workflowId: id,
    })
    return { id, handle, taskQueue }
  } catch (error) {
    throw unavailable(`the drill was not started: ${grpcReason(error)}`, error)
  }
}

/** Throws HoldfastError: `conflict` where one of this target runs, `unavailable`. */
export async function startFailover(
  client: Client,
  input: FailoverInput,
  taskQueue: string,
): Promise<StartedDrill<FailoverReport>> {
  const id = `holdfast-failover-${input.target}`
  try {
    const handle = await client.workflow.start<(given: FailoverInput) => Promise<FailoverReport>>(
      FAILOVER_WORKFLOW,
      {
        taskQueue,
        args: [input],
        // CLIENT-DRILL-2
        workflowId: id,
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowExecutionTimeout: EXECUTION_TIMEOUT,
        memo: drillMemo({ kind: 'failover' }),
        staticSummary: `failover drill: ${input.target} is forced open for a while`,
      },
    )
    return { id, handle, taskQueue }
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError)
      throw new HoldfastError({
        kind: 'conflict',
        message: `a failover drill of ${input.target} runs already (${id})`,
        accepted: false,
      })
    throw unavailable(`the drill was not started: ${grpcReason(error)}`, error)
  }
}

/**
 * Resolves with its end. Throws HoldfastError: `invalid_request` where its workers refuse it, `unavailable`.
 * @param onProgress called with what has ended so far; the last time with the end
 */
export async function followDrill<Report extends { total: number }>(
  client: Client,
  { id, handle, taskQueue }: StartedDrill<Report>,
  onProgress: (report: Report) => void = () => undefined,
): Promise<Report> {
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

async function followed<Report extends { total: number }>(
  client: Client,
  handle: WorkflowHandle,
  taskQueue: string,
  onProgress: (report: Report) => void,
  over: AbortSignal,
): Promise<void> {
  const startedAt = Date.now()
  let taken = false
  while (!over.aborted) {
    const report = await progressOf<Report>(client, handle)
    if (over.aborted) return
    taken ||= report !== null
    if (report !== null && report.total > 0) onProgress(report)
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
async function progressOf<Report>(client: Client, handle: WorkflowHandle): Promise<Report | null> {
  try {
    return await client.withDeadline(Date.now() + QUERY_DEADLINE_MS, () =>
      handle.query<Report>(DRILL_PROGRESS_QUERY),
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

const unavailable = (message: string, cause?: unknown): HoldfastError =>
  new HoldfastError({ kind: 'unavailable', message, accepted: 'unknown', cause })
