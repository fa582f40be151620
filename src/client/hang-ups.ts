/** Cancellations of one client's generations: those that a caller requests, and those whose callers have gone. */
import { inTime } from '../util/async'
import { CANCEL_DEADLINE_MS, cancelRun, processCancels } from './cancels'
import type { Polls } from './polls'
import { requireTenant } from './result'
import type { Runs } from './runs'

/** A clock that is off must not make one of little time none at all. */
const CANCEL_LEAST_MS = 60_000
/** A start that was not confirmed arrives within this or never: a native connection goes on sending for ten seconds. */
const MAY_COME_MS = 30_000
/** `close` waits so long for cancellations of callers that have gone. */
const CLOSE_WAITS_MS = 5_000

export interface HangUpDeps {
  runs: Runs
  tenant: string | null
  polls: Polls
  /** Aborted: the way to Temporal is about to be closed. */
  ending: AbortSignal
}

export interface HangUps {
  /** Sent once, for whoever waits for the word. Throws HoldfastError. */
  cancel(id: string): Promise<void>
  /**
   * Sent until Temporal takes it (CANCELS-1). `deadlineAt`: of the generation, epoch milliseconds. `mayCome`: Temporal has
   * not confirmed the generation, and may yet have it. false: it could not be cancelled. Never rejects.
   */
  hangUp(id: string, deadlineAt: number, mayCome?: boolean): Promise<boolean>
  /** Waits for those that are still to be sent, within bounds. Never rejects. */
  sent(): Promise<void>
}

export function createHangUps({ runs, tenant, polls, ending }: HangUpDeps): HangUps {
  const leaving = new Set<Promise<unknown>>()
  return {
    cancel: (id) =>
      runs
        .atOnce(id, async (client) => {
          await inTime(CANCEL_DEADLINE_MS, requireTenant(client, id, tenant))
          await cancelRun(client, id, false)
        })
        .finally(() => polls.nudge(id)),
    hangUp(id, deadlineAt, mayCome = false) {
      const untilAt = Math.max(deadlineAt, Date.now() + CANCEL_LEAST_MS)
      const comesUntil = mayCome ? Date.now() + MAY_COME_MS : 0
      const send = () => runs.atOnce(id, (client) => cancelRun(client, id, Date.now() < comesUntil))
      const sending = processCancels.cancel({ untilAt, ending, send })
      leaving.add(sending)
      return sending.finally(() => {
        leaving.delete(sending)
        polls.nudge(id)
      })
    },
    async sent() {
      await inTime(CLOSE_WAITS_MS, Promise.all(leaving)).catch(() => undefined)
    },
  }
}
