/**
 * A generation whose deadline has passed and which has not ended itself: no worker has taken it on. Whether that is so
 * is read from Temporal; the run is left to its end by the server (`EXECUTION_MARGIN_MS`), and makes no call after its
 * deadline.
 */
import type { Client, WorkflowExecutionDescription } from '@temporalio/client'
import { HoldfastError } from '../contract/errors'
import { readGenerationMemo } from '../contract/generation-memo'
import type { FailureClass } from '../domain/failures/failure'
import { readWorkflowFailure } from '../temporal/payloads'
import { millisecondsOf, pollersOf } from '../temporal/pollers'

/** Past the deadline the workflow ends itself; the server ends one that no worker ever took. */
export const EXECUTION_MARGIN_MS = 60_000

/** A workflow task that has waited so long is not only on its way from a lost worker to the next one. */
const STUCK_MS = 5_000

/** A worker that polls is seen at least once a minute. */
const POLLED_WITHIN_MS = 90_000

/** Events of a run that no worker has taken: that it was started, and its first task scheduled. */
const UNTAKEN_EVENTS = 2

const LATEST_EVENTS = 20

/** What the workflow says of a call whose end no worker has reported. */
const NOT_ENDED: ReadonlySet<FailureClass> = new Set(['timeout', 'worker_lost'])

/** Of one that our client has started, epoch milliseconds; undefined: not known. */
export function deadlineOf({ raw, memo }: WorkflowExecutionDescription): number | undefined {
  const expiresAt = raw.workflowExtendedInfo?.executionExpirationTime
  if (readGenerationMemo(memo).body === null || !Number(expiresAt?.seconds ?? 0)) return undefined
  return millisecondsOf(expiresAt) - EXECUTION_MARGIN_MS
}

/** null: a worker has it, and it ends itself. Throws what Temporal throws. */
export async function stuckError(
  client: Client,
  id: string,
  runId: string | undefined,
): Promise<HoldfastError | null> {
  const described = await client.workflow.getHandle(id, runId).describe()
  const { raw, historyLength } = described
  const { pendingWorkflowTask: task } = raw
  if (described.status.name !== 'RUNNING' || task == null) return null
  const waitsMs = Date.now() - millisecondsOf(task.originalScheduledTime)
  const tries = task.attempt ?? 1
  if (historyLength > UNTAKEN_EVENTS && tries <= 1 && waitsMs < STUCK_MS) return null
  return untaken(id, await reasonOf(client, described, deadlineOf(described) ?? Date.now(), tries))
}

/** Why a run that the server has ended was never taken on, or not to its end. Throws what Temporal throws. */
export async function timedOutError(
  client: Client,
  id: string,
  runId: string | undefined,
  cause: unknown,
): Promise<HoldfastError> {
  const described = await client.workflow.getHandle(id, runId).describe()
  const at = described.closeTime?.getTime() ?? Date.now()
  return untaken(id, await reasonOf(client, described, at, 1), cause)
}

/**
 * Of one whose last call ended with the deadline: was it taken by a worker? The workflow can't know. null: it was, or
 * that was not how it ended. Throws what Temporal throws.
 */
export async function untakenCall(
  client: Client,
  id: string,
  runId: string | undefined,
  { kind, attempts }: HoldfastError,
): Promise<string | null> {
  const last = attempts.at(-1)
  if (kind !== 'deadline_exceeded' || last?.failure === undefined || !NOT_ENDED.has(last.failure.class))
    return null
  const events = await latestEvents(client, id, runId)
  const timedOut = events.find(({ activityTaskTimedOutEventAttributes: one }) => one != null)
  const startedId = timedOut?.activityTaskTimedOutEventAttributes?.startedEventId
  return timedOut === undefined || Number(startedId ?? 0) > 0
    ? null
    : `no worker took its call to ${last.target}: those of this task queue take no calls, or have no room for more`
}

const untaken = (generationId: string, message: string, cause?: unknown): HoldfastError =>
  new HoldfastError({ kind: 'deadline_exceeded', message, accepted: true, generationId, cause })

/** `at`: when it should have ended, by Temporal's clock, epoch milliseconds. */
async function reasonOf(
  client: Client,
  { workflowId, runId, taskQueue }: WorkflowExecutionDescription,
  at: number,
  tries: number,
): Promise<string> {
  const failure = await taskFailure(client, workflowId, runId)
  if (failure !== null)
    return `No worker could take the generation on before its deadline: its workflow task fails${tries > 1 ? ` (${tries} tries)` : ''}: ${failure}`
  const polled = (await pollersOf(client, taskQueue, 'workflow')).some(
    ({ lastPollAt }) => at - lastPollAt < POLLED_WITHIN_MS,
  )
  return polled
    ? `No worker took the generation before its deadline: workers poll the task queue ${taskQueue}, and had no room for it`
    : `No worker took the generation before its deadline: none polls the task queue ${taskQueue}`
}

/** Of the last workflow task that ended, where it failed; only the first failure in a row stands in the history. */
async function taskFailure(client: Client, id: string, runId: string): Promise<string | null> {
  for (const event of await latestEvents(client, id, runId)) {
    if (event.workflowTaskCompletedEventAttributes != null) return null
    if (event.workflowTaskTimedOutEventAttributes != null)
      return 'a worker took it and did not finish it in time'
    const failed = event.workflowTaskFailedEventAttributes
    if (failed != null) {
      const error = await readWorkflowFailure(client, id, failed.failure)
      return error?.message || `cause ${String(failed.cause)}`
    }
  }
  return null
}

/** The latest first. */
async function latestEvents(client: Client, workflowId: string, runId: string | undefined) {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId, ...(runId === undefined ? {} : { runId }) },
    maximumPageSize: LATEST_EVENTS,
  })
  return history?.events ?? []
}
