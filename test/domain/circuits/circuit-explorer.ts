/**
 * Walks every sequence of events up to a length through a circuit reducer, and checks each step against what
 * the circuit promises. The checks keep their own books: they never believe the state about itself.
 */
import {
  admission,
  type Circuit,
  type CircuitEvent,
  newCircuit,
  reduceCircuit,
} from '../../../src/domain/circuits/circuit'
import type { Verdict } from '../../../src/domain/circuits/verdict'
import type { CircuitPolicy } from '../../../src/domain/routing/route'

export type Reduce = typeof reduceCircuit

export const POLICY: CircuitPolicy = { consecutive: 1, openForMs: 10, maxOpenForMs: 40, whenAllOpen: 'try' }
const LEASE_MS = 8

/** `old`: from before the last transition. `refused`: held, and nobody said how long. */
export type EventName =
  | 'fails'
  | 'works'
  | 'failed-old'
  | 'hold'
  | 'refused'
  | 'force-open'
  | 'force-closed'
  | 'auto'
  | 'a-bit'
  | 'long'
  | 'requests-a'
  | 'requests-b'
  | `${'a' | 'b'}-${Verdict}`

export const SYMBOLS: readonly EventName[] = [
  'fails',
  'works',
  'failed-old',
  'hold',
  'refused',
  'force-open',
  'force-closed',
  'auto',
  'a-bit',
  'long',
  'requests-a',
  'requests-b',
  'a-success',
  'a-failure',
  'a-ignored',
  'b-success',
  'b-failure',
  'b-ignored',
]

const PASSES: { [symbol: string]: number } = { 'a-bit': 4, long: 30 }

interface Books {
  now: number
  /** Failures in a row that count: of the present version, while closed and left to itself. */
  run: number
  /** Permits given and not given back, by their own lease. */
  out: ReadonlyMap<string, number>
  /** Attempts that had a permit since it last was open or closed, whose result was not reported yet. */
  unreported: ReadonlySet<string>
  /** The end of the present opening. */
  openUntil: number | null
  holdUntil: number
  /** Is the hold one that ends with a probe (CIRCUIT-7)? */
  holdProbes: boolean
  forced: 'open' | 'closed' | null
}

export interface Exploration {
  sequences: number
  /** `closed -> open` and so on, as met. */
  edges: Set<string>
  /** The first promise that was broken, with the sequence that broke it. */
  broken: string | null
}

const report = (failures: number) => ({
  worker: 'w',
  calls: 1,
  failures,
  trailingFailures: failures,
  connectionFailures: 0,
  workers: 1,
})

function eventOf(
  symbol: EventName,
  circuit: Circuit,
  policy: CircuitPolicy,
  now: number,
): CircuitEvent | null {
  switch (symbol) {
    case 'fails':
      return { type: 'reported', report: report(1), version: circuit.version, policy }
    case 'works':
      return { type: 'reported', report: report(0), version: circuit.version, policy }
    case 'failed-old':
      return { type: 'reported', report: report(1), version: circuit.version - 1, policy }
    case 'hold':
      return { type: 'held', until: now + 6, reason: '429' }
    case 'refused':
      return { type: 'held', until: now + 7, reason: '401', probe: true }
    case 'force-open':
      return { type: 'forced', to: 'open' }
    case 'force-closed':
      return { type: 'forced', to: 'closed' }
    case 'auto':
      return { type: 'forced', to: 'auto' }
    case 'requests-a':
    case 'requests-b':
      return { type: 'permitRequested', id: symbol.slice(-1), leaseMs: LEASE_MS }
    case 'a-bit':
    case 'long':
      return null
    default: {
      const [id = '', verdict] = symbol.split('-')
      return { type: 'probed', id, verdict: verdict as Verdict, policy }
    }
  }
}

/** All sequences of `length` symbols, the first ones as given. Stops at the first broken promise. */
export function explore(
  length: number,
  reduce: Reduce = reduceCircuit,
  policy = POLICY,
  first: readonly EventName[] = [],
): Exploration {
  const found: Exploration = { sequences: 0, edges: new Set(), broken: null }
  const start: Books = {
    now: 1_000,
    run: 0,
    out: new Map(),
    unreported: new Set(),
    openUntil: null,
    holdUntil: 0,
    holdProbes: false,
    forced: null,
  }
  walk(newCircuit(), start, [])
  return found

  function walk(circuit: Circuit, books: Books, path: readonly EventName[]): void {
    if (path.length === length) {
      found.sequences += 1
      return
    }
    const given = first[path.length]
    for (const symbol of given === undefined ? SYMBOLS : [given]) {
      if (found.broken !== null) return
      const now = books.now + (PASSES[symbol] ?? 0)
      const event = eventOf(symbol, circuit, policy, now)
      const next = event === null ? circuit : reduce(circuit, event, now)
      found.edges.add(`${circuit.phase.name} -> ${next.phase.name}`)
      const kept = keep({ ...books, now }, circuit, event, next)
      if (typeof kept === 'string') {
        found.broken = `${kept}: ${[...path, symbol].join(', ')}`
        return
      }
      const wrong = leaseEnds(next, kept, reduce)
      if (wrong !== null) found.broken = `${wrong}: ${[...path, symbol].join(', ')}`
      walk(next, kept, [...path, symbol])
    }
  }
}

/** Keeps the books over one step; a string is the promise that it broke. */
function keep(books: Books, before: Circuit, event: CircuitEvent | null, after: Circuit): Books | string {
  const { now } = books
  const out = new Map([...books.out].filter(([, until]) => now < until))
  if (event === null) return { ...books, out }
  const unreported = new Set(books.unreported)
  if (after.version < before.version) return 'a version never falls'
  if (after.phase.name !== before.phase.name && after.version === before.version)
    return 'every transition raises the version'

  if (event.type === 'reported') {
    if (event.version !== before.version && after !== before)
      return 'an older version changes nothing (CIRCUIT-2)'
    if (before.phase.name !== 'closed' && after !== before)
      return 'nothing is counted unless it is closed (CIRCUIT-2)'
  }
  const run = runOf(books, before, event)
  if (event.type === 'reported' && before.phase.name === 'closed') {
    const due = run >= (event.policy.consecutive ?? Infinity)
    if ((after.phase.name === 'open') !== due) return 'it opens at so many failures in a row (TRIP-1)'
  }
  if (event.type === 'forced' && event.to === 'auto' && (after.forced !== null || after.hold !== null))
    return 'auto takes back an operator’s word, and lifts a hold'
  if (event.type === 'probed') {
    const closed = before.phase.name === 'half_open' && after.phase.name === 'closed'
    if (closed && event.verdict !== 'success') return 'only a success closes it (CIRCUIT-3)'
    // An attempt whose lease has ended may still report its result, as long as nobody else was given the permit.
    const holder = before.phase.name === 'half_open' ? before.phase.permit?.id : undefined
    const late = before.phase.name === 'half_open' && unreported.has(event.id) && event.verdict === 'success'
    if (event.id !== holder && after !== before && !late)
      return 'only the holder of the permit ends it (CIRCUIT-3)'
    if (late && !closed) return 'a success closes it, also after its lease (CIRCUIT-3)'
    out.delete(event.id)
    if (event.id === holder) unreported.delete(event.id)
  }
  if (event.type === 'permitRequested') {
    const answer = admission(after, event.id, now)
    if (!answer.admitted && after !== before) return 'who is refused takes no permit (CIRCUIT-5)'
    if (answer.admitted && answer.permit !== null) {
      const others = [...out.keys()].filter((id) => id !== event.id)
      if (others.length > 0) return 'one permit at a time (CIRCUIT-1)'
      if (books.openUntil !== null && now < books.openUntil) return 'no permit before its time (CIRCUIT-5)'
      if (now < books.holdUntil) return 'no permit under a hold (CIRCUIT-5)'
      if (books.forced !== null) return 'no permit under an operator’s word (CIRCUIT-5)'
      out.set(event.id, answer.permit.until)
      unreported.add(event.id)
    }
  }
  if (after.phase.name !== 'half_open') unreported.clear()
  if (event.type === 'held' && event.probe && after !== before && after.phase.name === 'closed')
    return 'what is held till somebody mends it ends with a probe (CIRCUIT-7)'
  return {
    ...books,
    run: after.phase.name === 'closed' ? run : 0,
    out,
    unreported,
    ...ledger(books, before, event, after),
  }
}

function runOf({ run, forced }: Books, before: Circuit, event: CircuitEvent): number {
  const counts = before.phase.name === 'closed' && forced === null
  switch (event.type) {
    case 'reported':
      if (!counts || event.version !== before.version) return run
      return event.report.failures > 0 ? run + 1 : 0
    case 'forced':
      return event.to === 'auto' && forced !== null ? 0 : run
    default:
      return counts ? run : 0
  }
}

function ledger(books: Books, before: Circuit, event: CircuitEvent, after: Circuit): Partial<Books> {
  const { now } = books
  const opened = after.phase.name === 'open' && after !== before && before.phase !== after.phase
  const named = event.type === 'forced' && (event.to === 'open' || event.to === 'closed') ? event.to : null
  const forced = event.type === 'forced' ? named : books.forced
  const auto = event.type === 'forced' && event.to === 'auto'
  const fresh = auto && (books.forced !== null || books.holdProbes)
  const longer = event.type === 'held' && event.until > books.holdUntil
  const holdProbes = longer ? event.probe === true : books.holdProbes
  const mended = event.type === 'probed' && after.phase.name === 'closed' && before !== after && holdProbes
  const holdUntil = longer ? event.until : books.holdUntil
  const openUntil = event.type === 'held' ? event.until : openingOf(before, now)
  return {
    forced,
    holdProbes: holdProbes && !auto && !mended,
    holdUntil: auto || mended ? 0 : holdUntil,
    ...(opened && after.phase.name === 'open' ? { openUntil } : {}),
    ...(after.phase.name === 'closed' ? { openUntil: null } : {}),
    ...(fresh ? { out: new Map<string, number>() } : {}),
  }
}

/** CIRCUIT-6: how long this opening has to last, from what came before it. */
function openingOf(before: Circuit, now: number): number {
  const openings = before.phase.name === 'half_open' ? before.phase.openings + 1 : 1
  return now + Math.min(POLICY.maxOpenForMs, POLICY.openForMs * 2 ** (openings - 1))
}

/** CIRCUIT-4, and that the state has the end of an opening as the books have it (CIRCUIT-6). */
function leaseEnds(circuit: Circuit, books: Books, reduce: Reduce): string | null {
  const { phase } = circuit
  if (phase.name === 'open' && phase.until !== books.openUntil)
    return 'each opening doubles, up to its cap (CIRCUIT-6)'
  if (phase.name !== 'half_open' || circuit.forced !== null) return null
  const from = Math.max(books.now, phase.permit?.until ?? 0, circuit.hold?.until ?? 0)
  const later = reduce(circuit, { type: 'permitRequested', id: 'later', leaseMs: LEASE_MS }, from)
  const answer = admission(later, 'later', from)
  return answer.admitted && answer.permit !== null ? null : 'a lease always ends (CIRCUIT-4)'
}
