/** A caller's AbortSignal: it ends the wait, and the generation too where nobody else could be waiting for it. */
import { HoldfastError } from '../contract/errors'
import type { AttemptRecord } from '../domain/routing/attempt'
import { inTime } from '../util/async'

const CANCELLED = 'the generation is cancelled'
const NOT_CANCELLED = 'the generation could not be cancelled'
const BEING_CANCELLED = 'its cancellation is sent until Temporal takes it'

const aborted = (
  accepted: boolean,
  id: string | null,
  message: string,
  attempts: readonly AttemptRecord[] = [],
): HoldfastError =>
  new HoldfastError({ kind: 'cancelled', message, accepted, generationId: id, attempts: [...attempts] })

/** Throws HoldfastError `cancelled`, `accepted: false`. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(false, null, 'The caller aborted before the generation was started')
}

/** So long an aborting caller waits for what the cancelled run says of its attempts. */
const LAST_WORD_MS = 500

/** How long an aborting caller waits for the confirmation of the cancellation. */
const CANCEL_LIMIT_MS = 2_000

export interface Abort {
  id: string
  signal: AbortSignal | undefined
  /** Cancels it, however long that takes (cancels.ts). false: it could not be done. Does not reject. */
  hangUp(): Promise<boolean>
  /** The generation goes on: others may be attached to it. */
  detach: boolean
  /** What the wait is for is the run's end: once it is cancelled, its error says which attempts there were. */
  awaitsEnd?: boolean
}

/** Rejects with HoldfastError `cancelled` as soon as the signal is aborted and the cancellation is on its way. */
export async function abortable<T>(
  result: Promise<T>,
  { id, signal, hangUp, detach, awaitsEnd = false }: Abort,
): Promise<T> {
  if (signal === undefined) return result
  let onAbort = (): void => undefined
  const abort = new Promise<never>((_, reject) => {
    onAbort = () => {
      if (detach)
        reject(aborted(true, id, 'The caller stopped waiting; the generation goes on under its key'))
      // Whether or not it could be cancelled: this caller waits no longer.
      else
        inTime(CANCEL_LIMIT_MS, hangUp()).then(
          async (done) => {
            const attempts = done && awaitsEnd ? await attemptsAtEnd(result) : []
            reject(aborted(true, id, `The caller aborted; ${done ? CANCELLED : NOT_CANCELLED}`, attempts))
          },
          () => reject(aborted(true, id, `The caller aborted; ${BEING_CANCELLED}`)),
        )
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    // The run's own word of its cancellation is no answer to a caller who has aborted.
    const wanted = awaitsEnd
      ? result.catch((error) => (signal.aborted ? abort : Promise.reject(error)))
      : result
    return await Promise.race([wanted, abort])
  } finally {
    signal.removeEventListener('abort', onAbort)
    // The loser of the race may still reject.
    result.catch(() => undefined)
    abort.catch(() => undefined)
  }
}

/** Of a run that was cancelled. Does not reject. */
const attemptsAtEnd = (end: Promise<unknown>): Promise<readonly AttemptRecord[]> =>
  inTime(
    LAST_WORD_MS,
    end.then(
      () => [],
      (error: unknown) => (error instanceof HoldfastError ? error.attempts : []),
    ),
  ).catch(() => [])
