/** CIRCUIT-10: a hold over a refused key, and workers that start with another one. */
import { admission, type Circuit, newCircuit, reduceCircuit } from '../../../src/domain/circuits/circuit'
import { POLICY } from './circuit-explorer'

const HELD_MS = 30_000

const refused = (circuit: Circuit, key: string | undefined, now: number): Circuit => {
  const until = now + HELD_MS
  return reduceCircuit(circuit, { type: 'held', until, reason: 'unauthorized', probe: true, key }, now)
}
const keyed = (circuit: Circuit, key: string, now: number): Circuit =>
  reduceCircuit(circuit, { type: 'keyed', key, worker: `of ${key}` }, now)
const request = (circuit: Circuit, id: string, now: number): Circuit =>
  reduceCircuit(circuit, { type: 'permitRequested', id, leaseMs: 1_000 }, now)
const probed = (circuit: Circuit, id: string, verdict: 'success' | 'failure', now: number): Circuit =>
  reduceCircuit(circuit, { type: 'probed', id, verdict, policy: POLICY }, now)
/** Of attempts that request a permit at this moment, those that may call. */
const callers = (circuit: Circuit, now: number): string[] => {
  let state = circuit
  return ['a', 'b', 'c'].filter((id) => {
    state = request(state, id, now)
    return admission(state, id, now).admitted
  })
}

describe('a hold over a refused key', () => {
  const held = refused(newCircuit(), 'X', 1_000)

  it('is lifted for another key, for one call alone', () => {
    expect(callers(held, 2_000)).toEqual([])
    const lifted = keyed(held, 'Y', 2_000)
    expect(lifted.version).toBeGreaterThan(held.version)
    expect(lifted.hold).toMatchObject({ key: 'X', liftedFor: [{ key: 'Y', worker: 'of Y' }] })
    expect(callers(lifted, 2_000)).toEqual(['a'])
  })

  it('ends with the success of that call', () => {
    const well = probed(request(keyed(held, 'Y', 2_000), 'a', 2_000), 'a', 'success', 2_100)
    expect(well).toMatchObject({ hold: null, phase: { name: 'closed' } })
  })

  it('stays for the key that was refused, and where nobody knows which one was', () => {
    expect(keyed(held, 'X', 2_000)).toBe(held)
    const unknown = refused(newCircuit(), undefined, 1_000)
    expect(keyed(unknown, 'Y', 2_000)).toBe(unknown)
    expect(keyed(newCircuit(), 'Y', 2_000)).toEqual(newCircuit())
  })

  it('is lifted once for a key, however often a worker starts with it, and whichever is refused in between', () => {
    let circuit = keyed(held, 'Y', 2_000)
    expect(keyed(circuit, 'Y', 2_001)).toBe(circuit)
    circuit = probed(request(circuit, 'a', 2_000), 'a', 'failure', 2_100)
    // The call was made by a worker that is left of the old deploy.
    circuit = refused(circuit, 'X', 2_200)
    expect(keyed(circuit, 'Y', 2_300)).toBe(circuit)
    circuit = keyed(circuit, 'Z', 2_400)
    expect(callers(circuit, 2_400)).toEqual(['a'])
    expect(circuit.hold?.liftedFor?.map(({ key }) => key)).toEqual(['Z', 'Y'])
  })

  it('is lifted again for it when it has been well in between', () => {
    const well = probed(request(keyed(held, 'Y', 2_000), 'a', 2_000), 'a', 'success', 2_100)
    const again = refused(well, 'X', 5_000)
    expect(callers(keyed(again, 'Y', 6_000), 6_000)).toEqual(['a'])
  })

  it('becomes one that ends with a probe where the provider had said how long, as of an empty account', () => {
    const until = 1_000 + 3_600_000
    const quota = reduceCircuit(
      newCircuit(),
      { type: 'held', until, reason: 'quota_exhausted', key: 'X' },
      1_000,
    )
    const lifted = keyed(quota, 'Y', 2_000)
    expect(callers(lifted, 2_000)).toEqual(['a'])
    expect(probed(request(lifted, 'a', 2_000), 'a', 'success', 2_100).hold).toBeNull()
  })

  it('is over where its time was said and has passed: nothing is lifted, and nobody kept from calling', () => {
    const quota = reduceCircuit(
      newCircuit(),
      { type: 'held', until: 2_000, reason: 'quota_exhausted', key: 'X' },
      1_000,
    )
    expect(keyed(quota, 'Y', 2_000)).toBe(quota)
  })

  it('stays where an operator has forced it open, and the longest list of keys is bounded', () => {
    const forced = reduceCircuit(held, { type: 'forced', to: 'open' }, 1_500)
    expect(keyed(forced, 'Y', 2_000)).toBe(forced)
    const many = Array.from({ length: 50 }, (_, n) => `K${n}`)
    const lifted = many.reduce((circuit, key, n) => keyed(circuit, key, 2_000 + n), held)
    expect(lifted.hold?.liftedFor).toHaveLength(8)
  })
})
