/**
 * A closed loop: so many calls in flight, each followed by the next, till the time is over.
 *
 * LOAD-1 A single caller rests as long as its call took: an answer that comes before its workflow's end would else leave
 *    the rest of the server's work to the next call's time, and there would be two in flight.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Called } from './subjects'

export interface Load {
  /** One per call that was answered. */
  latenciesMs: number[]
  /** One per call that was streamed. */
  firstTokensMs: number[]
  /** Calls that failed, and the first one's reason: a machine that is too busy runs into deadlines. */
  failed: number
  reason: string | null
  /** From the first call's start to the last one's end, without the rests. */
  wallMs: number
}

/** Starts calls for `durationMs` and waits for the last. Rejects when every one fails. */
export async function runLoad(
  call: () => Promise<Called>,
  inFlight: number,
  durationMs: number,
): Promise<Load> {
  const latenciesMs: number[] = []
  const firstTokensMs: number[] = []
  const reasons: string[] = []
  let restedMs = 0
  const startedAt = performance.now()
  const until = startedAt + durationMs
  const lane = async () => {
    do {
      const calledAt = performance.now()
      try {
        const { firstTokenMs } = await call()
        latenciesMs.push(performance.now() - calledAt)
        if (firstTokenMs !== null) firstTokensMs.push(firstTokenMs)
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error))
      }
      if (inFlight === 1) restedMs += await rest(performance.now() - calledAt)
    } while (performance.now() < until)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  const [reason = null] = reasons
  if (latenciesMs.length === 0) throw new Error(`no call was answered: ${reason}`)
  const wallMs = performance.now() - startedAt - restedMs
  return { latenciesMs, firstTokensMs, failed: reasons.length, reason, wallMs }
}

/** LOAD-1. Returns how long it was in the end. */
async function rest(forMs: number): Promise<number> {
  const startedAt = performance.now()
  await pause(forMs)
  return performance.now() - startedAt
}
