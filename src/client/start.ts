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
import { COUNT_WORKFLOW, GENERATION_WORKFLOW, type GenerationInput } from '../contract/generation'
import { startAttributes } from '../contract/generation-attributes'
import { generationMemo, isSameBody, readGenerationMemo } from '../contract/generation-memo'
import { jsonBytes } from '../domain/request/json'
import type { Metadata } from '../domain/request/metadata'
import { routeDetails } from '../domain/routing/report'
import { SNAPSHOT_FRESH_MS } from '../engine/steps'
import { payloadLimitBytes } from '../temporal/payload-limit'
import { inTime } from '../util/async'
import { logOfRun } from './ending'
import { grpcReason, isPassing, isTooLarge, mayHaveArrived } from './grpc-errors'
import { healthCheckOf, requireHealthy } from './health-check'
import { fairnessKeyOf } from './identity'
import { toHoldfastError } from './result'
import { deadlineOf, EXECUTION_MARGIN_MS } from './stuck'

const START_DEADLINE_MS = 2_000

/** Tries to read the body of a run: a busy server must not make a caller doubt a run that is there. */
const CHECKS_MAX = 3

/** A workflow task lost with its worker is given to another one after this. */
const WORKFLOW_TASK_TIMEOUT_MS = 5_000

export interface StartOptions {
  /** Of the request, by `bodyHash`. */
  body: string
  /** The same less the client's labels. */
  unlabelled: string
  metadata: Metadata
  /** Pairs of it, for the search attribute, where there is one. */
  searchable: readonly string[]
  taskQueue: string
  /** Only with client and worker in one process, on one connection. */
  eager: boolean
  /** `key`: the caller's, for this body and no other. `request`: that of all equal ones in flight. null: its own. */
  shared: 'key' | 'request' | null
  /** Which goes first where tasks wait for a worker: 1 to 5. Its calls inherit it. Default: the server's, 3. */
  priority?: number | undefined
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
  const { id, route, tenant, deadlineAt, searchAttributes } = input
  const healthCheck = healthCheckOf(client.connection)
  // START-4
  await requireHealthy(client.connection, id)
  try {
    const { firstExecutionRunId, eagerlyStarted } = await inTime(
      START_DEADLINE_MS,
      client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
        client.workflow.start(workflowOf(input), {
          workflowId: id,
          taskQueue,
          args: [withFreshSnapshot(input)],
          workflowIdConflictPolicy: 'USE_EXISTING',
          // Equal requests share what is in flight; what has ended is the cache's to answer.
          workflowIdReusePolicy: shared === 'request' ? 'ALLOW_DUPLICATE' : 'ALLOW_DUPLICATE_FAILED_ONLY',
          workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
          workflowExecutionTimeout: route.deadlineMs + EXECUTION_MARGIN_MS,
          memo: generationMemo({
            ...{ tenant, body, unlabelled, metadata },
            deadlineAt: shared === 'request' ? deadlineAt : null,
          }),
          staticSummary: `${route.name}: ${route.candidates.map(({ target }) => target).join(', ')}`,
          staticDetails: routeDetails(route, deadlineAt),
          ...(searchAttributes
            ? { typedSearchAttributes: startAttributes(route.name, tenant, searchable) }
            : {}),
          ...(eager ? { requestEagerStart: true } : {}),
          ...priorityOf(priority, tenant),
        }),
      ),
    )
    healthCheck.answered()
    return { runId: firstExecutionRunId, ours: eagerlyStarted }
  } catch (error) {
    // Finished already: its result is there to be read.
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { runId: undefined, ours: false }
    if (isPassing(error)) healthCheck.doubt()
    throw isTooLarge(error) ? await tooLarge(client, input, error) : notStarted(error, id)
  }
}

const workflowOf = ({ request }: GenerationInput): string =>
  request.task?.type === 'count' ? COUNT_WORKFLOW : GENERATION_WORKFLOW

/** Queued work of several tenants takes turns; the calls of a generation inherit it. Keys have at most 64 bytes. */
function priorityOf(priorityKey: number | undefined, tenant: string | null) {
  if (priorityKey === undefined && tenant === null) return {}
  const fairnessKey = tenant === null ? undefined : fairnessKeyOf(tenant)
  return {
    priority: { ...(priorityKey === undefined ? {} : { priorityKey }), ...(fairnessKey && { fairnessKey }) },
  }
}

/** The wait for its turn among the starts may have made it old; the run can't check its age, by another clock. */
function withFreshSnapshot({ circuitSnapshot, ...input }: GenerationInput): GenerationInput {
  const fresh = circuitSnapshot !== undefined && Date.now() - circuitSnapshot.at < SNAPSHOT_FRESH_MS
  return fresh ? { ...input, circuitSnapshot } : input
}

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
