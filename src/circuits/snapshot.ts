/**
 * What a provider's entity published, as this worker last read it. Only traffic makes it read: an idle worker
 * asks nothing.
 *
 * S1 A request waits for a read only where the snapshot is older than STALE_AFTER_MS, and then at most WAIT_MS.
 * S2 One read at a time.
 * S3 Where the entity can't be read, nobody waits, and what was published long ago counts no more: the worker
 *    goes on by what it sees itself. One log line tells of it, one when it is back.
 */
import type { Logger } from 'pino'
import type { PublishedCircuits } from '../contract/circuits'
import { newProviderCircuits, type ProviderCircuits } from '../domain/provider-circuits'
import { inTime, TooLateError } from '../temporal/in-time'

/** Half a second after a publication a busy worker has read it, however busy. */
const REFRESH_AFTER_MS = 500
const STALE_AFTER_MS = 900
const WAIT_MS = 250
/** How long a snapshot is believed while the entity can't be read. */
const BELIEVED_MS = 5_000
const TRY_AGAIN_AFTER_MS = 1_000

export interface SnapshotDeps {
  provider: string
  read(): Promise<PublishedCircuits>
  logger: Logger
  /** Called for each read that failed, for metrics. */
  onUnreadable(): void
  now(): number
}

export interface Snapshot {
  circuits(): ProviderCircuits
  /** Resolves when it is fresh enough, or when waiting longer makes no sense. `atMostMs`: how old it may be. */
  fresh(atMostMs?: number): Promise<void>
  /** Something newer was heard. */
  accept(published: PublishedCircuits): void
  /** Could the entity be read, the last time? */
  reachable(): boolean
}

export function createSnapshot({ provider, read, logger, onUnreadable, now }: SnapshotDeps): Snapshot {
  const nothing = newProviderCircuits()
  let circuits = nothing
  let readAt = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let unreachable = false
  let reading: Promise<void> | null = null

  /** A clock that was set back makes everything old. */
  const ageMs = (): number => {
    const age = now() - readAt
    return age < 0 ? Number.POSITIVE_INFINITY : age
  }

  const accept = (published: PublishedCircuits, at = now()): void => {
    readAt = at
    circuits = published.circuits
  }

  async function refresh(): Promise<void> {
    triedAt = now()
    try {
      const before = circuits
      const published = await read()
      // As old as the question, not as the answer; what was heard in the meantime is newer.
      if (circuits === before) accept(published, triedAt)
      if (unreachable)
        logger.info({ event: 'circuits_reachable', provider }, 'the circuits can be read again')
      unreachable = false
    } catch (error) {
      onUnreadable()
      if (!unreachable)
        logger.warn(
          {
            event: 'circuits_unreachable',
            provider,
            reason: error instanceof Error ? error.name : 'unknown',
          },
          "the circuits can't be read: going on by what this worker sees itself",
        )
      unreachable = true
    }
  }

  /** S2 */
  const refreshOnce = (): Promise<void> => {
    reading ??= refresh().finally(() => {
      reading = null
    })
    return reading
  }

  return {
    circuits: () => (unreachable && ageMs() > BELIEVED_MS ? nothing : circuits),
    async fresh(atMostMs = STALE_AFTER_MS) {
      const age = ageMs()
      if (unreachable) {
        if (Math.abs(now() - triedAt) >= TRY_AGAIN_AFTER_MS) void refreshOnce()
        return
      }
      if (age > atMostMs)
        await within(WAIT_MS, reading === null ? refreshOnce() : reading.then(refreshIfOlder(atMostMs)))
      else if (age > Math.min(atMostMs, REFRESH_AFTER_MS)) void refreshOnce()
    },
    accept,
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
