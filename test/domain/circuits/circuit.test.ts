/** The circuit reducer, tested to the end: every short sequence of events, and a mutant for each promise. */
import {
  admission,
  type Circuit,
  type CircuitEvent,
  isForgettable,
  newCircuit,
  reduceCircuit,
} from '../../../src/domain/circuits/circuit'
import type { CircuitPolicy } from '../../../src/domain/routing/route'
import { type EventName, explore, POLICY, type Reduce, SYMBOLS } from './circuit-explorer'

const LENGTH = 4

describe('every sequence of events', () => {
  const all = explore(LENGTH)

  it(`of ${LENGTH} steps keeps every promise`, () => {
    expect(all.broken).toBeNull()
    expect(all.sequences).toBe(SYMBOLS.length ** LENGTH)
  })

  it('keeps them where it takes two failures to open', () => {
    expect(explore(LENGTH - 1, reduceCircuit, { ...POLICY, consecutive: 2 }).broken).toBeNull()
  })

  it.each<readonly [string, readonly EventName[]]>([
    ['a probe whose lease has ended', ['fails', 'long', 'requests-a', 'long', 'requests-b']],
    ['a probe after a hold that nobody timed', ['refused', 'long', 'requests-a']],
  ])('keeps them after %s', (_name, first) => {
    expect(explore(first.length + LENGTH - 1, reduceCircuit, POLICY, first).broken).toBeNull()
  })

  it('takes every edge of the state diagram, and no other', () => {
    expect([...all.edges].sort()).toEqual([
      'closed -> closed',
      'closed -> open',
      'half_open -> closed',
      'half_open -> half_open',
      'half_open -> open',
      'open -> closed',
      'open -> half_open',
      'open -> open',
    ])
  })
})

describe('a mutant', () => {
  const mutants: [string, RegExp, Reduce][] = [
    [
      'without the version guard',
      /CIRCUIT-2/,
      (circuit, event, now) =>
        reduceCircuit(
          circuit,
          event.type === 'reported' ? { ...event, version: circuit.version } : event,
          now,
        ),
    ],
    [
      'in which an ignored probe closes',
      /CIRCUIT-3/,
      (circuit, event, now) =>
        reduceCircuit(
          circuit,
          event.type === 'probed' && event.verdict === 'ignored' ? { ...event, verdict: 'success' } : event,
          now,
        ),
    ],
    [
      'in which any attempt ends a probe',
      /CIRCUIT-3/,
      (circuit, event, now) => {
        const holder = circuit.phase.name === 'half_open' ? circuit.phase.permit?.id : undefined
        return reduceCircuit(
          circuit,
          event.type === 'probed' && holder !== undefined ? { ...event, id: holder } : event,
          now,
        )
      },
    ],
    [
      'in which a lease never ends',
      /CIRCUIT-4/,
      (circuit, event, now) =>
        event.type === 'permitRequested' &&
        circuit.phase.name === 'half_open' &&
        circuit.phase.permit !== null
          ? circuit
          : reduceCircuit(circuit, event, now),
    ],
    [
      'that admits a probe early',
      /CIRCUIT-5/,
      (circuit, event, now) =>
        reduceCircuit(
          event.type === 'permitRequested' && circuit.phase.name === 'open'
            ? { ...circuit, phase: { ...circuit.phase, until: now } }
            : circuit,
          event,
          now,
        ),
    ],
    [
      'that probes under a hold',
      /CIRCUIT-5/,
      (circuit, event, now) =>
        event.type === 'permitRequested'
          ? { ...reduceCircuit({ ...circuit, hold: null }, event, now), hold: null }
          : reduceCircuit(circuit, event, now),
    ],
    [
      'that gives a permit under a hold, for after it',
      /CIRCUIT-5/,
      (circuit, event, now) =>
        event.type === 'permitRequested'
          ? { ...reduceCircuit({ ...circuit, hold: null }, event, now), hold: circuit.hold }
          : reduceCircuit(circuit, event, now),
    ],
    [
      'with two permits out',
      /CIRCUIT-1/,
      (circuit, event, now) =>
        reduceCircuit(
          event.type === 'permitRequested' && circuit.phase.name === 'half_open'
            ? { ...circuit, phase: { ...circuit.phase, permit: null } }
            : circuit,
          event,
          now,
        ),
    ],
    [
      'whose openings never grow',
      /CIRCUIT-6/,
      (circuit, event, now) =>
        reduceCircuit(
          circuit,
          event.type === 'probed'
            ? { ...event, policy: { ...POLICY, maxOpenForMs: POLICY.openForMs } }
            : event,
          now,
        ),
    ],
    [
      'that never opens',
      /TRIP-1/,
      (circuit, event, now) => (event.type === 'reported' ? circuit : reduceCircuit(circuit, event, now)),
    ],
    [
      'in which auto leaves the hold',
      /auto/,
      (circuit, event, now) => {
        const after = reduceCircuit(circuit, event, now)
        return event.type === 'forced' && event.to === 'auto' ? { ...after, hold: circuit.hold } : after
      },
    ],
    [
      'whose version stands still',
      /version/,
      (circuit, event, now) => ({ ...reduceCircuit(circuit, event, now), version: circuit.version }),
    ],
  ]

  it.each(mutants)('%s is found', (_name, promise, mutant) => {
    expect(explore(LENGTH, mutant).broken).toMatch(promise)
  })

  it.each<readonly [string, readonly EventName[], RegExp, Reduce]>([
    [
      'that does not listen to a probe after its lease',
      ['fails', 'long', 'requests-a', 'long', 'requests-b'],
      /CIRCUIT-3/,
      (circuit, event, now) => {
        const holder = circuit.phase.name === 'half_open' ? circuit.phase.permit?.id : undefined
        return event.type === 'probed' && event.id !== holder ? circuit : reduceCircuit(circuit, event, now)
      },
    ],
    [
      'in which a hold that nobody timed ends with everybody’s calls',
      ['refused'],
      /CIRCUIT-7/,
      (circuit, event, now) =>
        reduceCircuit(circuit, event.type === 'held' ? { ...event, probe: undefined } : event, now),
    ],
  ])('%s is found', (_name, first, promise, mutant) => {
    expect(explore(first.length + 3, mutant, POLICY, first).broken).toMatch(promise)
  })

  it('that opens a failure early is found', () => {
    const early: Reduce = (circuit, event, now) =>
      reduceCircuit(
        circuit,
        event.type === 'reported' ? { ...event, policy: { ...event.policy, consecutive: 1 } } : event,
        now,
      )
    const found = explore(LENGTH, early, { ...POLICY, consecutive: 2 })
    expect(found.broken).toMatch(/TRIP-1/)
  })
})

describe('a circuit', () => {
  const run = (events: [number, CircuitEvent][]): Circuit =>
    events.reduce((circuit, [now, event]) => reduceCircuit(circuit, event, now), newCircuit())

  const fails = (
    version: number,
    policy: CircuitPolicy,
    more: { worker?: string; connectionFailures?: number; calls?: number; failures?: number } = {},
  ): CircuitEvent => {
    const { worker = 'w1', calls = 1, failures = 1, connectionFailures = 0 } = more
    return {
      type: 'reported',
      version,
      policy,
      report: { worker, calls, failures, trailingFailures: failures, connectionFailures, workers: 3 },
    }
  }

  it('opens at the same call, whether one worker or three saw the failures', () => {
    const policy = { ...POLICY, consecutive: 5 }
    const byOne = run([[0, fails(0, policy, { calls: 4, failures: 4 })]])
    const byThree = run([
      [0, fails(0, policy, { worker: 'w1', calls: 2, failures: 2 })],
      [1, fails(0, policy, { worker: 'w2' })],
      [2, fails(0, policy, { worker: 'w3' })],
    ])
    expect([byOne, byThree].map(({ phase }) => phase.name)).toEqual(['closed', 'closed'])
    const last = fails(0, policy)
    expect([byOne, byThree].map((circuit) => reduceCircuit(circuit, last, 3).phase.name)).toEqual([
      'open',
      'open',
    ])
  })

  it('opens by rate once there were enough calls, and drops calls that have left the window', () => {
    const policy: CircuitPolicy = {
      rate: { threshold: 0.5, windowMs: 1_000, minimumCalls: 10 },
      openForMs: 10,
      maxOpenForMs: 40,
      whenAllOpen: 'try',
    }
    const half = { calls: 8, failures: 4 }
    expect(run([[0, fails(0, policy, half)]]).phase.name).toBe('closed')
    expect(
      run([
        [0, fails(0, policy, half)],
        [500, fails(0, policy, half)],
      ]).phase.name,
    ).toBe('open')
    expect(
      run([
        [0, fails(0, policy, half)],
        [1_500, fails(0, policy, half)],
      ]).phase.name,
    ).toBe('closed')
  })

  it('does not open for one worker that is cut off while another gets through', () => {
    const policy = { ...POLICY, consecutive: 3 }
    const alone = fails(0, policy, { worker: 'broken', calls: 9, failures: 9, connectionFailures: 9 })
    const well: CircuitEvent = {
      type: 'reported',
      version: 0,
      policy,
      report: {
        worker: 'well',
        calls: 2,
        failures: 1,
        trailingFailures: 0,
        connectionFailures: 0,
        workers: 3,
      },
    }
    expect(
      run([
        [0, well],
        [1, alone],
      ]).phase.name,
    ).toBe('closed')
    const second = fails(0, policy, { worker: 'well', calls: 3, failures: 3, connectionFailures: 3 })
    expect(
      run([
        [0, well],
        [1, alone],
        [2, second],
      ]).phase.name,
    ).toBe('open')
  })

  it('keeps the longest of several holds, and gives nothing out meanwhile', () => {
    const circuit = run([
      [0, { type: 'held', until: 20_000, reason: '429' }],
      [1, { type: 'held', until: 5_000, reason: '429' }],
    ])
    expect(admission(circuit, 'a', 19_999)).toEqual({ admitted: false, until: 20_000 })
    expect(admission(circuit, 'a', 20_000)).toEqual({ admitted: true, permit: null })
  })

  it('is at an operator’s word, till it is given back', () => {
    const open = run([[0, { type: 'forced', to: 'open' }]])
    expect(admission(open, 'a', 1e12)).toEqual({ admitted: false, until: null })
    const closed = reduceCircuit(run([[0, fails(0, POLICY)]]), { type: 'forced', to: 'closed' }, 1)
    expect(admission(closed, 'a', 1)).toEqual({ admitted: true, permit: null })
    const auto = reduceCircuit(closed, { type: 'forced', to: 'auto' }, 2)
    expect(auto).toMatchObject({ phase: { name: 'closed' }, forced: null })
    expect(auto.version).toBeGreaterThan(closed.version)
  })

  it('is called again when an operator lifts its hold, and what was seen before counts no more', () => {
    const held = run([[0, { type: 'held', until: 20_000, reason: '429' }]])
    const lifted = reduceCircuit(held, { type: 'forced', to: 'auto' }, 1)
    expect(admission(lifted, 'a', 1)).toEqual({ admitted: true, permit: null })
    expect(lifted.version).toBeGreaterThan(held.version)
    expect(reduceCircuit(lifted, fails(held.version, POLICY), 2)).toBe(lifted)
  })

  it('shows its failures until it has closed', () => {
    const failing = run([[5, fails(0, { ...POLICY, consecutive: 9 }, { calls: 3, failures: 3 })]])
    expect(failing.recent).toEqual({ failures: 3, at: 5, class: null })
    const probed = (verdict: 'success' | 'failure'): Circuit =>
      [
        { type: 'permitRequested', id: 'a', leaseMs: 5 } as const,
        { type: 'probed', id: 'a', verdict, policy: POLICY } as const,
      ].reduce<Circuit>((circuit, event) => reduceCircuit(circuit, event, 20), run([[1, fails(0, POLICY)]]))
    expect(probed('failure').recent).toMatchObject({ failures: 2, at: 20 })
    expect(probed('success')).toMatchObject({ recent: null, phase: { name: 'closed', since: 20 } })
  })

  it('is forgotten only when there is nothing left to know', () => {
    expect(isForgettable(newCircuit(), 0)).toBe(true)
    expect(isForgettable(run([[0, fails(0, { ...POLICY, consecutive: 2 })]]), 1)).toBe(false)
    expect(isForgettable(run([[0, { type: 'held', until: 9, reason: '429' }]]), 8)).toBe(false)
    expect(isForgettable(run([[0, { type: 'held', until: 9, reason: '429' }]]), 9)).toBe(true)
    expect(isForgettable(run([[0, { type: 'forced', to: 'closed' }]]), 9)).toBe(false)
  })
})
