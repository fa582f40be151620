/** The boards of all providers of one worker. Only the activities use them. */
import type { Client } from '@temporalio/client'
import type { Logger } from 'pino'
import type { Metrics } from '../telemetry/metrics'
import {
  type Admitted,
  type Attempt,
  createProviderBoard,
  type KnownCircuit,
  type Obstacle,
  type ProviderBoard,
} from './board'
import { type CircuitEntity, circuitEntity } from './entity'
import { announceNewKey } from './new-key'
import { createPeers } from './peers'

export interface Board {
  admit(provider: string, attempt: Attempt): Promise<Admitted>
  /** What is in the way of a call; null: nothing, or only that it would have to probe. */
  obstacle(provider: string, model: string): Obstacle | null
  /** Reads what is older than `atMostMs`, for a short while at most. Default: what is too old to go by. */
  fresh(providers: readonly string[], atMostMs?: number): Promise<void>
  /** The circuits as they are known here, by provider. */
  states(): (readonly [provider: string, KnownCircuit[]])[]
  close(): Promise<void>
}

export interface BoardSettings {
  client: Client
  taskQueue: string
  /** This worker among its peers: the identity it polls with. */
  identity: string
  providers: readonly string[]
  /** The marks of this worker's keys, by provider. */
  keys: ReadonlyMap<string, string>
  /** As of NewKeyDeps. */
  wakeParked(provider: string, most: number | null): Promise<number>
  logger: Logger
  /** Epoch milliseconds, by Temporal's clock. */
  now(): number
  metrics: Pick<Metrics, 'circuitsUnreadable' | 'permit'>
}

/** Starts the entities that don't run yet, in the background: a worker is ready without them. */
export function createBoard(settings: BoardSettings): Board {
  const { client, taskQueue, identity, providers, keys, wakeParked, logger, metrics, now } = settings
  const peers = createPeers(client, taskQueue, identity, now)
  const boards = new Map<string, ProviderBoard>()
  const entities = new Map<string, CircuitEntity>()
  const closing = new AbortController()
  const entityOf = (provider: string): CircuitEntity => {
    const entity = entities.get(provider) ?? circuitEntity(client, { provider, taskQueue, logger })
    entities.set(provider, entity)
    return entity
  }
  const boardOf = (provider: string): ProviderBoard => {
    const known = boards.get(provider)
    if (known !== undefined) return known
    const board = createProviderBoard({
      provider,
      entity: entityOf(provider),
      peers,
      worker: identity,
      key: keys.get(provider),
      logger,
      onUnreadable: () => metrics.circuitsUnreadable(provider),
      onPermit: (outcome) => metrics.permit(provider, outcome),
      now,
      random: Math.random,
    })
    boards.set(provider, board)
    return board
  }
  const fresh = async (names: readonly string[], atMostMs?: number): Promise<void> => {
    await Promise.all(names.map((name) => boardOf(name).fresh(atMostMs)))
  }
  const started = fresh(providers)
  const announced = started.then(() =>
    Promise.all(
      [...keys].map(([provider, key]) =>
        announceNewKey({
          provider,
          key,
          worker: identity,
          entity: entityOf(provider),
          wakeParked: (most) => wakeParked(provider, most),
          logger,
          now,
          signal: closing.signal,
        }),
      ),
    ),
  )

  return {
    admit: (provider, attempt) => boardOf(provider).admit(attempt),
    obstacle: (provider, model) => boardOf(provider).obstacle(model),
    fresh,
    states: () => [...boards].map(([provider, board]) => [provider, board.states()] as const),
    async close() {
      closing.abort()
      await started
      await announced
      await Promise.all([...boards.values()].map((board) => board.close()))
    },
  }
}
