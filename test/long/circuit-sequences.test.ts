/** Sequences of events that are one step longer than in test/domain/circuits/circuit.test.ts: 1.9 million of them. */
import { explore, SYMBOLS } from '../domain/circuits/circuit-explorer'

const LENGTH = 5

it(`every sequence of ${LENGTH} events keeps every promise of a circuit`, () => {
  const { broken, sequences } = explore(LENGTH)
  expect(broken).toBeNull()
  expect(sequences).toBe(SYMBOLS.length ** LENGTH)
}, 120_000)
