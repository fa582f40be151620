/**
 * One line as a generation, waited for.
 *
 * GENERATE-1 Its id is fixed: started again it attaches to what runs, or reads what has been answered. Nothing
 *    is paid twice.
 * GENERATE-2 A Temporal that goes away is waited for; from the first line on it has to be there.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { WorkflowFailedError } from '@temporalio/client'
import { isInvalid } from '../client/grpc-errors'
import type { InternalHoldfast } from '../client/internal'
import { HoldfastError } from '../contract/errors'
import { BATCH_PRIORITY } from '../contract/generation'
import { BatchError } from './errors'
import { answeredLine, failedLine, type ResultLine, unreadableLine } from './result-line'
import type { Task } from './task'

/** A night's maintenance. Beyond that a person has to check; the next run goes on. */
const OUTAGE_PATIENCE_MS = 3_600_000
const RETRY_PAUSE_MS = 2_000

export interface GenerateDeps {
  open: InternalHoldfast['open']
  signal: AbortSignal
  now: () => number
  /** Temporal is away, and why; null: it is back. */
  onOutage(reason: string | null): void
}

/** A function for all lines of one batch: they know of an outage together. Rejects with BatchError (GENERATE-2). */
export function createGenerate({
  open,
  signal,
  now,
  onOutage,
}: GenerateDeps): (task: Task) => Promise<ResultLine> {
  let reached = false
  let awaySince: number | null = null

  const answered = (): void => {
    reached = true
    if (awaySince === null) return
    awaySince = null
    onOutage(null)
  }
  const away = async ({ message }: HoldfastError): Promise<void> => {
    if (!reached) throw new BatchError(message)
    awaySince ??= now()
    onOutage(message)
    if (now() - awaySince > OUTAGE_PATIENCE_MS)
      throw new BatchError(`Temporal has been away for an hour: ${message}`)
    await pause(RETRY_PAUSE_MS, undefined, { signal })
  }

  const generate = async (
    task: Task,
    request: Parameters<InternalHoldfast['open']>[0],
  ): Promise<ResultLine> => {
    for (;;) {
      try {
        const generation = await open(request, { id: task.id, priority: BATCH_PRIORITY })
        answered()
        const result = await generation.result()
        return answeredLine(task, result)
      } catch (error) {
        if (!(error instanceof HoldfastError)) throw error
        if (!isAway(error)) {
          if (error.kind !== 'invalid_request') answered()
          return failedLine(task, error)
        }
        await away(error)
      }
    }
  }

  return async (task) => {
    const { work } = task
    switch (work.type) {
      case 'generate':
        return generate(task, work.request)
      case 'refuse':
        return failedLine(task, work.error)
      case 'unreadable':
        return unreadableLine(task, work.message)
      case 'known':
        return work.line
    }
  }
}

/** Nothing is known of this generation; another try may show it. Not where it has ended, or can't exist. */
const isAway = ({ kind, cause }: HoldfastError): boolean =>
  kind === 'unavailable' && !(cause instanceof WorkflowFailedError) && !isInvalid(cause)
