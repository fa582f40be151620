/**
 * Whoever waits for a generation that waits for a key itself gets an error that says so: a person has to act first, and that may take days.
 *
 * UNTIL-PARKED-1 Only of routes that park: a generation of any other is never looked at for it.
 * UNTIL-PARKED-2 The error says that the generation goes on (`accepted: true`), and its id. It cancels nothing.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { HoldfastError } from '../contract/errors'
import { type ParkedFact, readParked } from '../contract/generation-memo'
import { endedBy } from '../util/ended-by'
import type { Polls } from './polls'

/** Most generations have ended by then. */
const FIRST_LOOK_MS = 1_500
const LOOKS_APART_MAX_MS = 5_000
/** As often as it looks itself, at first. */
const RETRY_AFTER_MS = 30_000

interface Watched {
  client: Client
  id: string
  polls: Polls
  /** Nobody waits any longer. */
  left: AbortSignal
}

/** Throws HoldfastError where it is parked before the work has ended. */
export async function untilParked<T>(watched: Watched, work: Promise<T>): Promise<T> {
  const done = new AbortController()
  const over = endedBy(watched.left, done.signal)
  // Nobody waits for whichever comes second.
  const waiting = parked(watched, over.signal)
  waiting.catch(() => undefined)
  work.catch(() => undefined)
  try {
    return await Promise.race([work, waiting])
  } finally {
    done.abort()
    over.leave()
  }
}

/** Rejects where it is parked; else never settles. */
async function parked({ client, id, polls }: Watched, over: AbortSignal): Promise<never> {
  let apartMs = FIRST_LOOK_MS
  for (;;) {
    const left = await pause(apartMs, false, { signal: over, ref: false }).catch(() => true)
    if (left) return new Promise<never>(() => undefined)
    apartMs = Math.min(LOOKS_APART_MAX_MS, apartMs * 1.5)
    // What can't be read now is waited for by the work itself.
    const fact = await polls
      .short(() => client.workflow.getHandle(id).describe())
      .then(
        ({ memo, status }) => (status.name === 'RUNNING' ? readParked(memo) : null),
        () => null,
      )
    if (fact !== null) throw parkedError(id, fact)
  }
}

const parkedError = (id: string, { since, until, providers }: ParkedFact): HoldfastError =>
  new HoldfastError({
    kind: 'unavailable',
    message:
      `Nobody can answer for lack of a valid key${providers.length === 0 ? '' : ` of ${providers.join(', ')}`}. The generation ${id} waits for one ` +
      `since ${new Date(since).toISOString()}, till ${new Date(until).toISOString()} at most, and goes on when it is mended: ask for it by its id, ` +
      'or send the same request with the same idempotency key',
    accepted: true,
    generationId: id,
    failureClass: 'unauthorized',
    retryAt: Date.now() + RETRY_AFTER_MS,
  })
