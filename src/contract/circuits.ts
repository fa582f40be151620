/**
 * What workers, operators and a provider's entity workflow say to each other: names and messages.
 * Workers of two builds may use one entity: fields are added, never renamed.
 */
import type { Circuit, CircuitPhase, DrillForce, ForcedTo, NewKey, Permit } from '../domain/circuits/circuit'
import type { ProviderCircuits, ScopedHold, ScopedReport } from '../domain/circuits/provider-circuits'
import { emptyTally } from '../domain/circuits/trip'
import type { Verdict } from '../domain/circuits/verdict'
import { FAILURE_CLASSES } from '../domain/failures/failure'
import type { CircuitPolicy } from '../domain/routing/route'
import { DEFAULT_TASK_QUEUE } from './generation'

export const CIRCUIT_WORKFLOW = 'circuit'

/**
 * Of the reducer and of the entity around it. Raise it with every change of what a history replays to: a worker
 * of a higher build ends a running entity and starts it anew from its memo.
 */
export const CIRCUIT_BUILD = 2

export const REPORT_SIGNAL = 'report'
export const PERMIT_OUTCOME_SIGNAL = 'settle'
export const PERMIT_UPDATE = 'ask'
export const FORCE_UPDATE = 'force'
/**
 * A drill's word. Under a name of its own: a worker that knows no end of a forcing refuses it, and where the fleet went back
 * to such a build it does not read a history that has one as one without.
 */
export const DRILL_FORCE_UPDATE = 'forceForDrill'
/**
 * A worker has started with another key than the one that was refused. A worker of a build that does not know it refuses it, and
 * leaves nothing in the history.
 */
export const NEW_KEY_UPDATE = 'newKey'
/** To a generation that waits: the circuits have changed, read them again. */
export const CIRCUITS_CHANGED_SIGNAL = 'circuitsChanged'

/** Where the entity publishes its state. */
export const CIRCUITS_MEMO = 'holdfastCircuits'

/** One fleet of workers shares its circuits: those of one task queue. */
export const circuitWorkflowId = (provider: string, taskQueue: string): string =>
  taskQueue === DEFAULT_TASK_QUEUE ? `circuit-${provider}` : `circuit-${provider}@${taskQueue}`

export interface CircuitInput {
  provider: string
  build: number
  /** null: nothing is known yet. */
  circuits: ProviderCircuits | null
  /** So many history events, and it continues as new. */
  maxEvents: number
}

/** At the default, a run of an hour's outage under full reports stays under a tenth of Temporal's limit. */
export const CIRCUIT_MAX_EVENTS = 4_000

export interface CircuitsReport {
  worker: string
  reports: ScopedReport[]
  holds: ScopedHold[]
}

export interface PermitOutcome {
  id: string
  model: string
  account: Verdict
  target: Verdict
  policy: CircuitPolicy
}

export interface PermitRequest {
  /** The attempt's: requesting twice gives the same permit. */
  id: string
  model: string
  leaseMs: number
  /** The worker that requests it. Absent: an older build. */
  worker?: string | undefined
}

export interface PermitAnswer {
  granted: boolean
  /** What the entity holds after it. */
  published: PublishedCircuits
}

export interface ForceRequest {
  /** null: the whole provider. */
  model: string | null
  to: Exclude<ForcedTo, 'as_before'>
}

export type NewKeyRequest = NewKey

export interface DrillForceRequest {
  /** As of ForceRequest. */
  model: string | null
  to: Exclude<ForcedTo, 'auto'>
  drill: DrillForce
}

/** The words of operators for it, in commands and over HTTP. */
export const FORCE_WORDS = { open: 'open', close: 'closed', auto: 'auto' } as const satisfies Record<
  string,
  ForceRequest['to']
>
export type ForceWord = keyof typeof FORCE_WORDS

/** In the memo. A tally is published only as its beginning: that somebody should watch, and since when. */
export interface PublishedCircuits {
  build: number
  circuits: ProviderCircuits
}

export function publish(circuits: ProviderCircuits, build: number): PublishedCircuits {
  const models = Object.fromEntries(
    Object.entries(circuits.models).map(([model, circuit]) => [model, withoutCounts(circuit)]),
  )
  return { build, circuits: { ...circuits, account: withoutCounts(circuits.account), models } }
}

function withoutCounts(circuit: Circuit): Circuit {
  const { phase } = circuit
  if (phase.name !== 'closed' || phase.tally === null) return circuit
  return { ...circuit, phase: { ...phase, tally: emptyTally(phase.tally.since) } }
}

/**
 * Reads a memo that an older or a newer build may have written. What is damaged is left out: whoever reads it
 * goes on by the result, and must not trip over it. null: it is none of ours.
 */
export function readPublished(memo: unknown): PublishedCircuits | null {
  if (!isObject(memo) || typeof memo.build !== 'number' || !isObject(memo.circuits)) return null
  const { models, floor, askers } = memo.circuits
  const account = readCircuit(memo.circuits.account)
  if (account === null || !isObject(models)) return null
  const known = Object.entries(models).flatMap(([model, value]): [string, Circuit][] => {
    const circuit = readCircuit(value)
    return circuit === null ? [] : [[model, circuit]]
  })
  const circuits = { account, models: Object.fromEntries(known), floor: isCount(floor) ? floor : 0 }
  return { build: memo.build, circuits: isNames(askers) ? { ...circuits, askers } : circuits }
}

const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** The last instant that a Date can hold. */
const LAST_INSTANT = 8.64e15

const isInstant = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= LAST_INSTANT

/** null: damaged. A field that an older build did not know is as in a new circuit. */
function readCircuit(value: unknown): Circuit | null {
  if (!isObject(value) || !isCount(value.version) || !isObject(value.phase)) return null
  const phase = readPhase(value.phase)
  const { version, hold = null, forced = null, recent = null } = value
  if (phase === null || !(hold === null || isHold(hold))) return null
  if (forced !== null && forced !== 'open' && forced !== 'closed') return null
  const read: Circuit = { version, phase, hold, forced, recent: isRecent(recent) ? recent : null }
  const { forcedAt, forcedUntil, forcedBy } = value
  if (forcedUntil !== undefined && !isInstant(forcedUntil)) return null
  return {
    ...read,
    ...(isInstant(forcedAt) ? { forcedAt } : {}),
    ...(forcedUntil === undefined ? {} : { forcedUntil }),
    ...(typeof forcedBy === 'string' ? { forcedBy } : {}),
  }
}

function readPhase({
  name,
  since = 0,
  until,
  openings,
  permit,
  lapsed,
  tally,
}: {
  [key: string]: unknown
}): CircuitPhase | null {
  if (!isInstant(since)) return null
  switch (name) {
    case 'closed':
      return {
        name,
        since,
        tally: isObject(tally) ? emptyTally(isInstant(tally.since) ? tally.since : 0) : null,
      }
    case 'open':
      return isInstant(until) && isCount(openings) ? { name, since, until, openings } : null
    case 'half_open':
      if (!isCount(openings) || !(permit === null || isPermit(permit))) return null
      return { name, since, openings, permit, ...(isNames(lapsed) ? { lapsed } : {}) }
    default:
      return null
  }
}

const isHold = (value: unknown): value is NonNullable<Circuit['hold']> =>
  isObject(value) &&
  isInstant(value.until) &&
  typeof value.reason === 'string' &&
  (value.since === undefined || isInstant(value.since)) &&
  (value.probe === undefined || value.probe === true) &&
  (value.key === undefined || typeof value.key === 'string') &&
  (value.liftedFor === undefined || isNewKeys(value.liftedFor))

const isNewKeys = (value: unknown): value is NewKey[] =>
  Array.isArray(value) &&
  value.every((one) => isObject(one) && typeof one.key === 'string' && typeof one.worker === 'string')

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

const isPermit = (value: unknown): value is Permit =>
  isObject(value) && typeof value.id === 'string' && isInstant(value.until)

const isRecent = (value: unknown): value is Circuit['recent'] =>
  isObject(value) &&
  isCount(value.failures) &&
  isInstant(value.at) &&
  (value.class === null || FAILURE_CLASSES.some((one) => one === value.class))
