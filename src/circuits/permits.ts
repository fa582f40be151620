/**
 * A worker's permits at one provider: requested, used, given back.
 *
 * PERMITS-1 One request at a time. No answer in time counts as a refusal, for the call that requested it.
 * PERMITS-2 The outcome of a granted permit is reported, however the call ends; a worker that dies leaves the
 *    permit to its lease.
 * PERMITS-3 A grant whose answer came too late shows in what the entity publishes: the next call there uses
 *    it. One with too little of its lease left is given back.
 * PERMITS-4 An outcome that did not reach the entity is sent again, as long as the permit is out.
 * PERMITS-5 In a crowd no worker waits for a turn to request, and all together make some thirty requests a
 *    second at most. Which workers may request once a circuit may be probed: the `askers` that the entity
 *    publishes, one every REQUEST_SLOT_MS, because they had calls there; a worker that has read the entity
 *    since, at its own turn; and any other by chance, the rarer the more calls there are.
 */
import { CIRCUIT_BUILD, type PermitOutcome, type PermitRequest } from '../contract/circuits'
import type { Circuit } from '../domain/circuits/circuit'
import { circuitOf, couldProbe, reduceProvider } from '../domain/circuits/provider-circuits'
import type { CircuitPolicy } from '../domain/routing/route'
import type { CircuitEntity } from './entity'
import type { Peers } from './peers'
import { isCrowd } from './published'
import type { Snapshot } from './snapshot'

/** A permit's lease is longer than its attempt's timeout by this. */
const LEASE_MARGIN_MS = 2_000

/** The longest lease: a call that hangs, or whose worker died, delays the next probe by this at most. */
export const LEASE_AT_MOST_MS = 15_000

const leaseOf = (attemptMs: number): number => Math.min(attemptMs + LEASE_MARGIN_MS, LEASE_AT_MOST_MS)

/**
 * Between the requests of two workers, on average: an update takes the entity 20 to 50 ms, so two or three are in
 * flight.
 */
const REQUEST_SPREAD_MS = 20
/** PERMITS-5. As long as an update takes, so that the next worker can have read its effect. */
const REQUEST_SLOT_MS = 50
/** PERMITS-5. By chance, all workers together. */
const CHANCE_REQUESTS_PER_SECOND = 15

export interface PermitWanted {
  /** Of this attempt alone. */
  id: string
  model: string
  /** The attempt's own timeout. */
  attemptMs: number
  policy: CircuitPolicy
}

/** `unanswered`: not in time, or not at all. */
export type PermitAnswered = 'granted' | 'refused' | 'unanswered'

export interface Permits {
  /** Is a request under way? */
  requesting(): boolean
  /** The id of the permit under which this attempt may probe; null: none. */
  request(wanted: PermitWanted): Promise<string | null>
  reportOutcome(outcome: PermitOutcome, attemptMs: number): void
  /** PERMITS-3, PERMITS-4: to be called when the snapshot may be newer. Returns a permit that this attempt may use. */
  reconcile(wanted: PermitWanted): string | null
  /** Waits for what is being sent. */
  close(): Promise<void>
}

export interface PermitDeps {
  entity: Pick<CircuitEntity, 'requestPermit' | 'reportOutcome'>
  snapshot: Pick<Snapshot, 'circuits' | 'fresh' | 'accept' | 'readAt'>
  peers: Peers
  /** This worker's own name among its peers. */
  worker: string
  /** Logs that a message did not reach the entity. */
  logSendFailure(what: string, error: unknown): void
  /** For metrics: of each request. */
  onPermit?: ((outcome: PermitAnswered) => void) | undefined
  now(): number
  random(): number
}

interface Open {
  outcome: PermitOutcome
  /** Epoch milliseconds: its lease has surely ended by then. */
  goneAt: number
  /** The call that requested it has not used it. */
  unused: boolean
}

export function createPermits(deps: PermitDeps): Permits {
  const { entity, snapshot, peers, worker, logSendFailure, onPermit, now, random } = deps
  const open = new Map<string, Open>()
  const sending = new Set<Promise<void>>()
  let requesting = false
  let lastCallAt = Number.NEGATIVE_INFINITY
  /** Between the last two calls. */
  let gapMs = 0

  const isOut = ({ id, model }: Pick<PermitOutcome, 'id' | 'model'>): boolean =>
    [null, model].some((scope) => {
      const { phase } = circuitOf(snapshot.circuits(), scope)
      return phase.name === 'half_open' && phase.permit?.id === id
    })

  /** PERMITS-5 */
  function mayRequest(model: string): boolean {
    const circuits = snapshot.circuits()
    const from = Math.max(...[null, model].map((scope) => probeableFrom(circuitOf(circuits, scope))))
    const turn = circuits.askers?.indexOf(worker) ?? -1
    if (turn >= 0 && now() >= from + turn * REQUEST_SLOT_MS) return true
    if (snapshot.readAt() >= from) return true
    return isCrowd(peers) && random() < (gapMs * CHANCE_REQUESTS_PER_SECOND) / 1_000 / peers.count()
  }

  async function requestPermit({ id, model, attemptMs, policy }: PermitWanted): Promise<boolean> {
    // A worker that has not seen it fail has not read yet how many workers there are.
    await peers.refresh()
    if (isCrowd(peers)) {
      if (!mayRequest(model)) return false
    } else if (peers.count() > 1) {
      await pause(random() * peers.count() * REQUEST_SPREAD_MS)
      await snapshot.fresh(0)
      if (!couldProbe(snapshot.circuits(), model, id, now()) || !mayRequest(model)) return false
    }
    const request: PermitRequest = { id, model, leaseMs: leaseOf(attemptMs), worker }
    try {
      const answer = await entity.requestPermit(request)
      snapshot.accept(answer.published)
      onPermit?.(answer.granted ? 'granted' : 'refused')
      return answer.granted && isOut({ id, model })
    } catch (error) {
      onPermit?.('unanswered')
      logSendFailure('request permit', error)
      const outcome = { id, model, account: 'ignored', target: 'ignored', policy } as const
      open.set(id, { outcome, goneAt: now() + request.leaseMs, unused: true })
      return false
    }
  }

  function send(one: Open): void {
    const sent = entity
      .reportOutcome(one.outcome)
      .then(() => {
        // What the entity makes of it is known; in a crowd it is long till this worker may read it.
        const event = { type: 'permitEnded', ...one.outcome } as const
        snapshot.accept({ build: CIRCUIT_BUILD, circuits: reduceProvider(snapshot.circuits(), event, now()) })
        return snapshot.fresh(0)
      })
      .catch((error: unknown) => {
        logSendFailure('report outcome', error)
        open.set(one.outcome.id, one)
      })
      .finally(() => sending.delete(sent))
    sending.add(sent)
  }

  return {
    requesting: () => requesting,
    async request(wanted) {
      if (requesting) return null
      requesting = true
      try {
        return (await requestPermit(wanted)) ? wanted.id : null
      } finally {
        requesting = false
      }
    },
    reportOutcome(outcome, attemptMs) {
      send({ outcome, goneAt: now() + attemptMs + LEASE_MARGIN_MS, unused: false })
    },
    reconcile({ model, attemptMs }) {
      // A first call gives no gap, so it says nothing of how many calls there are.
      gapMs = lastCallAt === Number.NEGATIVE_INFINITY ? 0 : now() - lastCallAt
      lastCallAt = now()
      let usable: string | null = null
      for (const [id, one] of open) {
        const out = isOut(one.outcome)
        if (!out && now() <= one.goneAt) continue
        open.delete(id)
        if (!out) continue
        const mine =
          one.unused &&
          one.outcome.model === model &&
          one.goneAt - now() >= leaseOf(attemptMs) - LEASE_MARGIN_MS
        if (mine && usable === null) usable = id
        else send(one)
      }
      return usable
    },
    async close() {
      await Promise.all(sending)
    },
  }
}

/** Epoch milliseconds: from when on a call may probe. */
function probeableFrom({ phase, hold }: Circuit): number {
  const heldUntil = hold?.until ?? 0
  if (phase.name === 'open') return Math.max(phase.until, heldUntil)
  return Math.max(phase.name === 'half_open' ? (phase.permit?.until ?? 0) : 0, heldUntil)
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
