/**
 * A worker that has started with another key than the one which a provider has refused: it says so to the provider's entity, and
 * wakes the generations that are parked for lack of a key, without an operator's doing.
 *
 * NEW-KEY-1 The entity lifts a hold once for each key (circuit.ts, CIRCUIT-10), for one call as a probe. Of all workers that start
 *    with this key the one that it was lifted for wakes those who are parked; the others do nothing.
 * NEW-KEY-2 Till one call was answered it wakes a few: the key may be refused too, and each that looks costs events. When one was,
 *    it wakes all. When this key was refused, it wakes nobody any more.
 * NEW-KEY-3 It is best effort: where this worker is killed meanwhile, those who are parked look again by themselves (run-parked.ts).
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Logger } from 'pino'
import { reduceCircuit } from '../domain/circuits/circuit'
import { couldProbe, type ProviderCircuits } from '../domain/circuits/provider-circuits'
import type { CircuitEntity } from './entity'

/** NEW-KEY-2. More than one: who is woken may meet something else that is in its way. */
const FEW = 3
const LOOK_EVERY_MS = 500
/** Who was woken comes within 5 s. */
const WAKE_AGAIN_MS = 10_000
/** An entity's tasks wait for a worker that polls, and this one does not poll yet. */
const ANNOUNCE_FOR_MS = 120_000
/** By then a deploy has replaced the workers that have the refused key. */
const FOLLOW_FOR_MS = 600_000

export interface NewKeyDeps {
  provider: string
  /** The mark of this worker's key. */
  key: string
  worker: string
  entity: Pick<CircuitEntity, 'read' | 'announceKey'>
  /** Wakes so many of those who are parked for lack of a key of this provider; null: all. Resolves with how many. Must not reject. */
  wakeParked(most: number | null): Promise<number>
  logger: Logger
  /** Epoch milliseconds. */
  now(): number
  /** Ends it. */
  signal: AbortSignal
}

/** Never rejects. */
export async function announceNewKey(deps: NewKeyDeps): Promise<void> {
  try {
    if (!(await lift(deps))) return
    const { provider, logger } = deps
    logger.info(
      { event: 'circuits_new_key', provider },
      'started with another key than the refused one: the hold is lifted for one call',
    )
    await follow(deps)
  } catch (error) {
    if (!deps.signal.aborted) throw error
  }
}

/** NEW-KEY-1. Was it lifted for this worker? */
async function lift({ key, worker, entity, now, signal }: NewKeyDeps): Promise<boolean> {
  const endsAt = now() + ANNOUNCE_FOR_MS
  const isOurs = ({ account }: ProviderCircuits): boolean =>
    account.hold?.liftedFor?.some((one) => one.key === key && one.worker === worker) === true
  while (now() < endsAt) {
    try {
      const { circuits } = await entity.read()
      // It was announced, and the answer was late.
      if (isOurs(circuits)) return true
      const { account } = circuits
      if (reduceCircuit(account, { type: 'keyed', key, worker }, now()) === account) return false
      if (isOurs((await entity.announceKey({ key, worker })).circuits)) return true
    } catch {
      // Temporal is away, or nobody has the entity's tasks yet.
    }
    await pause(LOOK_EVERY_MS, null, { signal, ref: false })
  }
  return false
}

/** NEW-KEY-2 */
async function follow({ key, worker, entity, wakeParked, now, signal }: NewKeyDeps): Promise<void> {
  const endsAt = now() + FOLLOW_FOR_MS
  let wokeAt = Number.NEGATIVE_INFINITY
  while (now() < endsAt) {
    const circuits = await entity.read().then(
      (published) => published.circuits,
      () => null,
    )
    const hold = circuits?.account.hold
    if (hold === null) {
      await wakeParked(null)
      return
    }
    if (hold?.key === key) return
    if (circuits != null && couldProbe(circuits, '', worker, now()) && now() - wokeAt >= WAKE_AGAIN_MS) {
      wokeAt = now()
      if ((await wakeParked(FEW)) === 0) return
    }
    await pause(LOOK_EVERY_MS, null, { signal, ref: false })
  }
}
