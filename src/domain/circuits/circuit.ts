/**
 * One circuit: a target's, or a provider's account. A pure reducer; the provider's entity workflow holds the
 * state, and is the one place where the whole cluster's circuit changes.
 *
 * CIRCUIT-1 At most one permit is out. Asking again under the same id gives the same one.
 * CIRCUIT-2 What was seen before the last transition (another `version`) changes nothing.
 * CIRCUIT-3 Only a probe's success closes it, also of one whose lease has ended: a slow provider would never
 *    close else. A probe that was cancelled or lost gives its permit back.
 * CIRCUIT-4 A lease ends: a prober that dies or hangs delays the next probe, and never prevents it.
 * CIRCUIT-5 No permit before `until`, none while held or forced open.
 * CIRCUIT-6 Each opening in a row lasts twice as long as the one before, up to `maxOpenForMs`.
 * CIRCUIT-7 A hold of which nobody said how long ends with a probe, not with everybody's calls.
 * CIRCUIT-8 What was forced with an end is over then, whoever is there to lift it, and so it is when it is given back by whom
 *    it was forced by: in either case the circuit is again what it was before.
 * CIRCUIT-9 What somebody else has forced is not forced by a drill, and not given back by one.
 * CIRCUIT-10 A hold over a refused key is lifted for another key, for one call as a probe: that key may be refused as well. Once
 *    for each key till the circuit has been well: workers that start again and again cause no more calls.
 */
import type { FailureClass } from '../failures/failure'
import type { CircuitPolicy } from '../routing/route'
import { addReport, emptyTally, type Report, type Tally, trips } from './trip'
import type { Verdict } from './verdict'

export type CircuitPhase =
  /** `tally: null`: nothing has failed lately, and nobody reports. `since: 0`: it never was open. */
  | { name: 'closed'; since: number; tally: Tally | null }
  | { name: 'open'; since: number; until: number; openings: number }
  /** `lapsed`: attempts whose lease has ended, and whose outcome has not been reported. Absent: none. */
  | { name: 'half_open'; since: number; openings: number; permit: Permit | null; lapsed?: readonly string[] }

export interface Permit {
  /** The attempt that holds it. */
  id: string
  /** Epoch milliseconds: when its lease ends. */
  until: number
}

export interface Circuit {
  /** Raised by every transition. */
  version: number
  phase: CircuitPhase
  /** A pause: the longest one wins. */
  hold: CircuitHold | null
  /** An operator's word, over everything else. */
  forced: 'open' | 'closed' | null
  forcedAt?: number | undefined
  /** CIRCUIT-8, epoch milliseconds. Absent: till somebody lifts it. */
  forcedUntil?: number | undefined
  /** The drill that has forced it. Absent: an operator. */
  forcedBy?: string | undefined
  /** The failures that were reported since it last was well, for people. */
  recent: { failures: number; at: number; class: FailureClass | null } | null
}

export interface CircuitHold {
  /** Epoch milliseconds, as `since`. */
  until: number
  reason: string
  since?: number | undefined
  /** Nobody said how long, so one call tries at its end (CIRCUIT-7). */
  probe?: true | undefined
  /** The mark of the key that was refused. Absent: not known, or it is over no key. */
  key?: string | undefined
  /** CIRCUIT-10. The latest first. Absent: none. */
  liftedFor?: readonly NewKey[] | undefined
}

/** A key that a worker has started with. */
export interface NewKey {
  /** Its mark. */
  key: string
  worker: string
}

export type CircuitEvent =
  | { type: 'reported'; report: Report; version: number; policy: CircuitPolicy }
  | { type: 'permitRequested'; id: string; leaseMs: number }
  | { type: 'probed'; id: string; verdict: Verdict; policy: CircuitPolicy }
  | { type: 'held'; until: number; reason: string; probe?: true | undefined; key?: string | undefined }
  | ({ type: 'keyed' } & NewKey)
  | { type: 'forced'; to: ForcedTo; drill?: DrillForce | undefined }

/** `auto`: given back, with a new start. `as_before`: by the drill that has forced it (CIRCUIT-8). */
export type ForcedTo = 'open' | 'closed' | 'auto' | 'as_before'

/** A drill's word in place of an operator's. */
export interface DrillForce {
  id: string
  /** Epoch milliseconds. */
  until: number
}

/** May an attempt be made? `permit`: as the one probe, till `until`. */
export type Admission =
  | { admitted: true; permit: Permit | null }
  /** `until`: when another request could help; null: not known. */
  | { admitted: false; until: number | null }

/** A watch that nobody's traffic ever ended. */
const OLD_NEWS_MS = 600_000

/** As many as can overlap: an attempt of some minutes, at a lease each (permits.ts). */
const LAPSED_AT_MOST = 8

/** CIRCUIT-10. The keys of some deploys in a row; a fleet has one or two. */
const LIFTS_AT_MOST = 8

/** After so long it is worth reading again whether a probe has ended. */
const PROBE_ENDS_MS = 5_000

/** `version`: that of a circuit which this one takes the place of. */
export const newCircuit = (version = 0): Circuit => ({
  version,
  phase: { name: 'closed', since: 0, tally: null },
  hold: null,
  forced: null,
  recent: null,
})

/** One step. `now` in epoch milliseconds. Returns the same object where nothing changed. */
export function reduceCircuit(given: Circuit, event: CircuitEvent, now: number): Circuit {
  const circuit = forcedNow(given, now) === given.forced ? given : unforced(given)
  switch (event.type) {
    case 'reported':
      return event.version === circuit.version ? reported(circuit, event.report, event.policy, now) : circuit
    case 'permitRequested':
      return requestPermit(circuit, event.id, event.leaseMs, now)
    case 'probed':
      return probed(circuit, event, now)
    case 'held':
      return held(circuit, event, now)
    case 'keyed':
      return keyed(circuit, event, now)
    case 'forced':
      return event.drill === undefined
        ? forced(circuit, event.to, now)
        : drilled(circuit, event.to, event.drill, now)
  }
}

/** CIRCUIT-8 */
export const forcedNow = (
  { forced, forcedUntil }: Pick<Circuit, 'forced' | 'forcedUntil'>,
  now: number,
): Circuit['forced'] => (forcedUntil !== undefined && now >= forcedUntil ? null : forced)

/** What an attempt may do in this state. To become the probe it has to request a permit first: reading grants nothing. */
export function admission(circuit: Circuit, id: string, now: number): Admission {
  const forced = forcedNow(circuit, now)
  if (forced === 'closed') return { admitted: true, permit: null }
  if (forced === 'open') return { admitted: false, until: circuit.forcedUntil ?? null }
  const { phase, hold } = circuit
  if (hold !== null && now < hold.until) return { admitted: false, until: hold.until }
  switch (phase.name) {
    case 'closed':
      return { admitted: true, permit: null }
    case 'open':
      return { admitted: false, until: phase.until }
    case 'half_open':
      if (phase.permit?.id === id) return { admitted: true, permit: phase.permit }
      // Its lease's end is the worst case: most probes end within seconds.
      return { admitted: false, until: Math.min(phase.permit?.until ?? now, now + PROBE_ENDS_MS) }
  }
}

/** A closed circuit of which nobody needs to know: it can be dropped from the entity's state. */
export const isForgettable = ({ phase, hold, ...by }: Circuit, now: number): boolean =>
  phase.name === 'closed' &&
  (phase.tally === null || now - phase.tally.lastFailureAt >= OLD_NEWS_MS) &&
  forcedNow(by, now) === null &&
  (hold === null || hold.until <= now)

const enter = (circuit: Circuit, phase: CircuitPhase): Circuit => ({
  ...circuit,
  version: circuit.version + 1,
  phase,
})

function reported(circuit: Circuit, report: Report, policy: CircuitPolicy, now: number): Circuit {
  const { phase } = circuit
  if (phase.name !== 'closed' || circuit.forced !== null) return circuit
  if (phase.tally === null && report.failures === 0) return circuit
  const tally = addReport(phase.tally ?? emptyTally(now), report, policy, now)
  const noted = note(circuit, report.failures, report.lastClass ?? null, now)
  if (trips(tally, policy, now)) return open(noted, 1, policy, now)
  if (tally.quiet) return { ...noted, recent: null, phase: { ...phase, tally: null } }
  return { ...noted, phase: { ...phase, tally } }
}

function note(circuit: Circuit, failures: number, last: FailureClass | null, at: number): Circuit {
  if (failures === 0) return circuit
  return { ...circuit, recent: { failures: (circuit.recent?.failures ?? 0) + failures, at, class: last } }
}

/** CIRCUIT-6 */
function open(circuit: Circuit, openings: number, policy: CircuitPolicy, now: number): Circuit {
  const forMs = Math.min(policy.maxOpenForMs, policy.openForMs * 2 ** (openings - 1))
  return enter(circuit, { name: 'open', since: now, until: now + forMs, openings })
}

/** CIRCUIT-1, CIRCUIT-4, CIRCUIT-5 */
function requestPermit(circuit: Circuit, id: string, leaseMs: number, now: number): Circuit {
  const { phase, hold } = circuit
  if (circuit.forced !== null || (hold !== null && now < hold.until)) return circuit
  const permit: Permit = { id, until: now + leaseMs }
  if (phase.name === 'open' && now >= phase.until)
    return enter(circuit, { name: 'half_open', since: now, openings: phase.openings, permit })
  if (phase.name === 'half_open' && (phase.permit === null || now >= phase.permit.until)) {
    const before = [...(phase.lapsed ?? []), ...(phase.permit === null ? [] : [phase.permit.id])]
    const lapsed = before.filter((one) => one !== id).slice(-LAPSED_AT_MOST)
    const { name, since, openings } = phase
    const next = { name, since, openings, permit }
    return { ...circuit, phase: lapsed.length === 0 ? next : { ...next, lapsed } }
  }
  return circuit
}

/** CIRCUIT-2, CIRCUIT-3 */
function probed(circuit: Circuit, event: Extract<CircuitEvent, { type: 'probed' }>, now: number): Circuit {
  const { phase } = circuit
  if (phase.name !== 'half_open') return circuit
  if (phase.permit?.id !== event.id)
    return event.verdict === 'success' && phase.lapsed?.includes(event.id) ? closed(circuit, now) : circuit
  switch (event.verdict) {
    case 'success':
      return closed(circuit, now)
    case 'failure':
      return open(note(circuit, 1, circuit.recent?.class ?? null, now), phase.openings + 1, event.policy, now)
    case 'ignored':
      return { ...circuit, phase: { ...phase, permit: null } }
  }
}

/** What was held till somebody mends it is mended. A pause that the provider requested stays. */
const closed = (circuit: Circuit, now: number): Circuit =>
  enter(
    { ...circuit, recent: null, hold: circuit.hold?.probe === true ? null : circuit.hold },
    { name: 'closed', since: now, tally: null },
  )

/** CIRCUIT-7 */
function held(circuit: Circuit, event: Extract<CircuitEvent, { type: 'held' }>, now: number): Circuit {
  const { until, reason, probe, key } = event
  if (until <= now || (circuit.hold !== null && circuit.hold.until >= until)) return circuit
  const since = (circuit.hold !== null && now < circuit.hold.until ? circuit.hold.since : now) ?? now
  const liftedFor = holdStands(circuit, now) ? circuit.hold?.liftedFor : undefined
  const hold: CircuitHold = {
    until,
    reason,
    since,
    ...(probe === undefined ? {} : { probe }),
    ...(key === undefined ? {} : { key }),
    ...(liftedFor === undefined ? {} : { liftedFor }),
  }
  const { phase } = circuit
  return enter(
    { ...circuit, hold },
    probe && phase.name === 'closed' ? { name: 'open', since: now, until, openings: 1 } : phase,
  )
}

/** It has not been well since it was held. */
const holdStands = ({ hold, phase }: Circuit, now: number): boolean =>
  hold !== null && (now < hold.until || phase.name !== 'closed')

/** CIRCUIT-10 */
function keyed(circuit: Circuit, { key, worker }: NewKey, now: number): Circuit {
  const { hold, phase, forced } = circuit
  if (hold?.key === undefined || hold.key === key || forced !== null || !holdStands(circuit, now))
    return circuit
  const { liftedFor = [] } = hold
  if (liftedFor.some((one) => one.key === key)) return circuit
  const lifted: CircuitHold = {
    ...hold,
    until: Math.min(hold.until, now),
    probe: true,
    liftedFor: [{ key, worker }, ...liftedFor].slice(0, LIFTS_AT_MOST),
  }
  const openings = phase.name === 'open' ? phase.openings : 1
  return enter(
    { ...circuit, hold: lifted },
    phase.name === 'half_open' ? phase : { name: 'open', since: now, until: now, openings },
  )
}

/** CIRCUIT-8. Phase and hold have stood still. */
const unforced = (circuit: Circuit): Circuit => ({
  ...circuit,
  version: circuit.version + 1,
  ...NOT_FORCED,
})

const NOT_FORCED = {
  forced: null,
  forcedAt: undefined,
  forcedUntil: undefined,
  forcedBy: undefined,
} as const

/** CIRCUIT-9 */
function drilled(circuit: Circuit, to: ForcedTo, { id, until }: DrillForce, now: number): Circuit {
  const own = circuit.forced !== null && circuit.forcedBy === id
  if (to === 'as_before') return own ? unforced(circuit) : circuit
  if (to === 'auto' || own || circuit.forced !== null || until <= now) return circuit
  return {
    ...circuit,
    version: circuit.version + 1,
    forced: to,
    forcedAt: now,
    forcedUntil: until,
    forcedBy: id,
  }
}

/** `auto` also lifts a hold: the operator wants it to be called again. */
function forced(circuit: Circuit, to: ForcedTo, now: number): Circuit {
  // Only a drill has something to be given back as it was.
  if (to === 'as_before') return circuit
  if (to !== 'auto')
    return { ...circuit, version: circuit.version + 1, ...NOT_FORCED, forced: to, forcedAt: now }
  if (circuit.forced === null && circuit.hold === null) return circuit
  const lifted = { ...circuit, version: circuit.version + 1, hold: null }
  const fresh = { name: 'closed', since: now, tally: null } as const
  if (circuit.forced === null) return circuit.hold?.probe === true ? { ...lifted, phase: fresh } : lifted
  // What was counted while an operator forced it is no evidence for now: the counts start from zero.
  return {
    ...lifted,
    ...NOT_FORCED,
    recent: null,
    phase: fresh,
  }
}
