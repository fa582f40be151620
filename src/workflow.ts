/**
 * `import { generate } from 'holdfast/workflow'`: from a workflow of your own, a generation as a child
 * workflow. Sandbox-safe. The Holdfast worker resolves the route: your worker needs no config and no key.
 */
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  executeChild,
  ParentClosePolicy,
  TimeoutFailure,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow'
import { parseDuration } from './config/duration'
import { expectedFailure } from './contract/expected-failure'
import {
  DEFAULT_TASK_QUEUE,
  GENERATION_FAILED,
  GENERATION_WORKFLOW,
  type GenerationFailedDetails,
  type GenerationResult,
  type UnresolvedInput,
  type UnresolvedRequest,
} from './contract/generation'
import { generationMemo } from './contract/generation-memo'
import type { TraceContext } from './contract/trace-context'
import type { AnswerOf } from './contract/typed-schema'
import type { JsonObject } from './domain/request/json'
import { metadataFaults } from './domain/request/metadata'

export type { GenerationFailedDetails, GenerationResult, UnresolvedRequest } from './contract/generation'
export { GENERATION_FAILED } from './contract/generation'
export { holdfastService, type NexusRequest } from './contract/nexus'
export { jsonSchema, type TypedSchema } from './contract/typed-schema'

export interface ChildRequest<S extends JsonObject | undefined = JsonObject | undefined>
  extends Omit<UnresolvedRequest, 'schema'> {
  /**
   * JSON Schema: the answer is JSON of this shape, in `output`, or the next candidate is called. `jsonSchema<T>` gives
   * the compiler its type. Default: text.
   */
  schema?: S
  /** Holdfast's workers' task queue. Default: `holdfast`. */
  taskQueue?: string | undefined
  /**
   * So long it may take at most, the wait for a worker included: a duration as text, or milliseconds. Default: the
   * override's deadline and a minute, or a day and a minute where there is none.
   */
  timeout?: string | number | undefined
  /** Whose it is, and whose client only may read and cancel it. Default: nobody's, which is a tenant of its own. */
  tenant?: string | undefined
  /** Where this workflow's trace stands, as W3C's headers write it: the generation's spans stand below that. Default: none. */
  trace?: TraceContext | undefined
}

/** The answer and how it came about. `output` is there where the request had a `schema`. */
export interface ChildGeneration<Output = unknown> extends Omit<GenerationResult, 'output'> {
  output: Output
}

type OutputOf<S> = S extends undefined ? undefined : AnswerOf<S>

/**
 * Runs a generation as a child workflow, cancelled with its parent and ended with it. Its id comes from the
 * parent's run, so a replay meets the same child. Throws the ApplicationFailure of type GENERATION_FAILED,
 * whose first detail is GenerationFailedDetails; or CancelledFailure.
 */
export async function generate<S extends JsonObject | undefined = undefined>({
  taskQueue,
  timeout,
  tenant,
  trace,
  ...request
}: ChildRequest<S>): Promise<ChildGeneration<OutputOf<S>>> {
  const { workflowId, runId } = workflowInfo()
  // Not of the workflow's id: a replay of a history in a file knows the run's id only.
  const id = `gen-${runId}-${uuid4()}`
  const input: UnresolvedInput = { id, tenant: tenant ?? null, asked: request, trace }
  const queue = taskQueue ?? DEFAULT_TASK_QUEUE
  const timeoutMs = timeoutOf(timeout, request)
  const [fault] = metadataFaults(request.metadata)
  if (fault !== undefined) throw failure('invalid_request', `The request is not valid: ${fault}`)
  try {
    return await executeChild<Child<OutputOf<S>>>(GENERATION_WORKFLOW, {
      workflowId: id,
      taskQueue: queue,
      // Without one it would wait for ever where no worker polls.
      workflowExecutionTimeout: timeoutMs,
      args: [input],
      // No key of a caller's: no body to be compared.
      memo: generationMemo({ tenant: input.tenant, body: null, metadata: request.metadata ?? {} }),
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `generation of ${workflowId}`,
    })
  } catch (error) {
    // What failed is the generation; that it was a child says nothing more.
    if (error instanceof ChildWorkflowFailure && error.cause instanceof ApplicationFailure) throw error.cause
    if (error instanceof ChildWorkflowFailure && error.cause instanceof TimeoutFailure)
      throw notEnded(queue, timeoutMs)
    throw error
  }
}

type Child<Output> = (input: UnresolvedInput) => Promise<ChildGeneration<Output>>

/** Past its deadline a generation ends itself; this ends one that no worker took. */
const MARGIN_MS = 60_000
/** The longest deadline that a route has by default. */
const LONGEST_MS = 24 * 3_600_000

/** Throws ApplicationFailure for what is no duration: nothing was started. */
function timeoutOf(timeout: ChildRequest['timeout'], { override }: UnresolvedRequest): number {
  if (timeout === undefined) return deadlineOf(override) + MARGIN_MS
  const ms = typeof timeout === 'number' ? timeout : parseDuration(timeout)
  if (ms !== null && ms > 0 && Number.isFinite(ms)) return ms
  throw failure('invalid_request', `timeout is ${JSON.stringify(timeout)}: write a duration such as 10m`)
}

/** What is no duration is the worker's to refuse. */
function deadlineOf(override: UnresolvedRequest['override']): number {
  const deadline = override?.deadline
  return (typeof deadline === 'string' ? parseDuration(deadline) : null) ?? LONGEST_MS
}

const notEnded = (taskQueue: string, timeoutMs: number): ApplicationFailure =>
  failure(
    'deadline_exceeded',
    `The generation did not end within ${timeoutMs} ms: is a Holdfast worker running on the task queue ${taskQueue}?`,
  )

function failure(kind: GenerationFailedDetails['kind'], message: string): ApplicationFailure {
  const details: GenerationFailedDetails = { kind, message, failureClass: null, retryAt: null, attempts: [] }
  return expectedFailure({ type: GENERATION_FAILED, message, details })
}
