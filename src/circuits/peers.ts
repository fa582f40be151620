/**
 * How many workers share this task queue, and which of them this one is: so that each takes its turn, and all
 * together send an entity no more than ten signals a second. Temporal knows the pollers: workers need not register.
 */
import type { Client } from '@temporalio/client'
import { pollersOf } from '../temporal/pollers'
import { inTime } from '../util/async'

export interface Peers {
  count(): number
  /** This worker's place among them, from 0. */
  rank(): number
  /** False until the pollers have been read once: till then it takes itself for alone. */
  areKnown?(): boolean
  /** Reads the pollers from Temporal again where the last read is old. Never throws: what was known before holds. */
  refresh(): Promise<void>
}

/** All workers together read the pollers at most ten times a second, each at a moment of its own. */
const READ_AGAIN_AFTER_MS = 10_000
const READ_AGAIN_PER_WORKER_MS = 100
const READ_AGAIN_SPREAD = 0.25
const READ_DEADLINE_MS = 500
/** Where none has succeeded yet. */
const TRY_AGAIN_AFTER_MS = 1_000
/** A poll stands for a minute: who has not polled for longer is gone. */
const GONE_AFTER_MS = 90_000

/** `now`: by Temporal's clock, epoch milliseconds. */
export function createPeers(client: Client, taskQueue: string, identity: string, now: () => number): Peers {
  let identities: readonly string[] = [identity]
  let readAt = Number.NEGATIVE_INFINITY
  let known = false

  const readAgainAfterMs = (): number => {
    if (!known) return TRY_AGAIN_AFTER_MS
    const leastMs = Math.max(READ_AGAIN_AFTER_MS, identities.length * READ_AGAIN_PER_WORKER_MS)
    return leastMs * (1 + (READ_AGAIN_SPREAD * identities.indexOf(identity)) / identities.length)
  }

  async function readIdentities(): Promise<string[]> {
    const pollers = await client.withDeadline(Date.now() + READ_DEADLINE_MS, () =>
      pollersOf(client, taskQueue, 'activity'),
    )
    const alive = pollers.filter(({ lastPollAt }) => now() - lastPollAt < GONE_AFTER_MS)
    return [...new Set([identity, ...alive.map((poller) => poller.identity)])].sort()
  }

  return {
    count: () => identities.length,
    rank: () => identities.indexOf(identity),
    areKnown: () => known,
    async refresh() {
      if (Math.abs(Date.now() - readAt) < readAgainAfterMs()) return
      readAt = Date.now()
      try {
        identities = await inTime(READ_DEADLINE_MS, readIdentities())
        known = true
      } catch {
        // What was known before holds.
      }
    },
  }
}
