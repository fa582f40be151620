/** Promises of others: bounded by time or a signal, shared while they run, made once. */

export class TooLateError extends Error {
  override readonly name = 'TooLateError'
}

/**
 * Rejects with TooLateError after `limitMs`; what the work becomes then is nobody's business. Needed beside gRPC's own
 * deadline: a native connection that has lost its server goes on trying for ten seconds, whatever deadline its calls
 * have.
 */
export async function inTime<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLateError(`no answer within ${limitMs} ms`)), limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}

/**
 * Rejects with `reason()` when the signal is aborted; what the work becomes then is nobody's business. Nothing is left at
 * the signal, however long it lives.
 * @param reason default: the signal's own
 */
export async function orAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  reason: () => unknown = () => signal.reason,
): Promise<T> {
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(reason())
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    work.catch(() => undefined)
    aborted.catch(() => undefined)
  }
}

/** Calls of one name that are under way at once are one call: who comes while it runs gets its end. */
export function createSingleFlight<T>(): (name: string, act: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>()
  return (name, act) => {
    const call = underWay.get(name) ?? act().finally(() => underWay.delete(name))
    underWay.set(name, call)
    return call
  }
}

/** One call at a time: who comes while it runs gets its end. */
export function singleFlight<T>(act: () => Promise<T>): () => Promise<T> {
  const flight = createSingleFlight<T>()
  return () => flight('', act)
}

export interface OpenOnce<T> {
  /** Opens at the first call, and again after a try that has failed. */
  get(): Promise<T>
  /** What was opened, for its end; null: nothing. Opens nothing and never rejects. */
  opened(): Promise<T | null>
}

/** What is opened by its first use. */
export function openOnce<T>(open: () => Promise<T>): OpenOnce<T> {
  let opening: Promise<T> | null = null
  return {
    get() {
      if (opening !== null) return opening
      const mine = open()
      opening = mine
      mine.catch(() => {
        if (opening === mine) opening = null
      })
      return mine
    },
    opened: async () => opening?.catch(() => null) ?? null,
  }
}
