/**
 * Hands one generation to Temporal.
 *
 * S1 The id is chosen before the first send: sending again attaches to the same run.
 * S2 An id stands for one body: attaching with another one is a conflict.
 * S3 The start call has a deadline; when it passes, whether the run exists is `unknown`.
 */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client'
import { HoldfastError } from '../contract/errors'
import { GENERATION_WORKFLOW, type GenerationInput } from '../contract/generation'
import { startAttributes } from '../contract/generation-attributes'
import { generationMemo, readGenerationMemo } from '../contract/generation-memo'
import { routeDetails } from '../domain/report'
import { grpcReason, mayHaveArrived } from './grpc-errors'
import { bodyHash } from './identity'
import { toHoldfastError } from './result'

const START_DEADLINE_MS = 2_000

/** A workflow task lost with its worker is given to another one after this. */
const WORKFLOW_TASK_TIMEOUT_MS = 5_000

/** Past the deadline the workflow ends itself; this ends one that no worker ever took. */
const EXECUTION_MARGIN_MS = 60_000

export interface StartOptions {
  taskQueue: string
  /** Only with client and worker in one process, on one connection. */
  eager: boolean
  /** `key`: the caller's, for this body and no other. `request`: that of all equal ones in flight. null: its own. */
  shared: 'key' | 'request' | null
}

/** Returns the run's id where it is known. Throws HoldfastError: `unavailable` or `conflict`. */
export async function startGeneration(
  client: Client,
  input: GenerationInput,
  options: StartOptions,
): Promise<string | undefined> {
  const body = bodyHash(input.route.name, input.request)
  const handle = await send(client, input, options, body)
  if (options.shared === 'key') await checkBody(client, handle, body)
  return 'firstExecutionRunId' in handle ? handle.firstExecutionRunId : undefined
}

async function send(
  client: Client,
  input: GenerationInput,
  { taskQueue, eager, shared }: StartOptions,
  body: string,
): Promise<WorkflowHandle | WorkflowHandleWithFirstExecutionRunId> {
  const { id, route, tenant, deadlineAt, searchAttributes } = input
  try {
    return await client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
      client.workflow.start(GENERATION_WORKFLOW, {
        workflowId: id,
        taskQueue,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        // Equal requests share what is in flight; what has ended is the cache's to answer.
        workflowIdReusePolicy: shared === 'request' ? 'ALLOW_DUPLICATE' : 'ALLOW_DUPLICATE_FAILED_ONLY',
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
        workflowExecutionTimeout: Math.max(1, deadlineAt - Date.now()) + EXECUTION_MARGIN_MS,
        memo: generationMemo({ tenant, body }),
        staticSummary: `${route.name}: ${route.candidates.map(({ target }) => target).join(', ')}`,
        staticDetails: routeDetails(route, deadlineAt),
        ...(searchAttributes ? { typedSearchAttributes: startAttributes(route.name, tenant) } : {}),
        ...(eager ? { requestEagerStart: true } : {}),
      }),
    )
  } catch (error) {
    // Finished already: its result is there to be read.
    if (error instanceof WorkflowExecutionAlreadyStartedError) return client.workflow.getHandle(id)
    throw notStarted(error, id)
  }
}

/** S3 */
function notStarted(error: unknown, id: string): HoldfastError {
  const unknown = mayHaveArrived(error)
  return new HoldfastError({
    kind: 'unavailable',
    message: unknown
      ? `Temporal did not confirm the generation: ${grpcReason(error)}. Sending it again with the same idempotency key is safe`
      : `Temporal refused the generation: ${grpcReason(error)}`,
    accepted: unknown ? 'unknown' : false,
    generationId: id,
    cause: error,
  })
}

/** S2. Without an answer: a run of this id exists, but whether it is of this body is not known. */
async function checkBody(client: Client, handle: WorkflowHandle, body: string): Promise<void> {
  const id = handle.workflowId
  const { memo } = await client
    .withDeadline(Date.now() + START_DEADLINE_MS, () => handle.describe())
    .catch((error: unknown) => {
      throw toHoldfastError(error, id)
    })
  if (readGenerationMemo(memo).body === body) return
  throw new HoldfastError({
    kind: 'conflict',
    message: 'This idempotency key was used for another request: use a new key for a new request',
    accepted: false,
    generationId: id,
  })
}
