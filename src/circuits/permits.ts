/**
 * A worker's permits at one provider: asked for, used, given back.
 *
 * PERMITS-1 One ask at a time. No answer in time is a no, for the call that asked.
 * PERMITS-2 A permit that was granted is settled, whatever becomes of the call; a worker that dies leaves it
 *    to its lease.
 * PERMITS-3 A grant whose answer came too late shows in what the entity publishes: the next call there uses
 *    it. One with too little of its lease left is given back.
 * PERMITS-4 A settlement that was not heard is sent again, as long as the permit is out.
 * PERMITS-5 In a crowd nobody waits for a turn to ask, and all together ask some thirty times a second at
 *    most. Who may ask once a circuit may be probed: the ASKERS that the entity publishes, one every
 *    ASK_SLOT_MS, for they had calls there; who has read since, at the turn of its own; and any other by
 *    chance, the rarer the more calls there are.
 */
import { CIRCUIT_BUILD, type PermitOutcome, type PermitRequest } from '../contract/circuits'
import type { Circuit } from '../domain/circuits/circuit'
import { circuitOf, couldProbe, reduceProvider } from '../domain/circuits/provider-circuits'
import type { CircuitPolicy } from '../domain/routing/route'
import type { CircuitEntity } from './entity'
import type { Peers } from './peers'
import { isCrowd, type Snapshot } from './snapshot'

/** So much longer than the attempt lives its permit. */
const LEASE_MARGIN_MS = 2_000

/** No longer lives a permit: what hangs, or died, keeps the next probe from starting by this at most. */
export const LEASE_AT_MOST_MS = 15_000

const leaseOf = (attemptMs: number): number => Math.min(attemptMs + LEASE_MARGIN_MS, LEASE_AT_MOST_MS)

/** Between two workers’ asks, on average: an update takes the entity 20 to 50 ms, so two or three are in flight. */
const ASK_SPREAD_MS = 20
/** PERMITS-5. As long as an update takes, so that the next one hears of it. */
const ASK_SLOT_MS = 50
/** PERMITS-5. By chance, all workers together. */
const CHANCE_ASKS_PER_SECOND = 15

export interface PermitWanted {
  /** Of this attempt alone. */
  id: string
  model: string
  /** The attempt's own timeout. */
  attemptMs: number
  policy: CircuitPolicy
}

export interface Permits {
  /** Is an ask under way? */
  asking(): boolean
  /** The id of the permit under which this attempt may probe; null: none. */
  ask(wanted: PermitWanted): Promise<string | null>
  settle(settled: PermitOutcome, attemptMs: number): void
  /** PERMITS-3, PERMITS-4: to be called when the snapshot may be newer. Returns a permit that this attempt may use. */
  reconcile(wanted: PermitWanted): string | null
  /** Waits for what is being sent. */
  close(): Promise<void>
}

export interface PermitDeps {
  entity: Pick<CircuitEntity, 'ask' | 'settle'>
  snapshot: Pick<Snapshot, 'circuits' | 'fresh' | 'accept' | 'readAt'>
  peers: Peers
  /** This worker's own name among its peers. */
  worker: string
  /** Tells that the entity did not hear. */
  unheard(what: string, error: unknown): void
  now(): number
  random(): number
}

interface Open {
  settled: PermitOutcome
  /** Epoch milliseconds: its lease has surely ended by then. */
  goneAt: number
  /** The call that asked has not used it. */
  unused: boolean
}

export function createPermits(deps: PermitDeps): Permits {
  const { entity, snapshot, peers, worker, unheard, now, random } = deps
  const open = new Map<string, Open>()
  const settling = new Set<Promise<void>>()
  let asking = false
  let lastCallAt = Number.NEGATIVE_INFINITY
  /** Between the last two calls. */
  let gapMs = 0

  const isOut = ({ id, model }: Pick<PermitOutcome, 'id' | 'model'>): boolean =>
    [null, model].some((scope) => {
      const { phase } = circuitOf(snapshot.circuits(), scope)
      return phase.name === 'half_open' && phase.permit?.id === id
    })

  /** PERMITS-5 */
  function mayAsk(model: string): boolean {
    const circuits = snapshot.circuits()
    const from = Math.max(...[null, model].map((scope) => askableFrom(circuitOf(circuits, scope))))
    const place = circuits.askers?.indexOf(worker) ?? -1
    if (place >= 0 && now() >= from + place * ASK_SLOT_MS) return true
    if (snapshot.readAt() >= from) return true
    return isCrowd(peers) && random() < (gapMs * CHANCE_ASKS_PER_SECOND) / 1_000 / peers.count()
  }

  async function askEntity({ id, model, attemptMs, policy }: PermitWanted): Promise<boolean> {
    // Who has not seen it fail, has not asked yet how many they are.
    await peers.refresh()
    if (isCrowd(peers)) {
      if (!mayAsk(model)) return false
    } else if (peers.count() > 1) {
      await pause(random() * peers.count() * ASK_SPREAD_MS)
      await snapshot.fresh(0)
      if (!couldProbe(snapshot.circuits(), model, id, now()) || !mayAsk(model)) return false
    }
    const asked: PermitRequest = { id, model, leaseMs: leaseOf(attemptMs), worker }
    try {
      const answer = await entity.ask(asked)
      snapshot.accept(answer.published)
      return answer.granted && isOut({ id, model })
    } catch (error) {
      unheard('ask', error)
      const settled = { id, model, account: 'ignored', target: 'ignored', policy } as const
      open.set(id, { settled, goneAt: now() + asked.leaseMs, unused: true })
      return false
    }
  }

  function send(one: Open): void {
    const sent = entity
      .settle(one.settled)
      .then(() => {
        // What the entity makes of it is known; in a crowd it is long till this worker may read it.
        const event = { type: 'settled', ...one.settled } as const
        snapshot.accept({ build: CIRCUIT_BUILD, circuits: reduceProvider(snapshot.circuits(), event, now()) })
        return snapshot.fresh(0)
      })
      .catch((error: unknown) => {
        unheard('settle', error)
        open.set(one.settled.id, one)
      })
      .finally(() => settling.delete(sent))
    settling.add(sent)
  }

  return {
    asking: () => asking,
    async ask(wanted) {
      if (asking) return null
      asking = true
      try {
        return (await askEntity(wanted)) ? wanted.id : null
      } finally {
        asking = false
      }
    },
    settle(settled, attemptMs) {
      send({ settled, goneAt: now() + attemptMs + LEASE_MARGIN_MS, unused: false })
    },
    reconcile({ model, attemptMs }) {
      // A first call tells nothing of how many there are.
      gapMs = lastCallAt === Number.NEGATIVE_INFINITY ? 0 : now() - lastCallAt
      lastCallAt = now()
      let usable: string | null = null
      for (const [id, one] of open) {
        const out = isOut(one.settled)
        if (!out && now() <= one.goneAt) continue
        open.delete(id)
        if (!out) continue
        const mine =
          one.unused &&
          one.settled.model === model &&
          one.goneAt - now() >= leaseOf(attemptMs) - LEASE_MARGIN_MS
        if (mine && usable === null) usable = id
        else send(one)
      }
      return usable
    },
    async close() {
      await Promise.all(settling)
    },
  }
}

/** Epoch milliseconds: from when on somebody may probe. */
function askableFrom({ phase, hold }: Circuit): number {
  const heldUntil = hold?.until ?? 0
  if (phase.name === 'open') return Math.max(phase.until, heldUntil)
  return Math.max(phase.name === 'half_open' ? (phase.permit?.until ?? 0) : 0, heldUntil)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
