/**
 * A signal that is aborted with the first of its sources. `leave` takes it away from them when it is no longer wanted:
 * what `AbortSignal.any` leaves at a source that lives on is never taken away.
 */
export function endedBy(...sources: AbortSignal[]): { signal: AbortSignal; leave(): void } {
  const own = new AbortController()
  const end = (): void => own.abort()
  for (const source of sources) {
    if (source.aborted) end()
    else source.addEventListener('abort', end, { once: true })
  }
  return {
    signal: own.signal,
    leave() {
      for (const source of sources) source.removeEventListener('abort', end)
    },
  }
}
