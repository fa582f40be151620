/**
 * What an entity published, as this worker last read it. Only traffic makes it read: an idle worker
 * sends nothing.
 *
 * PUBLISHED-1 A request waits for a read only where the snapshot is older than STALE_AFTER_MS, and then at
 *    most WAIT_MS.
 * PUBLISHED-2 One read at a time.
 * PUBLISHED-3 An entity is read at most some twenty times a second, whatever the fleet: a worker reads again
 *    only after its share of a second, and in a CROWD only at its own turn. Nobody waits for that; until then
 *    the older view counts.
 * PUBLISHED-4 Where the entity can't be read, nobody waits, and what was published long ago counts no more:
 *    the worker goes on by what it sees itself. `onUnreadable` and `onReadable` say so, each once.
 */
import { inTime, TooLateError } from '../util/async'
import type { Peers } from './peers'
import { REPORT_TURNS } from './reporter'
import { intervalOf, nextTurn, offsetOf, type Turns } from './turns'

/** Half a second after a publication a busy worker has read it, however busy. */
const REFRESH_AFTER_MS = 500
const STALE_AFTER_MS = 900
/** So much older than it gets while it is used, and it is stale. */
const LATE_MS = STALE_AFTER_MS - REFRESH_AFTER_MS
const WAIT_MS = 250
/** PUBLISHED-3. A fifth over the 50 ms that twenty a second leave. Two of these turns are as long as one to report. */
const READ_TURNS: Turns = { leastIntervalMs: 0, perWorkerMs: REPORT_TURNS.perWorkerMs / 2 }
/** In a crowd, so long after its turn to report a worker reads what its report has done: a workflow task later. */
const AFTER_REPORT_MS = 150
/** So many workers, and each reads less than once a second: now each at its own turn, or they could all read at once. */
const CROWD = 20

export const isCrowd = ({ count }: Pick<Peers, 'count'>): boolean => count() > CROWD

/** How long a snapshot is believed while the entity can't be read. */
const BELIEVED_MS = 5_000
const TRY_AGAIN_AFTER_MS = 1_000

export interface PublishedDeps<T> {
  read(): Promise<T>
  peers: Peers
  /** A read has failed. `first`: the one before it had not. */
  onUnreadable(error: unknown, first: boolean): void
  /** The first read that has not failed again. */
  onReadable(): void
  now(): number
  /** How old it may get while it is used. Default: half a second, by its own share of reads. */
  refreshAfterMs?: (() => number) | undefined
}

export interface Published<T> {
  /** null: nothing that counts. */
  latest(): T | null
  /** Resolves when it is fresh enough, or when waiting longer makes no sense. `atMostMs`: how old it may be. */
  fresh(atMostMs?: number): Promise<void>
  /** Takes in what the entity has published, where it is newer. */
  accept(published: T): void
  /** Epoch milliseconds: how old what is known is. */
  readAt(): number
  /** Reads no more. */
  close(): void
  /** Could the entity be read, the last time? */
  reachable(): boolean
}

export function createPublished<T>(deps: PublishedDeps<T>): Published<T> {
  const { read, peers, onUnreadable, onReadable, now, refreshAfterMs = () => REFRESH_AFTER_MS } = deps
  let latest: T | null = null
  let readAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let unreachable = false
  let reading: Promise<void> | null = null
  let closed = false

  /** A clock that was set back makes everything old. */
  const ageMs = (): number => {
    const age = now() - readAt
    return age < 0 ? Number.POSITIVE_INFINITY : age
  }

  const accept = (published: T, at = now()): void => {
    readAt = at
    latest = published
  }

  async function refresh(): Promise<void> {
    triedAt = now()
    try {
      const before = latest
      const published = await read()
      // As old as the start of the read, not as its end; what was accepted in the meantime is newer.
      if (latest === before) accept(published, triedAt)
      if (unreachable) onReadable()
      unreachable = false
    } catch (error) {
      onUnreadable(error, !unreachable)
      unreachable = true
    }
  }

  const intervalMs = (): number => intervalOf(peers, READ_TURNS)

  /** PUBLISHED-3. Epoch milliseconds. A clock that was set back makes the last read an old one. */
  const mayReadAt = (): number => {
    const last = triedAt > now() ? Number.NEGATIVE_INFINITY : triedAt
    if (!isCrowd(peers)) return Math.max(now(), last + intervalMs())
    const offsetMs = offsetOf(peers, REPORT_TURNS) + AFTER_REPORT_MS
    return nextTurn(peers, READ_TURNS, Math.max(now(), last + 1), offsetMs)
  }

  async function refreshInTurn(): Promise<void> {
    // Before the first read nothing is known of the others either.
    if (triedAt === Number.NEGATIVE_INFINITY) await peers.refresh()
    else void peers.refresh()
    const inMs = mayReadAt() - now()
    if (inMs > 0) await new Promise<void>((resolve) => setTimeout(resolve, inMs).unref())
    if (!closed) await refresh()
  }

  /** PUBLISHED-2 */
  const refreshOnce = (): Promise<void> => {
    reading ??= refreshInTurn().finally(() => {
      reading = null
    })
    return reading
  }

  return {
    latest: () => (unreachable && ageMs() > Math.max(BELIEVED_MS, 2 * intervalMs()) ? null : latest),
    async fresh(atMostMs = Math.max(STALE_AFTER_MS, 2 * intervalMs(), refreshAfterMs() + LATE_MS)) {
      const age = ageMs()
      if (unreachable) {
        if (Math.abs(now() - triedAt) >= TRY_AGAIN_AFTER_MS) void refreshOnce()
        return
      }
      if (age > atMostMs) {
        const read = reading === null ? refreshOnce() : reading.then(refreshIfOlder(atMostMs))
        if (mayReadAt() - now() <= WAIT_MS) await within(WAIT_MS, read)
      } else if (isCrowd(peers) || age > Math.min(atMostMs, Math.max(refreshAfterMs(), intervalMs())))
        void refreshOnce()
    },
    accept,
    readAt: () => readAt,
    close() {
      closed = true
    },
    reachable: () => !unreachable,
  }

  /** The read that was under way may have begun before what the caller knows of. */
  function refreshIfOlder(atMostMs: number): () => Promise<void> {
    return async () => {
      if (!unreachable && ageMs() > atMostMs) await refreshOnce()
    }
  }
}

const within = (limitMs: number, work: Promise<void>): Promise<void> =>
  inTime(limitMs, work).catch((error: unknown) => {
    if (!(error instanceof TooLateError)) throw error
  })
