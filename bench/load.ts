/**
 * `runLoad` is a closed loop: so many calls in flight, each followed by the next, till the time is over. `runPace` begins calls
 * at a steady rate, whatever becomes of them.
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
  const record = newRecord()
  let restedMs = 0
  const startedAt = performance.now()
  const until = startedAt + durationMs
  const lane = async () => {
    do {
      const calledAt = performance.now()
      await record.make(call)
      if (inFlight === 1) restedMs += await rest(performance.now() - calledAt)
    } while (performance.now() < until)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return record.load(performance.now() - startedAt - restedMs)
}

/** Begins `perSecond` calls a second for `durationMs` and waits for the last. Rejects when every one fails. */
export async function runPace(
  call: () => Promise<Called>,
  perSecond: number,
  durationMs: number,
): Promise<Load> {
  const record = newRecord()
  const startedAt = performance.now()
  const calls: Promise<void>[] = []
  for (let begun = 0; (begun / perSecond) * 1_000 < durationMs; begun += 1) {
    await pause(startedAt + (begun / perSecond) * 1_000 - performance.now())
    calls.push(record.make(call))
  }
  await Promise.all(calls)
  return record.load(performance.now() - startedAt)
}

function newRecord() {
  const latenciesMs: number[] = []
  const firstTokensMs: number[] = []
  const reasons: string[] = []
  return {
    async make(call: () => Promise<Called>): Promise<void> {
      const calledAt = performance.now()
      try {
        const { firstTokenMs } = await call()
        latenciesMs.push(performance.now() - calledAt)
        if (firstTokenMs !== null) firstTokensMs.push(firstTokenMs)
      } catch (error) {
        reasons.push(error instanceof Error ? error.message : String(error))
      }
    },
    load(wallMs: number): Load {
      const [reason = null] = reasons
      if (latenciesMs.length === 0) throw new Error(`no call was answered: ${reason}`)
      return { latenciesMs, firstTokensMs, failed: reasons.length, reason, wallMs }
    },
  }
}

/** LOAD-1. Returns how long it was in the end. */
async function rest(forMs: number): Promise<number> {
  const startedAt = performance.now()
  await pause(forMs)
  return performance.now() - startedAt
}
