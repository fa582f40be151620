/** How soon a target is in use again, and how often it is called while it is down: the reducer under the defaults. */
import { LEASE_AT_MOST_MS } from '../../../src/circuits/permits'
import { DEFAULT_CIRCUIT, DEFAULT_CONSECUTIVE } from '../../../src/config/defaults'
import { admission, type Circuit, newCircuit, reduceCircuit } from '../../../src/domain/circuits/circuit'
import type { CircuitPolicy } from '../../../src/domain/routing/route'

const POLICY: CircuitPolicy = { ...DEFAULT_CIRCUIT, consecutive: DEFAULT_CONSECUTIVE }
const STEP_MS = 100
const MINUTE = 60_000

interface Probe {
  id: string
  /** When it reports; a probe that hangs reports nothing before its own timeout. */
  reportsAt: number
  success: boolean
}

/** A call every STEP_MS; the target is down for so long. Returns when it is closed again, after recovery, and the probes. */
function recovered(start: Circuit, downForMs: number, hangs: boolean): { afterMs: number; probes: number } {
  let circuit = start
  let probes = 0
  let out: Probe[] = []
  for (let now = STEP_MS; ; now += STEP_MS) {
    for (const { id, success } of out.filter(({ reportsAt }) => reportsAt === now))
      circuit = reduceCircuit(
        circuit,
        { type: 'probed', id, verdict: success ? 'success' : 'failure', policy: POLICY },
        now,
      )
    out = out.filter(({ reportsAt }) => reportsAt > now)
    if (circuit.phase.name === 'closed') return { afterMs: now - downForMs, probes }
    const id = String(now)
    circuit = reduceCircuit(circuit, { type: 'permitRequested', id, leaseMs: LEASE_AT_MOST_MS }, now)
    const admitted = admission(circuit, id, now)
    if (!admitted.admitted) continue
    probes += 1
    const down = now < downForMs
    out.push({ id, reportsAt: now + (down && hangs ? 120_000 : 1_000), success: !down })
  }
}

const opened = (): Circuit =>
  reduceCircuit(
    newCircuit(),
    {
      type: 'reported',
      report: { worker: 'w', workers: 1, calls: 5, failures: 5, trailingFailures: 5, connectionFailures: 0 },
      version: 0,
      policy: POLICY,
    },
    0,
  )

it.each([
  ['a minute', MINUTE],
  ['an hour', 60 * MINUTE],
  ['half a day', 720 * MINUTE],
])(
  'after an outage of %s a target is in use again within 30 s, by one call in a period',
  (_name, downForMs) => {
    for (const hangs of [false, true])
      for (const phase of [0, 3_700, 9_900]) {
        const { afterMs, probes } = recovered(opened(), downForMs + phase, hangs)
        expect(afterMs).toBeLessThanOrEqual(30_000)
        expect(probes).toBeLessThanOrEqual((downForMs + phase) / POLICY.openForMs + 2)
      }
  },
)

it('a key that was mended is in use again within a minute, by one call in half a minute', () => {
  const held = reduceCircuit(
    newCircuit(),
    { type: 'held', until: 30_000, reason: 'unauthorized', probe: true },
    0,
  )
  const { afterMs, probes } = recovered(held, 10 * MINUTE, false)
  expect(afterMs).toBeLessThanOrEqual(60_000)
  expect(probes).toBeLessThanOrEqual(10 * 6)
})

it('a pause that the provider requested is kept to its end', () => {
  const held = reduceCircuit(newCircuit(), { type: 'held', until: 3_600_000, reason: 'rate_limited' }, 0)
  expect(admission(held, 'a', 3_599_999)).toEqual({ admitted: false, until: 3_600_000 })
  expect(admission(held, 'a', 3_600_000)).toEqual({ admitted: true, permit: null })
})
