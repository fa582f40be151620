/**
 * A fleet of workers' boards around one provider's entity, in virtual time: the real boards and the real reducer, and
 * an entity that answers after a fixed time and counts the requests that it gets. Jest's fake timers are the clock.
 */
import { type BoardDeps, createProviderBoard, type ProviderBoard } from '../../src/circuits/board'
import { type PublishedCircuits, publish } from '../../src/contract/circuits'
import {
  attemptAdmission,
  newProviderCircuits,
  type ProviderCircuits,
  type ProviderEvent,
  reduceProvider,
} from '../../src/domain/circuits/provider-circuits'
import { SUCCEEDED } from '../../src/domain/circuits/verdict'
import type { CircuitPolicy } from '../../src/domain/routing/route'
import { FAILED, silent } from './boards'

const STEP_MS = 20
/** A describe from memory; a signal or an update is a workflow task. */
const READ_MS = 5
const TASK_MS = 30
const CALL_MS = 200

export interface FleetSettings {
  workers: number
  /** Calls a second of each worker, by its place. */
  callsPerSecond(rank: number): number
  policy: CircuitPolicy
  /** Is the provider down? `now` from the start of the simulation. */
  down(sinceStartMs: number): boolean
  seed: number
}

export interface Fleet {
  run(forMs: number): Promise<void>
  /** When each came, milliseconds from the start. */
  reads: number[]
  signals: number[]
  permitRequests: number[]
  /** From an opening's `until` to the start of its probe. */
  probeDelays: number[]
  /** Calls that were let in while the provider was down, by when. */
  hits: number[]
  state(): ProviderCircuits
  sinceStart(): number
}

/** A small generator of even numbers in [0, 1): the same run every time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export function startFleet({ workers, callsPerSecond, policy, down, seed }: FleetSettings): Fleet {
  const startedAt = Date.now()
  const sinceStart = (): number => Date.now() - startedAt
  const random = seeded(seed)
  let circuits = newProviderCircuits()
  let published: PublishedCircuits = publish(circuits, 1)
  const fleet: Fleet = {
    reads: [],
    signals: [],
    permitRequests: [],
    probeDelays: [],
    hits: [],
    state: () => circuits,
    sinceStart,
    run,
  }

  function apply(event: ProviderEvent): void {
    const before = circuits.models.m?.phase
    circuits = reduceProvider(circuits, event, Date.now())
    published = publish(circuits, 1)
    const phase = circuits.models.m?.phase
    if (before?.name === 'open' && phase?.name === 'half_open')
      fleet.probeDelays.push(Date.now() - before.until)
  }

  const entity: BoardDeps['entity'] = {
    async read() {
      fleet.reads.push(sinceStart())
      await after(READ_MS)
      return published
    },
    async report({ reports, holds }) {
      fleet.signals.push(sinceStart())
      await after(TASK_MS)
      apply({ type: 'reported', reports, holds })
    },
    async reportOutcome(outcome) {
      fleet.signals.push(sinceStart())
      await after(TASK_MS)
      apply({ type: 'permitEnded', ...outcome })
    },
    async requestPermit(request) {
      fleet.permitRequests.push(sinceStart())
      await after(TASK_MS)
      apply({ type: 'permitRequested', ...request })
      const { admitted } = attemptAdmission(circuits, request.model, request.id, Date.now())
      return { granted: admitted, published }
    },
  }

  const boards = Array.from({ length: workers }, (_, rank) =>
    createProviderBoard({
      provider: 'p',
      entity,
      peers: { count: () => workers, rank: () => rank, refresh: async () => undefined },
      worker: `w${rank}`,
      logger: silent,
      onUnreadable: () => undefined,
      now: Date.now,
      random,
    }),
  )

  let calls = 0
  async function call(board: ProviderBoard): Promise<void> {
    calls += 1
    const attempt = { id: `c${calls}`, model: 'm', attemptMs: 10_000, policy, lastResort: false }
    const admitted = await board.admit(attempt)
    if (!admitted.ok) return
    const failed = down(sinceStart())
    if (failed) fleet.hits.push(sinceStart())
    await after(CALL_MS)
    admitted.reportOutcome(failed ? FAILED : SUCCEEDED)
  }

  async function run(forMs: number): Promise<void> {
    for (const end = Date.now() + forMs; Date.now() < end; ) {
      for (const [rank, board] of boards.entries())
        if (random() < (callsPerSecond(rank) * STEP_MS) / 1_000) void call(board)
      await jest.advanceTimersByTimeAsync(STEP_MS)
    }
  }

  return fleet
}
