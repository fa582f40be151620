/**
 * How a run has ended, as its history says. The SDK's `result()` polls again and again by itself: here each call is one
 * poll.
 */
import { type Client, type WorkflowExecutionDescription, WorkflowFailedError } from '@temporalio/client'
import {
  CancelledFailure,
  decodeRetryState,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common'
import type { GenerationInput, GenerationResult } from '../contract/generation'
import { historyPage, readWorkflowFailure, readWorkflowPayloads } from '../temporal/payloads'
import { endedBy } from '../util/ended-by'
import { isNotFound } from './grpc-errors'

export type Ending =
  | { type: 'completed'; result: GenerationResult }
  | { type: 'failed'; error: WorkflowFailedError }
  /** Continued as new, or tried again. */
  | { type: 'continued'; runId: string }

/** Temporal's HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT. */
const CLOSE_EVENT = 2

/** A server answers a long poll so long before the deadline of its call. */
const ANSWERS_BEFORE_MS = 1_000
/** Of a question that is answered at once. */
const QUESTION_MS = 2_000

type HistoryEvent = NonNullable<
  NonNullable<
    Awaited<ReturnType<Client['workflowService']['getWorkflowExecutionHistory']>>['history']
  >['events']
>[number]

/**
 * null: it has not ended within `waitMs`. An id without a run is that of its latest. `over` ends the call early; what a
 * native connection does with it is nothing.
 */
export async function readEnding(
  client: Client,
  workflowId: string,
  runId: string | undefined,
  waitMs: number,
  over: AbortSignal,
): Promise<Ending | null> {
  const readHistory = () =>
    historyPage(client, {
      namespace: client.options.namespace,
      execution: { workflowId, ...(runId === undefined ? {} : { runId }) },
      skipArchival: true,
      waitNewEvent: true,
      historyEventFilterType: CLOSE_EVENT,
    })
  const deadlineAt = Date.now() + waitMs + ANSWERS_BEFORE_MS
  // The SDK leaves a listener at a signal with every call, for good: each one gets its own.
  const own = endedBy(over)
  const { history } = await client
    .withDeadline(deadlineAt, () => client.withAbortSignal(own.signal, readHistory))
    .catch((error: unknown) => notFound(client, workflowId, runId, error))
    .finally(own.leave)
  const event = history?.events?.at(-1)
  return event == null ? null : endingOf(client, workflowId, event)
}

/**
 * null: it has not ended yet. By a description: a request for nothing but the history's last event waits for it,
 * whatever the request says.
 */
export async function readEndingNow(
  client: Client,
  workflowId: string,
  runId: string | undefined,
  over: AbortSignal,
): Promise<Ending | null> {
  const handle = client.workflow.getHandle(workflowId, runId)
  const { status, runId: latestRunId } = await client.withDeadline(Date.now() + QUESTION_MS, () =>
    handle.describe(),
  )
  return status.name === 'RUNNING' ? null : readEnding(client, workflowId, latestRunId, QUESTION_MS, over)
}

/** Which of the two is not there, the SDK shows by errors of its own. */
async function notFound(
  client: Client,
  id: string,
  runId: string | undefined,
  error: unknown,
): Promise<never> {
  if (isNotFound(error)) await client.workflow.getHandle(id, runId).describe()
  throw error
}

async function endingOf(client: Client, workflowId: string, event: HistoryEvent): Promise<Ending | null> {
  const {
    workflowExecutionCompletedEventAttributes: completed,
    workflowExecutionFailedEventAttributes: failed,
    workflowExecutionCanceledEventAttributes: cancelled,
    workflowExecutionTerminatedEventAttributes: terminated,
    workflowExecutionTimedOutEventAttributes: timedOut,
    workflowExecutionContinuedAsNewEventAttributes: continued,
  } = event
  const next = [completed, failed, timedOut, continued].find((one) => one?.newExecutionRunId)
  if (next?.newExecutionRunId) return { type: 'continued', runId: next.newExecutionRunId }
  if (completed) {
    const [result] = await readWorkflowPayloads(client, workflowId, completed.result?.payloads)
    return { type: 'completed', result: result as GenerationResult }
  }
  if (failed)
    return failedBy(
      'Workflow execution failed',
      await readWorkflowFailure(client, workflowId, failed.failure),
      decodeRetryState(failed.retryState),
    )
  if (cancelled)
    return failedBy(
      'Workflow execution cancelled',
      new CancelledFailure(
        'Workflow canceled',
        await readWorkflowPayloads(client, workflowId, cancelled.details?.payloads),
      ),
    )
  if (terminated)
    return failedBy(
      'Workflow execution terminated',
      new TerminatedFailure(terminated.reason || 'Workflow execution terminated'),
    )
  if (timedOut)
    return failedBy(
      'Workflow execution timed out',
      new TimeoutFailure('Workflow execution timed out', undefined, TimeoutType.START_TO_CLOSE),
    )
  return null
}

const failedBy = (
  message: string,
  cause: Error | undefined,
  retryState: RetryState = RetryState.NON_RETRYABLE_FAILURE,
): Ending => ({ type: 'failed', error: new WorkflowFailedError(message, cause, retryState) })

/** Of the chain that a run belongs to; a reset belongs to the chain of what was reset. */
export const firstRunId = ({ raw, runId }: WorkflowExecutionDescription): string =>
  raw.workflowExecutionInfo?.firstRunId || runId

/** The name of a run's delivery log, as `logOf` in workflows/host.ts makes it. */
export async function logOfRun(client: Client, described: WorkflowExecutionDescription): Promise<string> {
  const { workflowId, runId } = described
  if (firstRunId(described) === runId) return runId
  const { history } = await historyPage(client, {
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  })
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes
  const [input] = await readWorkflowPayloads(client, workflowId, started?.input?.payloads)
  return (input as GenerationInput | undefined)?.resumed?.log ?? runId
}
