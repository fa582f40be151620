/** A caller's AbortSignal: it ends the wait, and the generation too where nobody else could be waiting for it. */
import { HoldfastError } from '../contract/errors'

const aborted = (accepted: boolean, id: string | null, message: string): HoldfastError =>
  new HoldfastError({ kind: 'cancelled', message, accepted, generationId: id })

/** Throws HoldfastError `cancelled`, `accepted: false`. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(false, null, 'The caller aborted before the generation was started')
}

export interface Abort {
  id: string
  signal: AbortSignal | undefined
  cancel(id: string): Promise<void>
  /** Leave the generation alone: others may be attached to it. */
  detach: boolean
}

/** Rejects with HoldfastError `cancelled` as soon as the signal is aborted and the cancellation is on its way. */
export async function abortable<T>(result: Promise<T>, { id, signal, cancel, detach }: Abort): Promise<T> {
  if (signal === undefined) return result
  let onAbort = (): void => undefined
  const abort = new Promise<never>((_, reject) => {
    onAbort = () => {
      if (detach)
        reject(aborted(true, id, 'The caller stopped waiting; the generation goes on under its key'))
      // Whether or not it could be cancelled: this caller waits no longer.
      else
        cancel(id).then(
          () => reject(aborted(true, id, 'The caller aborted; the generation is cancelled')),
          (error: Error) =>
            reject(
              aborted(
                true,
                id,
                `The caller aborted; the generation could not be cancelled: ${error.message}`,
              ),
            ),
        )
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([result, abort])
  } finally {
    signal.removeEventListener('abort', onAbort)
    // The loser of the race may still reject.
    result.catch(() => undefined)
    abort.catch(() => undefined)
  }
}
