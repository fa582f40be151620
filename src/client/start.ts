/**
 * Hands one generation to Temporal.
 *
 * START-1 The id is chosen before the first send: sending again attaches to the same run.
 * START-2 An id stands for one body: attaching with another one is a conflict.
 * START-3 The start call has a deadline; when it passes, whether the run exists is `unknown`.
 * START-4 Where Temporal is known to be away nothing is sent, and `accepted` is false (health-check.ts).
 */
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
} from '@temporalio/client'
import { HoldfastError } from '../contract/errors'
import type { GenerationInput } from '../contract/generation'
import { isSameBody, readGenerationMemo } from '../contract/generation-memo'
import { jsonBytes } from '../domain/request/json'
import { payloadLimitBytes } from '../temporal/payload-limit'
import { inTime } from '../util/async'
import { logOfRun } from './ending'
import { grpcReason, isPassing, isTooLarge, mayHaveArrived } from './grpc-errors'
import { healthCheckOf, requireHealthy } from './health-check'
import { notStored, payloadFaultIn } from './payload-faults'
import { toHoldfastError } from './result'
import { type RunOptions, runOptions, withFreshSnapshot, workflowOf } from './run-options'
import { deadlineOf } from './stuck'

const START_DEADLINE_MS = 2_000

/** Tries to read the body of a run: a busy server must not make a caller doubt a run that is there. */
const CHECKS_MAX = 3

export interface StartOptions extends RunOptions {
  taskQueue: string
  /** Only with client and worker in one process, on one connection. */
  eager: boolean
}

export interface Started {
  /** The run that was started or attached to. undefined: it has ended, and was not described. */
  runId: string | undefined
  /** The name of its delivery log. undefined: it has ended, and was not described. */
  log: string | undefined
  /** When it gives up, epoch milliseconds, where it was started by another caller. */
  endsAt?: number | undefined
  /** It had its answer when it was described. */
  answered?: boolean
}

/** Throws HoldfastError: `unavailable` or `conflict`. */
export async function startGeneration(
  client: Client,
  input: GenerationInput,
  options: StartOptions,
): Promise<Started> {
  const { runId, ours } = await send(client, input, options)
  if (options.shared !== 'key' || ours) return { runId, log: runId }
  return checkBody(client, input.id, runId, options)
}

interface Sent {
  /** undefined: it has ended already. */
  runId: string | undefined
  /** This very call has started it. false: it may have, or attached; Temporal's client does not say. */
  ours: boolean
}

async function send(
  client: Client,
  input: GenerationInput,
  { body, unlabelled, metadata, searchable, taskQueue, eager, shared, priority }: StartOptions,
): Promise<Sent> {
  const { id } = input
  const healthCheck = healthCheckOf(client.connection)
  // START-4
  await requireHealthy(client.connection, id)
  try {
    const { firstExecutionRunId, eagerlyStarted } = await inTime(
      START_DEADLINE_MS,
      client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
        client.workflow.start(workflowOf(input), {
          ...runOptions(input, { body, unlabelled, metadata, searchable, shared, priority }),
          taskQueue,
          args: [withFreshSnapshot(input)],
          workflowIdConflictPolicy: 'USE_EXISTING',
          // Equal requests share what is in flight; what has ended is the cache's to answer.
          workflowIdReusePolicy: shared === 'request' ? 'ALLOW_DUPLICATE' : 'ALLOW_DUPLICATE_FAILED_ONLY',
          ...(eager ? { requestEagerStart: true } : {}),
        }),
      ),
    )
    healthCheck.answered()
    return { runId: firstExecutionRunId, ours: eagerlyStarted }
  } catch (error) {
    // Finished already: its result is there to be read.
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { runId: undefined, ours: false }
    if (payloadFaultIn(error) !== null) throw notStored(error, id)
    if (isPassing(error)) healthCheck.doubt()
    throw await startError(client, input, error)
  }
}

/** What Temporal's client throws at a start, as a HoldfastError. */
export const startError = async (
  client: Client,
  input: GenerationInput,
  error: unknown,
): Promise<HoldfastError> =>
  isTooLarge(error) ? tooLarge(client, input, error) : notStarted(error, input.id)

/** The cluster's limit of a payload is its operator's to set: ours (MAX_REQUEST_BYTES) is below the usual one. */
async function tooLarge(client: Client, input: GenerationInput, cause: unknown): Promise<HoldfastError> {
  const { connection, options } = client
  const limit = await payloadLimitBytes(connection, options.namespace).catch(() => null)
  const most = limit === null ? 'the cluster takes' : `the ${limit} bytes that the cluster takes`
  return new HoldfastError({
    kind: 'invalid_request',
    message: `The request has ${jsonBytes(input)} bytes with its route, more than ${most} in one piece (limit.blobSize.error)`,
    accepted: false,
    generationId: input.id,
    failureClass: 'request_too_large',
    cause,
  })
}

/** START-3 */
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

/**
 * START-2. Of this run: after a failure the next one under the key may be of another body. Without an answer it
 * is read CHECKS_MAX times: a run of this id exists, but whether it is of this body is not known.
 */
async function checkBody(
  client: Client,
  id: string,
  runId: string | undefined,
  body: Pick<StartOptions, 'body' | 'unlabelled'>,
): Promise<Started> {
  const described = await describe(client, id, runId, CHECKS_MAX)
  if (isSameBody(readGenerationMemo(described.memo), body)) return attachedTo(client, described)
  throw new HoldfastError({
    kind: 'conflict',
    message: 'This idempotency key was used for another request: use a new key for a new request',
    accepted: false,
    generationId: id,
  })
}

export const attachedTo = async (
  client: Client,
  described: WorkflowExecutionDescription,
): Promise<Started> => ({
  runId: described.runId,
  // Without an answer it is taken for its own: then the result has it all.
  log: await logOfRun(client, described).catch(() => described.runId),
  endsAt: deadlineOf(described),
  answered: described.status.name === 'COMPLETED',
})

async function describe(
  client: Client,
  id: string,
  runId: string | undefined,
  triesLeft: number,
): Promise<WorkflowExecutionDescription> {
  try {
    const describing = client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
      client.workflow.getHandle(id, runId).describe(),
    )
    return await inTime(START_DEADLINE_MS, describing)
  } catch (error) {
    if (triesLeft > 1 && isPassing(error)) return describe(client, id, runId, triesLeft - 1)
    throw toHoldfastError(error, id)
  }
}
