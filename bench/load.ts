/** A closed loop: so many calls in flight, each followed by the next, till the time is over. */
export interface Load {
  /** One per call that was answered. */
  latenciesMs: number[]
  /** Calls that failed, and the first one's reason: a machine that is too busy runs into deadlines. */
  failed: number
  reason: string | null
  /** From the first call's start to the last one's end. */
  wallMs: number
}

/** Starts calls for `durationMs` and waits for the last. Rejects when every one fails. */
export async function runLoad(
  call: () => Promise<unknown>,
  inFlight: number,
  durationMs: number,
): Promise<Load> {
  const latenciesMs: number[] = []
  const reasons: string[] = []
  const startedAt = performance.now()
  const until = startedAt + durationMs
  const lane = async () => {
    do {
      const calledAt = performance.now()
      try {
        await call()
        latenciesMs.push(performance.now() - calledAt)
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error))
      }
    } while (performance.now() < until)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  const [reason = null] = reasons
  if (latenciesMs.length === 0) throw new Error(`no call was answered: ${reason}`)
  return { latenciesMs, failed: reasons.length, reason, wallMs: performance.now() - startedAt }
}
