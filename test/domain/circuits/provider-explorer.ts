/**
 * Walks every sequence of events up to a length through the circuits of a provider: the account's and two
 * models', with one attempt at each model and two at the first. Keeps its own books of the permits.
 */
import {
  attemptAdmission,
  circuitOf,
  newProviderCircuits,
  type ProviderCircuits,
  type ProviderEvent,
  type ReduceProvider,
  reduceProvider,
  type Scope,
} from '../../../src/domain/circuits/provider-circuits'
import type { Verdict } from '../../../src/domain/circuits/verdict'
import type { CircuitPolicy } from '../../../src/domain/routing/route'

export const POLICY: CircuitPolicy = { consecutive: 1, openForMs: 10, maxOpenForMs: 40, whenAllOpen: 'try' }
export const LEASE_MS = 8

/** One failure, as of the present version of the circuit. */
export const fails = (circuits: ProviderCircuits, scope: Scope): ProviderEvent => {
  const report = {
    worker: 'w',
    calls: 1,
    failures: 1,
    trailingFailures: 1,
    connectionFailures: 0,
    workers: 1,
  }
  const { version } = circuitOf(circuits, scope)
  return { type: 'reported', reports: [{ scope, report, version, policy: POLICY }], holds: [] }
}

/** Each attempt is at one model. */
const MODEL_OF: { [id: string]: string } = { a: 'm', b: 'm', c: 'n' }
const SCOPES: readonly Scope[] = [null, 'm', 'n']

type Step = (circuits: ProviderCircuits, now: number) => ProviderEvent

const requests =
  (id: string): Step =>
  () => ({ type: 'permitRequested', id, model: MODEL_OF[id] ?? '', leaseMs: LEASE_MS })
const ends =
  (id: string, account: Verdict, target: Verdict): Step =>
  () => ({ type: 'permitEnded', id, model: MODEL_OF[id] ?? '', account, target, policy: POLICY })

/** null: only time passes. */
const STEPS: readonly [string, number, Step | null][] = [
  ['the account fails', 0, (circuits) => fails(circuits, null)],
  ['m fails', 0, (circuits) => fails(circuits, 'm')],
  [
    'm is held',
    0,
    (_, now) => ({ type: 'reported', reports: [], holds: [{ scope: 'm', until: now + 6, reason: '429' }] }),
  ],
  ['auto for m', 0, () => ({ type: 'forced', scope: 'm', to: 'auto' })],
  ['a requests', 0, requests('a')],
  ['b requests', 0, requests('b')],
  ['c requests', 0, requests('c')],
  ['a succeeds', 0, ends('a', 'success', 'success')],
  ['a gets a 500', 0, ends('a', 'success', 'failure')],
  ['a cannot connect', 0, ends('a', 'failure', 'ignored')],
  ['a is cancelled', 0, ends('a', 'ignored', 'ignored')],
  ['b gets a 500', 0, ends('b', 'success', 'failure')],
  ['c succeeds', 0, ends('c', 'success', 'success')],
  ['c is cancelled', 0, ends('c', 'ignored', 'ignored')],
  ['a bit', 4, null],
  ['long', 30, null],
]

export interface Found {
  sequences: number
  /** Permits of both circuits at once, of the account alone, of the model alone; refusals: each seen. */
  seen: Set<string>
  broken: string | null
}

interface Books {
  now: number
  /** Circuit -> attempt -> end of its lease. */
  out: ReadonlyMap<Scope, ReadonlyMap<string, number>>
}

/** All sequences of `length` steps, from each of the states. Stops at the first broken promise. */
export function explore(
  length: number,
  starts: readonly ProviderCircuits[],
  reduce: ReduceProvider = reduceProvider,
): Found {
  const found: Found = { sequences: 0, seen: new Set(), broken: null }
  for (const start of starts) walk(start, { now: 1_000, out: new Map() }, [])
  return found

  function walk(circuits: ProviderCircuits, books: Books, path: readonly string[]): void {
    if (path.length === length) {
      found.sequences += 1
      return
    }
    for (const [name, passesMs, step] of STEPS) {
      if (found.broken !== null) return
      const now = books.now + passesMs
      const event = step?.(circuits, now) ?? null
      const next = event === null ? circuits : reduce(circuits, event, now)
      const kept =
        event === null ? { ...books, now } : keep({ ...books, now }, circuits, event, next, found.seen)
      if (typeof kept === 'string') {
        found.broken = `${kept}: ${[...path, name].join(', ')}`
        return
      }
      walk(next, kept, [...path, name])
    }
  }
}

const stored = ({ account, models }: ProviderCircuits, scope: Scope) =>
  scope === null ? account : models[scope]

const holderOf = (circuits: ProviderCircuits, scope: Scope): string | null => {
  const { phase } = circuitOf(circuits, scope)
  return phase.name === 'half_open' ? (phase.permit?.id ?? null) : null
}

/** Its lease has ended, and another one has the permit: its success still counts. */
const lapsed = (circuits: ProviderCircuits, scope: Scope, id: string): boolean => {
  const { phase } = circuitOf(circuits, scope)
  return phase.name === 'half_open' && (phase.lapsed?.includes(id) ?? false)
}

/** A string is the promise that was broken. */
function keep(
  books: Books,
  before: ProviderCircuits,
  event: ProviderEvent,
  after: ProviderCircuits,
  seen: Set<string>,
): Books | string {
  const { now } = books
  const touched = SCOPES.filter((scope) => stored(before, scope) !== stored(after, scope))
  const mayTouch = scopesOf(event)
  if (touched.some((scope) => !mayTouch.includes(scope))) return 'no event goes beyond its circuits'
  const out = new Map(
    SCOPES.map((scope) => [
      scope,
      new Map([...(books.out.get(scope) ?? [])].filter(([, until]) => now < until)),
    ]),
  )
  switch (event.type) {
    case 'permitRequested': {
      const wrong = keepPermitRequested(out, before, event, after, now, seen)
      return wrong ?? { now, out }
    }
    case 'permitEnded':
      for (const scope of mayTouch) {
        const late =
          before !== after &&
          circuitOf(after, scope).phase.name === 'closed' &&
          lapsed(before, scope, event.id)
        if (holderOf(before, scope) !== event.id && touched.includes(scope) && !late)
          return 'only a holder ends a permit'
        if (holderOf(after, scope) === event.id) return 'a permit that has ended is given back'
        out.get(scope)?.delete(event.id)
      }
      return { now, out }
    default:
      for (const scope of SCOPES) if (circuitOf(after, scope).phase.name === 'closed') out.get(scope)?.clear()
      return { now, out }
  }
}

const scopesOf = (event: ProviderEvent): readonly Scope[] => {
  if (event.type === 'reported') return [...event.reports, ...event.holds].map(({ scope }) => scope)
  if (event.type === 'keyed') return [null]
  return event.type === 'forced' ? [event.scope] : [null, event.model]
}

/** PROVIDER-CIRCUITS-1 */
function keepPermitRequested(
  out: ReadonlyMap<Scope, Map<string, number>>,
  before: ProviderCircuits,
  { id, model }: Extract<ProviderEvent, { type: 'permitRequested' }>,
  after: ProviderCircuits,
  now: number,
  seen: Set<string>,
): string | null {
  const answer = attemptAdmission(after, model, id, now)
  const scopes: readonly Scope[] = [null, model]
  if (!answer.admitted) {
    seen.add('refused')
    return after === before ? null : 'who is refused takes no permit (PROVIDER-CIRCUITS-1)'
  }
  const inTheWay = scopes.filter((scope) => circuitOf(after, scope).phase.name !== 'closed')
  if (answer.probe !== inTheWay.length > 0) return 'a probe is known as one'
  for (const scope of inTheWay) {
    const { phase } = circuitOf(after, scope)
    if (phase.name !== 'half_open' || phase.permit?.id !== id)
      return 'a probe has the permit of all in its way (PROVIDER-CIRCUITS-1)'
    const permits = out.get(scope)
    if ([...(permits?.keys() ?? [])].some((other) => other !== id))
      return 'one permit of a circuit at a time (PROVIDER-CIRCUITS-1)'
    permits?.set(id, phase.permit.until)
  }
  seen.add(
    inTheWay.length === 2
      ? 'both'
      : inTheWay[0] === undefined
        ? 'neither'
        : inTheWay[0] === null
          ? 'account'
          : 'model',
  )
  return null
}

/** Failures at these, one after the other, at these times. */
export const failedAt = (...failures: [number, Scope][]): ProviderCircuits =>
  failures.reduce(
    (circuits, [at, scope]) => reduceProvider(circuits, fails(circuits, scope), at),
    newProviderCircuits(),
  )
