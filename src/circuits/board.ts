/**
 * The worker's board: may an attempt be made at a target now? Answered from this process' memory; only the one
 * call that wants to probe asks the entity.
 *
 * A1 A call that is refused waits for nothing but a read of an old snapshot (snapshot.ts, S1).
 * A2 One ask at a time and provider. No answer is a no.
 * A3 A permit that was granted is settled, whatever becomes of the call; a worker that dies leaves it to its lease.
 * A4 An operator's word holds for everybody, a last resort too.
 */
import type { Logger } from 'pino'
import type { PermitAsked } from '../contract/circuits'
import { stateOf } from '../domain/circuits-report'
import type { FailureClass } from '../domain/failure'
import { attemptAdmission, circuitOf, couldProbe, type Scope } from '../domain/provider-circuits'
import type { CircuitPolicy } from '../domain/route'
import type { Verdict, Verdicts } from '../domain/verdict'
import type { CircuitEntity } from './entity'
import { createLocalView } from './local-view'
import type { Peers } from './peers'
import { createReporter } from './reporter'
import { createSnapshot } from './snapshot'

/** So much longer than the attempt lives its permit. */
export const LEASE_MARGIN_MS = 2_000

/** Between two workers’ asks, on average: an update takes the entity 20 to 50 ms, so two or three are in flight. */
const ASK_SPREAD_MS = 20

/** From a signal's arrival to the memo that tells its effect: one workflow task. */
const ENTITY_TAKES_MS = 100

export interface Attempt {
  /** Of this attempt alone. */
  id: string
  model: string
  /** The attempt's own timeout. */
  attemptMs: number
  policy: CircuitPolicy
  /** There is nothing else left to ask: an open circuit does not keep it from being called. */
  lastResort: boolean
}

export interface Obstacle {
  /** Epoch milliseconds: when it could be asked again; null: nobody knows. */
  until: number | null
  /** For people; content-free. */
  reason: string
  /** By an operator. */
  forced: boolean
}

export interface Settled extends Verdicts {
  failureClass?: FailureClass | undefined
}

export type Admitted =
  | { ok: true; probe: boolean; settle(settled: Settled): void }
  | ({ ok: false } & Obstacle)

export interface ProviderBoard {
  admit(attempt: Attempt): Promise<Admitted>
  /** What is in the way of a call to this model; null: nothing, or only that it would have to probe. */
  obstacle(model: string): Obstacle | null
  /** Waits for a read where the last one is old. `atMostMs`: older than what. */
  fresh(atMostMs?: number): Promise<void>
  close(): Promise<void>
}

export interface BoardDeps {
  provider: string
  entity: CircuitEntity
  peers: Peers
  /** This worker's own name among its peers. */
  worker: string
  logger: Logger
  now(): number
  random(): number
}

export function createProviderBoard(deps: BoardDeps): ProviderBoard {
  const { provider, entity, peers, worker, logger, now, random } = deps
  const snapshot = createSnapshot({ provider, read: () => entity.read(), logger, now })
  const local = createLocalView(worker, {
    circuits: snapshot.circuits,
    reachable: snapshot.reachable,
    workers: peers.count,
  })
  const reporter = createReporter({ peers, flush, now })
  const settling = new Set<Promise<void>>()
  /** Asks without an answer: who knows whether the permit was given (A3). */
  const unanswered = new Map<string, { model: string; policy: CircuitPolicy; goneAt: number }>()
  let asking = false

  async function flush(): Promise<void> {
    const taken = local.take(now())
    if (taken === null) return
    await entity.report({ worker, ...taken }).catch(lost('report'))
    // What the entity makes of it is worth more than this worker's own trip, which says two seconds of everything.
    setTimeout(() => void snapshot.fresh(0), ENTITY_TAKES_MS).unref()
  }

  const lost = (what: string) => (error: unknown) =>
    logger.debug(
      { event: 'circuits_unheard', provider, what, reason: nameOf(error) },
      'the circuits did not hear',
    )

  const obstacle = (model: string): Obstacle | null => {
    const answer = attemptAdmission(snapshot.circuits(), model, NOBODY, now())
    if (answer.admitted) return ofLocal(model)
    if (!asking && couldProbe(snapshot.circuits(), model, NOBODY, now())) return ofLocal(model)
    return tell(answer.scope, answer.until)
  }

  const ofLocal = (model: string): Obstacle | null => {
    const found = local.blocked([null, model], now())
    return found === null
      ? null
      : { until: found.until, reason: named(found.scope, found.reason), forced: false }
  }

  const named = (scope: Scope, what: string): string => (scope === null ? `${provider}: ${what}` : what)

  function tell(scope: Scope, until: number | null): Obstacle {
    const circuit = circuitOf(snapshot.circuits(), scope)
    const { state, why } = stateOf(circuit, now())
    const what = `${state.replace('_', ' ')}${why === null ? '' : ` (${why})`}`
    return { until, reason: named(scope, what), forced: circuit.forced === 'open' }
  }

  /** A2 */
  async function askPermit(attempt: Attempt): Promise<boolean> {
    if (asking) return false
    asking = true
    const { id, model, attemptMs } = attempt
    const asked: PermitAsked = { id, model, leaseMs: attemptMs + LEASE_MARGIN_MS }
    try {
      if (peers.count() > 1) {
        await pause(random() * peers.count() * ASK_SPREAD_MS)
        await snapshot.fresh(0)
        if (!couldProbe(snapshot.circuits(), model, id, now())) return false
      }
      const answer = await entity.ask(asked)
      snapshot.accept(answer.published)
      return answer.granted
    } catch (error) {
      lost('ask')(error)
      unanswered.set(id, { model, policy: attempt.policy, goneAt: now() + asked.leaseMs })
      return false
    } finally {
      asking = false
    }
  }

  function admitted(attempt: Attempt, probe: boolean): Admitted {
    const { id, model, policy } = attempt
    const circuits = snapshot.circuits()
    const versions = new Map([null, model].map((scope) => [scope, circuitOf(circuits, scope).version]))
    let open = true
    return {
      ok: true,
      probe,
      settle(settled) {
        if (!open) return
        open = false
        const { account, model: target, hold, failureClass } = settled
        if (probe) settlePermit({ id, model, account, target, policy })
        const count = (scope: Scope, verdict: Verdict, connection: boolean): boolean =>
          verdict !== 'ignored' &&
          local.count(
            {
              scope,
              ok: verdict === 'success',
              connection,
              failureClass,
              version: versions.get(scope) ?? 0,
              policy,
            },
            now(),
          )
        const told = [count(null, account, true), count(model, target, false)]
        if (hold !== null)
          told.push(
            local.hold(
              {
                scope: hold.scope === 'provider' ? null : model,
                until: now() + hold.forMs,
                reason: hold.reason,
              },
              now(),
            ),
          )
        if (told.some(Boolean)) reporter.arm()
      },
    }
  }

  /** A3 */
  function settlePermit(settled: Parameters<CircuitEntity['settle']>[0]): void {
    const sent = entity
      .settle(settled)
      .then(() => snapshot.fresh(0))
      .catch(lost('settle'))
      .finally(() => settling.delete(sent))
    settling.add(sent)
  }

  /** A3. A permit that was given to an ask whose answer was lost shows in what the entity publishes. */
  function giveBackUnused(): void {
    const circuits = snapshot.circuits()
    for (const [id, { model, policy, goneAt }] of unanswered) {
      const isOut = [null, model].some((scope) => {
        const { phase } = circuitOf(circuits, scope)
        return phase.name === 'half_open' && phase.permit?.id === id
      })
      if (isOut) settlePermit({ id, model, account: 'ignored', target: 'ignored', policy })
      if (isOut || now() > goneAt) unanswered.delete(id)
    }
  }

  return {
    async admit(attempt) {
      const { id, model, lastResort } = attempt
      await snapshot.fresh()
      if (unanswered.size > 0) giveBackUnused()
      const answer = attemptAdmission(snapshot.circuits(), model, id, now())
      if (!answer.admitted) {
        if (circuitOf(snapshot.circuits(), answer.scope).forced === 'open')
          return { ok: false, ...tell(answer.scope, null) }
        if (couldProbe(snapshot.circuits(), model, id, now()) && (await askPermit(attempt)))
          return admitted(attempt, true)
        return lastResort ? admitted(attempt, false) : { ok: false, ...tell(answer.scope, answer.until) }
      }
      const seen = lastResort ? null : ofLocal(model)
      return seen === null ? admitted(attempt, answer.probe) : { ok: false, ...seen }
    },
    obstacle,
    fresh: snapshot.fresh,
    async close() {
      await reporter.close()
      await Promise.all(settling)
    },
  }
}

/** For a question that no attempt stands behind. */
const NOBODY = ''

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')
