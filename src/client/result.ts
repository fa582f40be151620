/** Waits for a generation's end and says it as a HoldfastError. */
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Client,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common'
import { ATTEMPTS_QUERY } from '../contract/attempts-query'
import { type Accepted, fromFailedDetails, HoldfastError } from '../contract/errors'
import {
  GENERATION_FAILED,
  GENERATION_WORKFLOW,
  type GenerationFailedDetails,
  type GenerationResult,
} from '../contract/generation'
import { readGenerationMemo } from '../contract/generation-memo'
import type { AttemptRecord } from '../domain/attempt'
import { wellFormed } from '../domain/text'
import { endedBy } from '../temporal/ended-by'
import { inTime } from '../temporal/in-time'
import { grpcReason, isInvalid, isPassing } from './grpc-errors'

/** Temporal may be away so long while a caller waits: a restart, a failover. The run goes on without us. */
const OUTAGE_PATIENCE_MS = 120_000
const RECONNECT_PAUSE_MS = 500
const PROBE_DEADLINE_MS = 2_000

/** A worker tells the attempts of a cancelled run; where none is there, nobody waits for one. */
const ATTEMPTS_DEADLINE_MS = 2_000

export interface Awaited {
  /** What is known before. Default: `unknown`. */
  accepted?: Accepted | undefined
  /** Absent: the latest run of this id, whichever it is: a failed one may have been run again. */
  runId?: string | undefined
  /** Who asks: another one's generation is none. Absent: it is known to be the caller's. */
  tenant?: string | null | undefined
  /** Aborted: nobody waits any longer, and so does this. */
  left?: AbortSignal | undefined
  /** Aborted: the client is closed, and all its waits end. */
  closing?: AbortSignal | undefined
}

/** Throws HoldfastError. Survives a Temporal that goes away and comes back. */
export async function awaitResult(
  client: Client,
  id: string,
  awaited: Awaited = {},
): Promise<GenerationResult> {
  const { left, closing } = awaited
  const over = endedBy(...[left, closing].filter((signal) => signal !== undefined))
  try {
    return await untilOver(client, id, awaited, over.signal)
  } finally {
    over.leave()
  }
}

async function untilOver(
  client: Client,
  id: string,
  { accepted = 'unknown', runId, tenant, closing }: Awaited,
  over: AbortSignal,
): Promise<GenerationResult> {
  let awaySince: number | null = null
  let mine = tenant === undefined
  const ask = async (): Promise<GenerationResult> => {
    if (!mine && tenant !== undefined) await requireTenant(client, id, tenant)
    mine = true
    // The SDK does not look at a signal that was aborted before.
    over.throwIfAborted()
    return client.withAbortSignal(over, () => client.workflow.getHandle(id, runId).result())
  }
  // Nor does a native connection look at any.
  const ended = new Promise<never>((_, reject) => {
    over.addEventListener('abort', () => reject(over.reason))
  })
  ended.catch(() => undefined)
  for (;;) {
    try {
      const asking = ask()
      asking.catch(() => undefined)
      return await Promise.race([asking, ended])
    } catch (error) {
      if (error instanceof WorkflowFailedError)
        throw ofEndedRun(error, id, await attemptsOf(client, id, error))
      if (closing?.aborted) throw clientClosed(id, mine ? true : accepted)
      if (over.aborted || !isPassing(error)) throw toHoldfastError(error, id, accepted)
      // A long poll may stand for a minute and then break: only a quick question tells whether Temporal is back.
      if (await answers(client, id)) awaySince = null
      else awaySince ??= Date.now()
      if (awaySince !== null && Date.now() - awaySince > OUTAGE_PATIENCE_MS) throw stillAway(error, id)
      await pause(RECONNECT_PAUSE_MS, undefined, { signal: over }).catch(() => undefined)
    }
  }
}

/**
 * What the end of a run doesn't carry itself: a worker tells it from the history. Of the latest run, which has those of
 * the runs that it continues. Empty where no worker could tell.
 */
async function attemptsOf(
  client: Client,
  id: string,
  { cause }: WorkflowFailedError,
): Promise<AttemptRecord[]> {
  if (!(cause instanceof CancelledFailure || cause instanceof TerminatedFailure)) return []
  const query = () => client.workflow.getHandle(id).query<AttemptRecord[]>(ATTEMPTS_QUERY)
  const asked = client.withDeadline(Date.now() + ATTEMPTS_DEADLINE_MS, query)
  return inTime(ATTEMPTS_DEADLINE_MS, asked).catch(() => [])
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

const clientClosed = (id: string, accepted: Accepted): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message: 'This client was closed while it waited. The generation goes on; ask for its result by its id',
    accepted,
    generationId: id,
  })

/** Is it how the generation has ended? Else it says why somebody waits no longer. */
export const tellsEnd = (error: unknown): error is HoldfastError =>
  error instanceof HoldfastError && error.cause instanceof WorkflowFailedError

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

function ofEndedRun(
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
