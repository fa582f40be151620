/**
 * Cancellations that nobody waits for any more: of generations whose callers have gone, or got the error that Temporal
 * did not confirm them.
 *
 * CANCELS-1 None is dropped: it is sent again, after growing pauses, until Temporal has taken it or has
 *    nothing to cancel. Past the generation's own deadline there is nothing to cancel.
 * CANCELS-2 SENT_AT_ONCE at a time in this process, however many callers hang up in one moment: a server that
 *    gets all of them at once takes none in time.
 * CANCELS-3 Each is counted, as pending, and then as done or failed.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, WorkflowNotFoundError } from '@temporalio/client'
import { inTime } from '../util/async'
import { createSemaphore } from '../util/semaphore'

/** Nobody waits for a Temporal that is away. */
export const CANCEL_DEADLINE_MS = 2_000

const SENT_AT_ONCE = 8
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

export interface Cancellation {
  /** Epoch milliseconds: CANCELS-1. */
  untilAt: number
  /** Aborted: this process goes. */
  ending: AbortSignal
  /** false: there may be something to cancel later, so it is sent again. Rejects where Temporal did not take it. */
  send(): Promise<boolean>
}

export interface CancelCounts {
  pending: number
  done: number
  failed: number
}

export interface Cancels {
  /** true: done. Never rejects. */
  cancel(cancellation: Cancellation): Promise<boolean>
  counts(): CancelCounts
}

export function createCancels(): Cancels {
  const sendTurns = createSemaphore(SENT_AT_ONCE)
  const counts: CancelCounts = { pending: 0, done: 0, failed: 0 }

  const sent = async ({ untilAt, ending, send }: Cancellation): Promise<boolean> => {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const done = await sendTurns(async () => !ending.aborted && (await send())).catch(() => false)
      if (done) return true
      if (ending.aborted || Date.now() + pauseMs >= untilAt) return false
      await pause(pauseMs, undefined, { signal: ending }).catch(() => undefined)
    }
  }

  return {
    async cancel(cancellation) {
      counts.pending += 1
      const done = await sent(cancellation)
      counts.pending -= 1
      counts[done ? 'done' : 'failed'] += 1
      return done
    },
    counts: () => ({ ...counts }),
  }
}

/** Of all clients of this process. */
export const processCancels = createCancels()

/** One that has ended needs none. false: it is not there yet. Throws what Temporal throws, or TooLateError. */
export async function cancelRun(client: Client, id: string, mayCome: boolean): Promise<boolean> {
  const handle = client.workflow.getHandle(id)
  const inBounds = <T>(act: () => Promise<T>): Promise<T> =>
    inTime(CANCEL_DEADLINE_MS, client.withDeadline(Date.now() + CANCEL_DEADLINE_MS, act))
  try {
    await inBounds(() => handle.cancel())
    return true
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error
    if (!mayCome) return true
    return inBounds(() => handle.describe()).then(
      () => true,
      (missing: unknown) => {
        if (missing instanceof WorkflowNotFoundError) return false
        throw missing
      },
    )
  }
}
