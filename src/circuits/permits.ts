/**
 * A worker's permits at one provider: asked for, used, given back.
 *
 * U1 One ask at a time. No answer in time is a no, for the call that asked.
 * U2 A permit that was granted is settled, whatever becomes of the call; a worker that dies leaves it to its lease.
 * U3 A grant whose answer came too late shows in what the entity publishes: the next call there uses it. One with
 *    too little of its lease left is given back.
 * U4 A settlement that was not heard is sent again, as long as the permit is out.
 */
import type { PermitAsked, PermitSettled } from '../contract/circuits'
import { circuitOf, couldProbe } from '../domain/provider-circuits'
import type { CircuitPolicy } from '../domain/route'
import type { CircuitEntity } from './entity'
import type { Peers } from './peers'
import type { Snapshot } from './snapshot'

/** So much longer than the attempt lives its permit. */
export const LEASE_MARGIN_MS = 2_000

/** No longer lives a permit: what hangs, or died, keeps the next probe from starting by this at most. */
export const LEASE_AT_MOST_MS = 15_000

const leaseOf = (attemptMs: number): number => Math.min(attemptMs + LEASE_MARGIN_MS, LEASE_AT_MOST_MS)

/** Between two workers’ asks, on average: an update takes the entity 20 to 50 ms, so two or three are in flight. */
const ASK_SPREAD_MS = 20

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
  settle(settled: PermitSettled, attemptMs: number): void
  /** U3, U4: to be called when the snapshot may be newer. Returns a permit that this attempt may use. */
  reconcile(wanted: PermitWanted): string | null
  /** Waits for what is being sent. */
  close(): Promise<void>
}

export interface PermitDeps {
  entity: Pick<CircuitEntity, 'ask' | 'settle'>
  snapshot: Pick<Snapshot, 'circuits' | 'fresh' | 'accept'>
  peers: Peers
  /** Tells that the entity did not hear. */
  unheard(what: string, error: unknown): void
  now(): number
  random(): number
}

interface Open {
  settled: PermitSettled
  /** Epoch milliseconds: its lease has surely ended by then. */
  goneAt: number
  /** The call that asked has not used it. */
  unused: boolean
}

export function createPermits({ entity, snapshot, peers, unheard, now, random }: PermitDeps): Permits {
  const open = new Map<string, Open>()
  const settling = new Set<Promise<void>>()
  let asking = false

  const isOut = ({ id, model }: PermitSettled): boolean =>
    [null, model].some((scope) => {
      const { phase } = circuitOf(snapshot.circuits(), scope)
      return phase.name === 'half_open' && phase.permit?.id === id
    })

  async function askEntity({ id, model, attemptMs, policy }: PermitWanted): Promise<boolean> {
    // Who has not seen it fail, has not asked yet how many they are.
    await peers.refresh()
    if (peers.count() > 1) {
      await pause(random() * peers.count() * ASK_SPREAD_MS)
      await snapshot.fresh(0)
      if (!couldProbe(snapshot.circuits(), model, id, now())) return false
    }
    const asked: PermitAsked = { id, model, leaseMs: leaseOf(attemptMs) }
    try {
      const answer = await entity.ask(asked)
      snapshot.accept(answer.published)
      return answer.granted
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
      .then(() => snapshot.fresh(0))
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

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
