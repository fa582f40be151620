/** Whose a generation is, and how it ended, as a HoldfastError. The waiting itself: wait.ts. */
import {
  type Client,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common'
import { ATTEMPTS_QUERY } from '../contract/attempts-query'
import { type Accepted, fromFailedDetails, HoldfastError } from '../contract/errors'
import { GENERATION_FAILED, GENERATION_WORKFLOW, type GenerationFailedDetails } from '../contract/generation'
import { readGenerationMemo } from '../contract/generation-memo'
import { wellFormed } from '../domain/request/text'
import type { AttemptRecord } from '../domain/routing/attempt'
import { grpcReason, isInvalid } from './grpc-errors'
import { notDecrypted, notReadable, payloadFaultIn, unreadableIn } from './payload-faults'
import type { Polls } from './polls'

/** A worker reports the attempts of a cancelled run; where no worker polls, the query is not waited for. */
const ATTEMPTS_DEADLINE_MS = 2_000

/**
 * What the end of a run doesn't carry itself: a worker reads it from the history. Of the latest run, which has those of
 * the runs that it continues. Empty where no worker answered.
 */
export async function attemptsOf(
  client: Client,
  id: string,
  { cause }: WorkflowFailedError,
  polls: Polls,
): Promise<AttemptRecord[]> {
  if (!(cause instanceof CancelledFailure || cause instanceof TerminatedFailure)) return []
  const query = () => client.workflow.getHandle(id).query<AttemptRecord[]>(ATTEMPTS_QUERY)
  const queryAttempts = () => client.withDeadline(Date.now() + ATTEMPTS_DEADLINE_MS, query)
  return polls.query(ATTEMPTS_DEADLINE_MS, queryAttempts).catch(() => [])
}

export const stillAway = (error: unknown, id: string): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: `Temporal can't be reached: ${grpcReason(error)}. The generation goes on; ask for its result later`,
    accepted: true,
    generationId: id,
    cause: error,
  })

export const clientClosed = (id: string, accepted: Accepted): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: 'This client was closed while it waited. The generation goes on; ask for its result by its id',
    accepted,
    generationId: id,
  })

/** Is it how the generation has ended? Else it says why somebody waits no longer. */
export const reportsEnd = (error: unknown): error is HoldfastError =>
  error instanceof HoldfastError && error.cause instanceof WorkflowFailedError

/**
 * Another tenant's generation can't be distinguished from one that never was, and no other workflow of the namespace is
 * one. Throws HoldfastError, or what Temporal throws.
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

/** Without a cause: it would show which of the two it was. */
export const notFound = (id: string): HoldfastError =>
  new HoldfastError({
    kind: 'not_found',
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

/** Any error of Temporal's client about a generation -> ours; `accepted` where the error itself doesn't say. */
export function toHoldfastError(error: unknown, id: string, accepted: Accepted = 'unknown'): HoldfastError {
  if (error instanceof HoldfastError) return error
  if (error instanceof WorkflowNotFoundError) return notFound(id)
  if (error instanceof WorkflowFailedError) return ofEndedRun(error, id)
  const fault = payloadFaultIn(error)
  if (fault !== null) return notReadable(fault, id, accepted)
  const unreadable = unreadableIn(error)
  if (unreadable !== null) return notDecrypted(unreadable, id, accepted)
  if (isInvalid(error)) return notAnId(id, grpcReason(error), error)
  return new HoldfastError({
    kind: 'unavailable',
    message: `Temporal did not answer: ${grpcReason(error)}`,
    accepted,
    generationId: id,
    cause: error,
  })
}

export function ofEndedRun(
  error: WorkflowFailedError,
  generationId: string,
  attempts: AttemptRecord[] = [],
): HoldfastError {
  const { cause } = error
  const base = { accepted: true, generationId, attempts, cause: error } as const
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
