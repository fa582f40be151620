/** Waits for a generation's end and says it as a HoldfastError. */
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Client,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common'
import { type Accepted, fromFailedDetails, HoldfastError } from '../contract/errors'
import {
  GENERATION_FAILED,
  GENERATION_WORKFLOW,
  type GenerationFailedDetails,
  type GenerationResult,
} from '../contract/generation'
import { readGenerationMemo } from '../contract/generation-memo'
import { wellFormed } from '../domain/text'
import { grpcReason, isInvalid, isPassing } from './grpc-errors'

/** Temporal may be away so long while a caller waits: a restart, a failover. The run goes on without us. */
const OUTAGE_PATIENCE_MS = 120_000
const RECONNECT_PAUSE_MS = 500
const PROBE_DEADLINE_MS = 2_000

export interface Awaited {
  /** What is known before. Default: `unknown`. */
  accepted?: Accepted | undefined
  /** Absent: the latest run of this id, whichever it is: a failed one may have been run again. */
  runId?: string | undefined
  /** Who asks: another one's generation is none. Absent: it is known to be the caller's. */
  tenant?: string | null | undefined
  /** Aborted: nobody waits any longer, and so does this. */
  left?: AbortSignal | undefined
}

/** Throws HoldfastError. Survives a Temporal that goes away and comes back. */
export async function awaitResult(
  client: Client,
  id: string,
  { accepted = 'unknown', runId, tenant, left }: Awaited = {},
): Promise<GenerationResult> {
  let awaySince: number | null = null
  let mine = tenant === undefined
  for (;;) {
    try {
      if (!mine && tenant !== undefined) await requireTenant(client, id, tenant)
      mine = true
      // The SDK does not look at a signal that was aborted before.
      left?.throwIfAborted()
      const result = () => client.workflow.getHandle(id, runId).result()
      return await (left === undefined ? result() : client.withAbortSignal(left, result))
    } catch (error) {
      if (left?.aborted || !isPassing(error)) throw toHoldfastError(error, id, accepted)
      // A long poll may stand for a minute and then break: only a quick question tells whether Temporal is back.
      if (await answers(client, id)) awaySince = null
      else awaySince ??= Date.now()
      if (awaySince !== null && Date.now() - awaySince > OUTAGE_PATIENCE_MS) throw stillAway(error, id)
      await pause(RECONNECT_PAUSE_MS)
    }
  }
}

async function answers(client: Client, id: string): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + PROBE_DEADLINE_MS, () => client.workflow.getHandle(id).describe())
    return true
  } catch (error) {
    return !isPassing(error)
  }
}

/** When a run that equal requests share gives up, epoch milliseconds; null: nobody knows. Does not reject. */
export async function runDeadlineAt(
  client: Client,
  id: string,
  runId: string | undefined,
): Promise<number | null> {
  const describe = () => client.workflow.getHandle(id, runId).describe()
  return client.withDeadline(Date.now() + PROBE_DEADLINE_MS, describe).then(
    ({ memo }) => readGenerationMemo(memo).deadlineAt,
    () => null,
  )
}

const stillAway = (error: unknown, id: string): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: `Temporal can't be reached: ${grpcReason(error)}. The generation goes on; ask for its result later`,
    accepted: true,
    generationId: id,
    cause: error,
  })

/**
 * Another tenant's generation can't be told from one that never was, and no other workflow of the namespace is one.
 * Throws HoldfastError, or what Temporal throws.
 */
export async function requireTenant(
  client: Client,
  id: string,
  tenant: string | null,
): Promise<WorkflowExecutionDescription> {
  const described = await client.workflow.getHandle(id).describe()
  const { memo, type } = described
  if (type !== GENERATION_WORKFLOW || readGenerationMemo(memo).tenant !== tenant) throw notFound(id)
  return described
}

/** Without a cause: it would tell which of the two it was. */
const notFound = (id: string): HoldfastError =>
  new HoldfastError({
    kind: 'invalid_request',
    message: `There is no generation ${id}: it never was, or the namespace's retention has passed`,
    accepted: false,
    generationId: id,
  })

/** Throws HoldfastError `invalid_request` for what no message to Temporal can carry. */
export function checkId(id: unknown): void {
  if (typeof id !== 'string' || wellFormed(id) !== id) throw notAnId(id, 'it is not a text')
}

const notAnId = (id: unknown, reason: string, cause?: unknown): HoldfastError =>
  new HoldfastError({
    kind: 'invalid_request',
    message: `${JSON.stringify(id) ?? String(id)} is not a generation's id: ${reason}`,
    accepted: false,
    cause,
  })

/** Any error of Temporal's client about a generation -> ours; `accepted` where the error itself doesn't tell. */
export function toHoldfastError(error: unknown, id: string, accepted: Accepted = 'unknown'): HoldfastError {
  if (error instanceof HoldfastError) return error
  if (error instanceof WorkflowNotFoundError) return notFound(id)
  if (error instanceof WorkflowFailedError) return ofEndedRun(error, id)
  if (isInvalid(error)) return notAnId(id, grpcReason(error), error)
  return new HoldfastError({
    kind: 'unavailable',
    message: `Temporal did not answer: ${grpcReason(error)}`,
    accepted,
    generationId: id,
    cause: error,
  })
}

function ofEndedRun(error: WorkflowFailedError, generationId: string): HoldfastError {
  const { cause } = error
  const base = { accepted: true, generationId, cause: error } as const
  if (cause instanceof ApplicationFailure && cause.type === GENERATION_FAILED)
    return fromFailedDetails(cause.details?.[0] as GenerationFailedDetails, generationId, error)
  if (cause instanceof CancelledFailure)
    return new HoldfastError({ kind: 'cancelled', message: 'The generation was cancelled', ...base })
  if (cause instanceof TimeoutFailure)
    return new HoldfastError({
      kind: 'deadline_exceeded',
      message: 'No worker took the generation before its deadline: is a worker running on this task queue?',
      ...base,
    })
  if (cause instanceof TerminatedFailure)
    return new HoldfastError({
      kind: 'cancelled',
      message: 'The generation was terminated by an operator',
      ...base,
    })
  return new HoldfastError({
    kind: 'unavailable',
    message: `The generation broke: ${cause?.message ?? error.message}`,
    ...base,
  })
}
