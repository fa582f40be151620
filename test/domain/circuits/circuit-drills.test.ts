/** What a drill forces: it has an end, and gives back what was before (CIRCUIT-8, CIRCUIT-9). */
import {
  admission,
  type Circuit,
  type CircuitEvent,
  forcedNow,
  isForgettable,
  newCircuit,
  reduceCircuit,
} from '../../../src/domain/circuits/circuit'
import { stateOf } from '../../../src/domain/circuits/circuits-report'

const POLICY = { consecutive: 2, openForMs: 100, maxOpenForMs: 100, whenAllOpen: 'try' as const }
const UNTIL = 1_000
const drill = { id: 'drill-1', until: UNTIL }

const forces: CircuitEvent = { type: 'forced', to: 'open', drill }
const givesBack: CircuitEvent = { type: 'forced', to: 'as_before', drill }
const open = (): Circuit => ({
  ...newCircuit(),
  version: 4,
  phase: { name: 'open', since: 0, until: 60, openings: 1 },
  hold: { until: 5_000, reason: 'rate limited' },
  recent: { failures: 3, at: 1, class: 'server_error' },
})
const admitted = (circuit: Circuit, now: number): boolean => admission(circuit, 'a', now).admitted

it('a drill forces it till its end, and nobody is let through before', () => {
  const forced = reduceCircuit(newCircuit(), forces, 10)
  expect(admission(forced, 'a', UNTIL - 1)).toEqual({ admitted: false, until: UNTIL })
  expect(stateOf(forced, 20)).toMatchObject({ state: 'forced_open', since: 10, until: UNTIL })
  expect(stateOf(forced, 20).why).toContain('drill-1')
  expect(admitted(forced, UNTIL)).toBe(true)
  expect(stateOf(forced, UNTIL)).toMatchObject({ state: 'closed', why: null })
  expect(isForgettable(forced, UNTIL - 1)).toBe(false)
  expect(isForgettable(forced, UNTIL)).toBe(true)
})

it.each([
  ['given back', (circuit: Circuit) => reduceCircuit(circuit, givesBack, 20)],
  // Any message after its end.
  ['over', (circuit: Circuit) => reduceCircuit(circuit, givesBack, UNTIL)],
])('what is %s is what was before, with a version of its own', (_how, end) => {
  for (const before of [newCircuit(), open()]) {
    const forced = reduceCircuit(before, forces, 10)
    const after = end(forced)
    expect(after.version).toBeGreaterThan(forced.version)
    expect(JSON.parse(JSON.stringify({ ...after, version: before.version }))).toEqual(before)
  }
})

it('what an operator has forced is left to him', () => {
  const closed = reduceCircuit(newCircuit(), { type: 'forced', to: 'closed' }, 5)
  expect(reduceCircuit(closed, forces, 10)).toBe(closed)
  expect(reduceCircuit(closed, givesBack, 20)).toBe(closed)
})

it('what an operator forces in the middle of a drill stays when the drill gives back, and after its end', () => {
  const forced = reduceCircuit(newCircuit(), forces, 10)
  const byHand = reduceCircuit(forced, { type: 'forced', to: 'closed' }, 20)
  expect(byHand).toMatchObject({ forced: 'closed', forcedBy: undefined, forcedUntil: undefined })
  expect(reduceCircuit(byHand, givesBack, 30)).toBe(byHand)
  expect(forcedNow(byHand, UNTIL + 1)).toBe('closed')
})

it('two drills do not meet at one circuit, and the same one may say it twice', () => {
  const forced = reduceCircuit(newCircuit(), forces, 10)
  expect(reduceCircuit(forced, forces, 11)).toBe(forced)
  const other = { id: 'drill-2', until: 9_000 }
  expect(reduceCircuit(forced, { type: 'forced', to: 'open', drill: other }, 12)).toBe(forced)
  expect(reduceCircuit(forced, { type: 'forced', to: 'as_before', drill: other }, 12)).toBe(forced)
  expect(reduceCircuit(forced, { type: 'forced', to: 'open', drill: other }, UNTIL)).toMatchObject({
    forcedBy: 'drill-2',
  })
})

it('a word that comes after its own end changes nothing', () => {
  const circuit = newCircuit()
  expect(reduceCircuit(circuit, forces, UNTIL)).toBe(circuit)
  expect(reduceCircuit(circuit, { type: 'forced', to: 'as_before' }, 1)).toBe(circuit)
})

it('failures count again once it is over', () => {
  const forced = reduceCircuit(newCircuit(), forces, 10)
  const report = {
    worker: 'w',
    calls: 2,
    failures: 2,
    trailingFailures: 2,
    connectionFailures: 0,
    workers: 1,
  }
  const reported = (circuit: Circuit, now: number): Circuit =>
    reduceCircuit(circuit, { type: 'reported', report, version: circuit.version, policy: POLICY }, now)
  expect(reported(forced, 20).phase.name).toBe('closed')
  const over = reduceCircuit(forced, givesBack, 30)
  expect(reported(over, 40).phase.name).toBe('open')
})
