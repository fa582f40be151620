/**
 * What a provider's entity published, as this worker last read it (published.ts).
 *
 * SNAPSHOT-1 Where the entity can't be read, one log line says so, and one when it is back.
 */
import type { Logger } from 'pino'
import type { PublishedCircuits } from '../contract/circuits'
import { newProviderCircuits, type ProviderCircuits } from '../domain/circuits/provider-circuits'
import type { Peers } from './peers'
import { createPublished, type Published } from './published'

export interface SnapshotDeps {
  provider: string
  read(): Promise<PublishedCircuits>
  peers: Peers
  logger: Logger
  /** Called for each read that failed, for metrics. */
  onUnreadable(): void
  now(): number
}

export interface Snapshot extends Omit<Published<PublishedCircuits>, 'latest'> {
  circuits(): ProviderCircuits
}

export function createSnapshot({ provider, read, peers, logger, onUnreadable, now }: SnapshotDeps): Snapshot {
  const nothing = newProviderCircuits()
  const { latest, ...published } = createPublished<PublishedCircuits>({
    read,
    peers,
    onUnreadable(error, first) {
      onUnreadable()
      if (!first) return
      const reason = error instanceof Error ? error.name : 'unknown'
      logger.warn(
        { event: 'circuits_unreachable', provider, reason },
        "the circuits can't be read: going on by what this worker sees itself",
      )
    },
    onReadable: () =>
      logger.info({ event: 'circuits_reachable', provider }, 'the circuits can be read again'),
    now,
  })
  return { ...published, circuits: () => latest()?.circuits ?? nothing }
}
