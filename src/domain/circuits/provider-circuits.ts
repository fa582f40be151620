/**
 * The circuits of one provider: the account's and one for each model. What the entity workflow holds.
 *
 * PROVIDER-CIRCUITS-1 An attempt needs both its circuits. It gets a permit of both, or of none.
 * PROVIDER-CIRCUITS-2 At most MODELS_AT_MOST models; of those over it the first that nobody needs to know of
 *    is dropped.
 * PROVIDER-CIRCUITS-3 A circuit that comes back after it was dropped never has a version that it had before.
 * PROVIDER-CIRCUITS-4 The ASKERS_AT_MOST workers that last had calls there stand in it, the latest first:
 *    those whose calls failed, and who was given a permit. They request first when a circuit may be probed
 *    (permits.ts, PERMITS-5).
 */

import type { CircuitPolicy } from '../routing/route'
import {
  admission,
  type Circuit,
  type CircuitEvent,
  type DrillForce,
  type ForcedTo,
  isForgettable,
  type NewKey,
  newCircuit,
  reduceCircuit,
} from './circuit'
import type { Report } from './trip'
import type { Verdict, Verdicts } from './verdict'

export interface ProviderCircuits {
  account: Circuit
  models: { readonly [model: string]: Circuit }
  /** Above every version that a dropped circuit had (PROVIDER-CIRCUITS-3). */
  floor: number
  /** PROVIDER-CIRCUITS-4. Absent: none yet. */
  askers?: readonly string[] | undefined
}

/** null: the account. */
export type Scope = string | null

export interface ScopedReport {
  scope: Scope
  report: Report
  /** Of the circuit that the calls were admitted under. */
  version: number
  policy: CircuitPolicy
}

export interface ScopedHold {
  scope: Scope
  /** Epoch milliseconds. */
  until: number
  reason: string
  /** Nobody said how long: one call tries at its end. */
  probe?: true | undefined
  /** The mark of the key that was refused. Absent: not known, or it is over no key. */
  key?: string | undefined
}

export type ProviderEvent =
  | { type: 'reported'; reports: readonly ScopedReport[]; holds: readonly ScopedHold[] }
  | { type: 'permitRequested'; id: string; model: string; leaseMs: number; worker?: string | undefined }
  | ({ type: 'permitEnded'; id: string; model: string; policy: CircuitPolicy } & Pick<Verdicts, 'account'> & {
        target: Verdict
      })
  /** A worker has started with this key. */
  | ({ type: 'keyed' } & NewKey)
  | { type: 'forced'; scope: Scope; to: ForcedTo; drill?: DrillForce | undefined }

export type ReduceProvider = typeof reduceProvider

const MODELS_AT_MOST = 200
const ASKERS_AT_MOST = 10

export const newProviderCircuits = (): ProviderCircuits => ({ account: newCircuit(), models: {}, floor: 0 })

/** The circuit of a model, or of the account. */
export function circuitOf({ account, models, floor }: ProviderCircuits, scope: Scope): Circuit {
  if (scope === null) return account
  return (Object.hasOwn(models, scope) ? models[scope] : undefined) ?? newCircuit(floor)
}

/** One step. `now` in epoch milliseconds. Returns the same object where nothing changed. */
export function reduceProvider(
  circuits: ProviderCircuits,
  event: ProviderEvent,
  now: number,
): ProviderCircuits {
  switch (event.type) {
    case 'reported': {
      const reported = event.reports.reduce(
        (state, { scope, ...one }) => step(state, scope, { type: 'reported', ...one }, now),
        circuits,
      )
      const held = event.holds.reduce(
        (state, { scope, ...one }) => step(state, scope, { type: 'held', ...one }, now),
        reported,
      )
      // Reports that come too late to count would only change who is meant, from one reader to the next.
      if (held === circuits) return circuits
      return event.reports.reduce(
        (state, { report }) => (report.failures > 0 ? withAsker(state, report.worker) : state),
        held,
      )
    }
    case 'permitRequested':
      return requestPermit(circuits, event, now)
    case 'permitEnded': {
      const { id, policy } = event
      const account = step(circuits, null, { type: 'probed', id, verdict: event.account, policy }, now)
      return step(account, event.model, { type: 'probed', id, verdict: event.target, policy }, now)
    }
    case 'keyed':
      return step(circuits, null, event, now)
    case 'forced':
      return step(circuits, event.scope, { type: 'forced', to: event.to, drill: event.drill }, now)
  }
}

/** PROVIDER-CIRCUITS-4 */
function withAsker(circuits: ProviderCircuits, worker: string): ProviderCircuits {
  const { askers = [] } = circuits
  if (askers[0] === worker) return circuits
  const others = askers.filter((one) => one !== worker)
  return { ...circuits, askers: [worker, ...others].slice(0, ASKERS_AT_MOST) }
}

/** PROVIDER-CIRCUITS-1 */
function requestPermit(
  circuits: ProviderCircuits,
  { id, model, leaseMs, worker }: Omit<Extract<ProviderEvent, { type: 'permitRequested' }>, 'type'>,
  now: number,
): ProviderCircuits {
  const event: CircuitEvent = { type: 'permitRequested', id, leaseMs }
  const next = step(step(circuits, null, event, now), model, event, now)
  if (!attemptAdmission(next, model, id, now).admitted) return circuits
  return worker === undefined || next === circuits ? next : withAsker(next, worker)
}

export type AttemptAdmission =
  /** `probe`: under a permit of one of the two circuits, or of both. */
  | { admitted: true; probe: boolean }
  /** `scope`: which circuit is in the way; `until`: when another request could help; null: not known. */
  | { admitted: false; scope: Scope; until: number | null }

/** What an attempt at a model may do now: both circuits have to let it through. */
export function attemptAdmission(
  circuits: ProviderCircuits,
  model: string,
  id: string,
  now: number,
): AttemptAdmission {
  let probe = false
  for (const scope of [null, model]) {
    const answer = admission(circuitOf(circuits, scope), id, now)
    if (!answer.admitted) return { admitted: false, scope, until: answer.until }
    probe ||= answer.permit !== null
  }
  return { admitted: true, probe }
}

/** Could a permit be had for this model now? Only a `permitRequested` event gives one. */
export const couldProbe = (circuits: ProviderCircuits, model: string, id: string, now: number): boolean => {
  const after = requestPermit(circuits, { id, model, leaseMs: 1 }, now)
  return after !== circuits && attemptAdmission(after, model, id, now).admitted
}

function step(circuits: ProviderCircuits, scope: Scope, event: CircuitEvent, now: number): ProviderCircuits {
  const before = circuitOf(circuits, scope)
  const after = reduceCircuit(before, event, now)
  if (after === before) return circuits
  if (scope === null) return { ...circuits, account: after }
  if (Object.hasOwn(circuits.models, scope)) return withModel(circuits, scope, after)
  const room = makeRoom(circuits, now)
  return room === null ? circuits : withModel(room, scope, after)
}

const withModel = (circuits: ProviderCircuits, model: string, circuit: Circuit): ProviderCircuits => ({
  ...circuits,
  models: { ...circuits.models, [model]: circuit },
})

/** PROVIDER-CIRCUITS-2, PROVIDER-CIRCUITS-3. null: all that are there are needed. */
function makeRoom(circuits: ProviderCircuits, now: number): ProviderCircuits | null {
  const entries = Object.entries(circuits.models)
  if (entries.length < MODELS_AT_MOST) return circuits
  const dropped = entries.find(([, circuit]) => isForgettable(circuit, now))
  if (dropped === undefined) return null
  return {
    ...circuits,
    floor: Math.max(circuits.floor, dropped[1].version + 1),
    models: Object.fromEntries(entries.filter((entry) => entry !== dropped)),
  }
}
