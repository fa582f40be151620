/**
 * Sends what a worker saw to an entity, summed, at this worker's turn.
 *
 * REPORTER-1 One signal per turn, and a turn comes every max(500 ms, workers x 120 ms) or more rarely: whatever the load, an
 *    entity gets under ten a second. Turns are spread evenly, so that no second gets more.
 * REPORTER-2 Without something to report there is no timer and no signal.
 */
import { singleFlight } from '../util/async'
import type { Peers } from './peers'
import { nextTurn, type Turns } from './turns'

/**
 * A fifth over the 100 ms that ten a second leave: calls take unequally long to arrive, and outcomes of permits are
 * sent besides.
 */
export const REPORT_TURNS: Turns = { leastIntervalMs: 500, perWorkerMs: 120 }
const TIMER_EARLY_MS = 100

export interface Reporter {
  /** There is something to report. */
  arm(): void
  /** Waits for what is being sent. */
  close(): Promise<void>
}

export interface ReporterDeps {
  peers: Peers
  /** Sends what there is. Must not reject. */
  flush(): Promise<void>
  now(): number
  /** Default: REPORT_TURNS. */
  turns?: Turns | undefined
}

export function createReporter({ peers, flush, now, turns = REPORT_TURNS }: ReporterDeps): Reporter {
  let timer: NodeJS.Timeout | null = null
  let sending: Promise<void> = Promise.resolve()
  let lastTurn = 0
  let closed = false

  async function arm(): Promise<void> {
    await peers.refresh()
    if (closed) return
    // A timer may fire a little early, and the turn that was taken is not another one. A turn that lies further
    // ahead was computed from a clock that has been set back since.
    const taken = lastTurn - now() < TIMER_EARLY_MS ? lastTurn : 0
    const turn = nextTurn(peers, turns, Math.max(now(), taken + 1))
    timer = setTimeout(() => {
      timer = null
      lastTurn = turn
      sending = flush()
    }, turn - now())
    timer.unref()
  }

  const armOnce = singleFlight(arm)

  return {
    arm() {
      if (timer === null && !closed) void armOnce()
    },
    async close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      await sending
    },
  }
}
