/** A closed loop: so many calls in flight, each followed by the next, till the time is over. */
export interface Load {
  /** One per call that was answered. */
  latenciesMs: number[]
  /** From the first call's start to the last one's end. */
  wallMs: number
}

/** Starts calls for `durationMs` and waits for the last; rejects when one fails. */
export async function runLoad(
  call: () => Promise<unknown>,
  inFlight: number,
  durationMs: number,
): Promise<Load> {
  const latenciesMs: number[] = []
  const startedAt = performance.now()
  const until = startedAt + durationMs
  const lane = async () => {
    do {
      const calledAt = performance.now()
      await call()
      latenciesMs.push(performance.now() - calledAt)
    } while (performance.now() < until)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return { latenciesMs, wallMs: performance.now() - startedAt }
}
