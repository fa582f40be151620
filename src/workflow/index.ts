/**
 * `import { generate } from 'holdfast/workflow'`: from a workflow of your own, a generation as a child
 * workflow. Sandbox-safe. The Holdfast worker resolves the route: your worker needs no config and no key.
 */
import {
  ApplicationFailure,
  ChildWorkflowFailure,
  executeChild,
  ParentClosePolicy,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow'
import {
  type AskedGeneration,
  type AskedInput,
  DEFAULT_TASK_QUEUE,
  GENERATION_WORKFLOW,
  type GenerationResult,
} from '../contract/generation'
import { generationMemo } from '../contract/generation-memo'

export type { AskedGeneration, GenerationFailedDetails, GenerationResult } from '../contract/generation'
export { GENERATION_FAILED } from '../contract/generation'

export interface ChildRequest extends AskedGeneration {
  /** Holdfast's workers' task queue. Default: `holdfast`. */
  taskQueue?: string | undefined
  /** Whose it is, and whose client alone may read and cancel it. */
  tenant?: string | undefined
}

/**
 * Runs a generation as a child workflow, cancelled with its parent and ended with it. Its id comes from the
 * parent's run, so a replay meets the same child. Throws the ApplicationFailure of type GENERATION_FAILED,
 * whose first detail is GenerationFailedDetails; or CancelledFailure.
 */
export async function generate({ taskQueue, tenant, ...asked }: ChildRequest): Promise<GenerationResult> {
  const { workflowId, runId } = workflowInfo()
  // Not of the workflow's id: a replay of a history in a file knows the run's id only.
  const id = `gen-${runId}-${uuid4()}`
  const input: AskedInput = { id, tenant: tenant ?? null, asked }
  try {
    return await executeChild(GENERATION_WORKFLOW, {
      workflowId: id,
      taskQueue: taskQueue ?? DEFAULT_TASK_QUEUE,
      args: [input],
      // No key of a caller's: no body to be compared.
      memo: generationMemo({ tenant: input.tenant, body: null }),
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: `generation of ${workflowId}`,
    })
  } catch (error) {
    // What failed is the generation; that it was a child says nothing more.
    if (error instanceof ChildWorkflowFailure && error.cause instanceof ApplicationFailure) throw error.cause
    throw error
  }
}
