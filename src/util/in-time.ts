/**
 * A bound on somebody else's promise. Needed beside gRPC's own deadline: a native connection that has lost its
 * server goes on trying for ten seconds, whatever deadline its calls have.
 */
export class TooLateError extends Error {
  override readonly name = 'TooLateError'
}

/** Rejects with TooLateError after `limitMs`; what the work becomes then is nobody's business. */
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
