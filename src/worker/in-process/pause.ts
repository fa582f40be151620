import { setTimeout as sleep } from 'node:timers/promises'

/** Node's longest timer. A waiter that is woken too early checks the clock. */
const TIMER_MAX_MS = 2 ** 31 - 1

/** Resolves at `at` by `now` (epoch milliseconds), or when the signal is aborted. Never rejects. */
export async function pauseUntil(at: number, now: number, signal: AbortSignal): Promise<void> {
  const ms = Math.min(TIMER_MAX_MS, Math.max(0, at - now))
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
