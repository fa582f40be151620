/**
 * The worker's board: may an attempt be made at a target now? Answered from this process' memory; only the one
 * call that wants to probe requests a permit from the entity.
 *
 * BOARD-1 A call that is refused waits for nothing but a read of an old snapshot (published.ts, PUBLISHED-1).
 * BOARD-2 What an operator has forced holds for every attempt, a last resort too.
 * BOARD-3 An unreported attempt is admitted or refused as any other, never probes, and its outcome changes nothing.
 */
import type { Logger } from 'pino'
import { forcedNow } from '../domain/circuits/circuit'
import { type CircuitState, stateOf } from '../domain/circuits/circuits-report'
import { attemptAdmission, circuitOf, couldProbe, type Scope } from '../domain/circuits/provider-circuits'
import type { Verdict, Verdicts } from '../domain/circuits/verdict'
import { type FailureClass, isFailureClass } from '../domain/failures/failure'
import type { CircuitEntity } from './entity'
import { createLocalView } from './local-view'
import type { Peers } from './peers'
import { createPermits, type PermitAnswered, type PermitWanted } from './permits'
import { createReporter } from './reporter'
import { createSnapshot } from './snapshot'

/** From a signal's arrival to the memo that shows its effect: one workflow task. */
const ENTITY_TAKES_MS = 100

export interface Attempt extends PermitWanted {
  /** There is no other candidate left: an open circuit does not keep it from being called. */
  lastResort: boolean
  /** Its outcome is no evidence about the provider. */
  unreported?: boolean | undefined
}

export interface Obstacle {
  /** Epoch milliseconds: when it could be called again; null: not known. */
  until: number | null
  /** For people; content-free. */
  reason: string
  /** By an operator. */
  forced: boolean
  /** For which failure it is held. Absent: it is not. */
  hold?: FailureClass | undefined
}

export interface PermitOutcome extends Verdicts {
  failureClass?: FailureClass | undefined
}

export type Admitted =
  | { ok: true; probe: boolean; reportOutcome(outcome: PermitOutcome): void }
  | ({ ok: false } & Obstacle)

/** What this worker goes by: what was published, and where that is closed what it has seen itself. */
export interface KnownCircuit {
  scope: Scope
  state: CircuitState['state']
  /** Does a hold stand there now, whatever else does? */
  held: boolean
}

export interface ProviderBoard {
  admit(attempt: Attempt): Promise<Admitted>
  /** What is in the way of a call to this model; null: nothing, or only that it would have to probe. */
  obstacle(model: string): Obstacle | null
  /** All circuits that are known, the account's first. */
  states(): KnownCircuit[]
  /** Waits for a read where the last one is old. `atMostMs`: older than what. */
  fresh(atMostMs?: number): Promise<void>
  close(): Promise<void>
}

export interface BoardDeps {
  provider: string
  entity: Omit<CircuitEntity, 'announceKey'>
  peers: Peers
  /** This worker's own name among its peers. */
  worker: string
  /** The mark of its key: stands beside a hold, for workers with another one. Default: none. */
  key?: string | undefined
  logger: Logger
  /** Called for each read of the entity that failed, for metrics. */
  onUnreadable(): void
  /** Called for each permit that was requested. Default: nothing is done. */
  onPermit?(outcome: PermitAnswered): void
  now(): number
  random(): number
}

export function createProviderBoard(deps: BoardDeps): ProviderBoard {
  const { provider, entity, peers, worker, key, logger, onUnreadable, onPermit, now, random } = deps
  const snapshot = createSnapshot({ provider, read: () => entity.read(), peers, logger, onUnreadable, now })
  const local = createLocalView(worker, {
    circuits: snapshot.circuits,
    reachable: snapshot.reachable,
    workers: peers.count,
  })
  const reporter = createReporter({ peers, flush, now })
  const permits = createPermits({ entity, snapshot, peers, worker, logSendFailure, onPermit, now, random })
  let reading: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    const taken = local.take(now())
    if (taken === null) return
    await entity.report({ worker, ...taken }).catch((error: unknown) => logSendFailure('report', error))
    // The entity's state replaces this worker's own trip, which counts for two seconds only.
    reading = setTimeout(() => void snapshot.fresh(0), ENTITY_TAKES_MS).unref()
  }

  function logSendFailure(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.name : 'unknown'
    logger.debug(
      { event: 'circuits_send_failed', provider, what, reason },
      'a message did not reach the circuits',
    )
  }

  const obstacle = (model: string): Obstacle | null => {
    const answer = attemptAdmission(snapshot.circuits(), model, NOBODY, now())
    if (answer.admitted) return ofLocal(model)
    if (!permits.requesting() && couldProbe(snapshot.circuits(), model, NOBODY, now())) return ofLocal(model)
    return obstacleOf(answer.scope, answer.until)
  }

  const ofLocal = (model: string): Obstacle | null => {
    const blocked = local.blocked([null, model], now())
    return blocked === null
      ? null
      : {
          until: blocked.until,
          reason: named(blocked.scope, blocked.reason),
          forced: false,
          ...(blocked.hold ? holdOf(blocked.reason) : {}),
        }
  }

  const named = (scope: Scope, what: string): string => (scope === null ? `${provider}: ${what}` : what)

  function obstacleOf(scope: Scope, until: number | null): Obstacle {
    const circuit = circuitOf(snapshot.circuits(), scope)
    const { state, why } = stateOf(circuit, now())
    const what = `${state.replace('_', ' ')}${why === null ? '' : ` (${why})`}`
    const forced = forcedNow(circuit, now()) === 'open'
    return { until, reason: named(scope, what), forced, ...holdOf(circuit.hold?.reason) }
  }

  /** `permit`: the id of the one under which it probes; null: it needs none. */
  function admitted({ model, policy, attemptMs, unreported }: Attempt, permit: string | null): Admitted {
    // BOARD-3
    if (unreported === true) return { ok: true, probe: false, reportOutcome: () => undefined }
    const circuits = snapshot.circuits()
    const versions = new Map([null, model].map((scope) => [scope, circuitOf(circuits, scope).version]))
    let open = true
    return {
      ok: true,
      probe: permit !== null,
      reportOutcome(outcome) {
        if (!open) return
        open = false
        const { account, model: target, hold, failureClass } = outcome
        if (permit !== null)
          permits.reportOutcome(
            { id: permit, model, ...probeVerdicts({ account, model: target, hold }), policy },
            attemptMs,
          )
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
        const counts = [count(null, account, true), count(model, target, false)]
        if (hold !== null)
          counts.push(
            local.hold(
              {
                scope: hold.scope === 'provider' ? null : model,
                until: now() + hold.forMs,
                reason: hold.reason,
                ...(hold.probe === undefined ? {} : { probe: hold.probe }),
                // Only a refused key, and one with nothing left to spend, hold the account.
                ...(hold.scope === 'provider' && key !== undefined ? { key } : {}),
              },
              now(),
            ),
          )
        if (counts.some(Boolean)) reporter.arm()
      },
    }
  }

  return {
    async admit(attempt) {
      const { id, model, lastResort, unreported = false } = attempt
      await snapshot.fresh()
      const late = unreported ? null : permits.reconcile(attempt)
      if (late !== null) return admitted(attempt, late)
      const answer = attemptAdmission(snapshot.circuits(), model, id, now())
      const seen = lastResort ? null : ofLocal(model)
      if (answer.admitted) return seen === null ? admitted(attempt, null) : { ok: false, ...seen }
      if (forcedNow(circuitOf(snapshot.circuits(), answer.scope), now()) === 'open')
        return { ok: false, ...obstacleOf(answer.scope, answer.until) }
      const mayRequest = !unreported && seen === null && couldProbe(snapshot.circuits(), model, id, now())
      const permit = mayRequest ? await permits.request(attempt) : null
      // It closed meanwhile: nobody needs a permit.
      if (mayRequest && permit === null && attemptAdmission(snapshot.circuits(), model, id, now()).admitted)
        return admitted(attempt, null)
      if (permit !== null || lastResort) return admitted(attempt, permit)
      return { ok: false, ...obstacleOf(answer.scope, answer.until) }
    },
    obstacle,
    states() {
      const circuits = snapshot.circuits()
      const scopes = new Set<Scope>([null, ...Object.keys(circuits.models), ...local.scopes()])
      return [...scopes].map((scope): KnownCircuit => {
        const circuit = circuitOf(circuits, scope)
        const { state } = stateOf(circuit, now())
        const own = local.blocked([scope], now())
        const held = (circuit.hold !== null && now() < circuit.hold.until) || own?.hold === true
        const wellFor = state === 'closed' || state === 'watched'
        return { scope, held, state: wellFor && own !== null ? (own.hold ? 'held' : 'open') : state }
      })
    },
    fresh: snapshot.fresh,
    async close() {
      await reporter.close()
      clearTimeout(reading)
      await permits.close()
      snapshot.close()
    },
  }
}

/** A probe that found what is held unmended has failed: the next one comes after another pause. */
function probeVerdicts({ account, model, hold }: Verdicts): { account: Verdict; target: Verdict } {
  const unmended = hold?.probe === true ? hold.scope : null
  return {
    account: unmended === 'provider' ? 'failure' : account,
    target: unmended === 'model' ? 'failure' : model,
  }
}

/** A hold's reason is text in what entities publish. */
const holdOf = (reason: string | undefined): { hold?: FailureClass } =>
  isFailureClass(reason) ? { hold: reason } : {}

/** For a question that no attempt stands behind. */
const NOBODY = ''
