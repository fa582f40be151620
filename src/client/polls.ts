/**
 * The calls to Temporal of this process's waits, bounded however many waits there are. A frontend lets 1,200 long polls
 * of a namespace stand at once, those of its workers among them: waits that took them all would leave nobody to do the
 * work.
 *
 * POLLS-1 At most `longPolls` long polls stand at once, each for one slice.
 * POLLS-2 A wait that gets no long poll makes short ones, by turns: CHECKS_AT_ONCE at a time,
 *    CHECKS_PER_SECOND at most.
 * POLLS-3 While a wait lacks a long poll, no wait takes a second slice in a row.
 * POLLS-4 Queries stand as long as a worker takes to answer them, and count as long polls do: QUERIES_AT_ONCE
 *    at a time.
 * POLLS-5 Several tenants of one process are served by turns: one with a thousand waits does not delay the
 *    others.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Notifier } from '../stores/delivery/notifier'
import { inTime, TooLateError } from '../util/async'
import { createSemaphore } from '../util/semaphore'

/** As many as a process with few requests in flight has: they know of the end at once. */
export const LONG_POLLS = 16

/** A short one takes the server 1 to 3 ms. */
const CHECKS_AT_ONCE = 8
const CHECKS_PER_SECOND = 200

const QUERIES_AT_ONCE = 8

/** So long after a wait was refused a long poll, others are taken to lack one too. */
const CROWDED_MS = 3_000

export interface Polls {
  /** Runs a long poll at once, or null: `longPolls` of them stand already. */
  long<T>(poll: () => Promise<T>): Promise<T> | null
  /** POLLS-3 */
  crowded(): boolean
  /** The server has refused a poll, or this process has none left. */
  refused(): void
  /** Runs a short one in its turn. */
  short<T>(poll: () => Promise<T>): Promise<T>
  /**
   * Rejects where its turn (POLLS-4) and its answer do not come within `limitMs`; what has no turn by then is not sent.
   */
  query<T>(limitMs: number, run: () => Promise<T>): Promise<T>
  /** `notifier` is called when `nudge` is called for this generation. Returns the way to end it. */
  listen(id: string, notifier: Notifier): () => void
  /** It is about to end: each wait for it polls now. */
  nudge(id: string): void
  /** Long polls that stand now. */
  standing(): number
  /** POLLS-5. The same ones, for this tenant's waits. */
  of(tenant: string | null): Polls
}

export function createPolls(longPolls = LONG_POLLS): Polls {
  let standing = 0
  let refusedAt = Number.NEGATIVE_INFINITY
  let nextCheckAt = 0
  const checkTurns = createSemaphore(CHECKS_AT_ONCE)
  const queries = createSemaphore(QUERIES_AT_ONCE)
  const notifiers = new Map<string, Set<Notifier>>()
  const of = (tenant: string | null): Polls => ({
    long(poll) {
      if (standing >= longPolls) {
        refusedAt = performance.now()
        return null
      }
      standing += 1
      return poll().finally(() => {
        standing -= 1
      })
    },
    crowded: () => performance.now() - refusedAt < CROWDED_MS,
    refused() {
      refusedAt = performance.now()
    },
    short: (poll) =>
      checkTurns(async () => {
        const now = performance.now()
        const at = Math.max(now, nextCheckAt)
        nextCheckAt = at + 1_000 / CHECKS_PER_SECOND
        if (at > now) await pause(at - now)
        return poll()
      }, tenant),
    query(limitMs, run) {
      const until = performance.now() + limitMs
      const turn = async () => {
        if (performance.now() >= until) throw new TooLateError('nobody waits for this query any more')
        return run()
      }
      return inTime(limitMs, queries(turn, tenant))
    },
    listen(id, notifier) {
      const listening = notifiers.get(id) ?? new Set<Notifier>()
      notifiers.set(id, listening.add(notifier))
      return () => {
        listening.delete(notifier)
        if (listening.size === 0 && notifiers.get(id) === listening) notifiers.delete(id)
      }
    },
    nudge(id) {
      for (const notifier of notifiers.get(id) ?? []) notifier.notify()
    },
    standing: () => standing,
    of,
  })
  return of(null)
}

/** Of all clients of this process that have none of their own. */
export const processPolls = createPolls()
