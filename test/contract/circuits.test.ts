/** What the entity publishes, and what a reader makes of it: of its own, of another build's, of garbage. */
import fc from 'fast-check'
import { publish, readPublished } from '../../src/contract/circuits'
import { circuitsTable } from '../../src/domain/circuits/circuits-report'
import {
  attemptAdmission,
  couldProbe,
  newProviderCircuits,
  type ProviderCircuits,
  type ProviderEvent,
  reduceProvider,
  type Scope,
} from '../../src/domain/circuits/provider-circuits'
import type { CircuitPolicy } from '../../src/domain/routing/route'

const POLICY: CircuitPolicy = { consecutive: 2, openForMs: 10, maxOpenForMs: 40, whenAllOpen: 'try' }
const BUILD = 3

const scope = fc.constantFrom<Scope>(null, 'm', 'n', '__proto__')
const model = fc.constantFrom('m', 'n', '__proto__')
const verdict = fc.constantFrom('success' as const, 'failure' as const, 'ignored' as const)
const id = fc.constantFrom('a', 'b')

const report = fc.record({
  scope,
  report: fc.constantFrom(0, 1, 3).map((failures) => ({
    worker: 'w',
    workers: 1,
    calls: 3,
    failures,
    trailingFailures: failures,
    connectionFailures: 0,
    lastClass: 'server_error' as const,
  })),
  version: fc.nat({ max: 4 }),
  policy: fc.constant(POLICY),
})
const hold = fc.record({ scope, until: fc.nat({ max: 2_000 }), reason: fc.constant('rate_limited') })

const event: fc.Arbitrary<ProviderEvent> = fc.oneof(
  fc.record({ type: fc.constant('reported' as const), reports: fc.array(report), holds: fc.array(hold) }),
  fc.record({ type: fc.constant('permitRequested' as const), id, model, leaseMs: fc.constant(20) }),
  fc.record({
    type: fc.constant('permitEnded' as const),
    id,
    model,
    account: verdict,
    target: verdict,
    policy: fc.constant(POLICY),
  }),
  fc.record({
    type: fc.constant('forced' as const),
    scope,
    to: fc.constantFrom('open' as const, 'closed' as const, 'auto' as const, 'auto' as const),
  }),
)

/** Some state that a provider can come to: events, ten milliseconds apart. */
const reached: fc.Arbitrary<ProviderCircuits> = fc
  .array(event, { maxLength: 15, size: 'max' })
  .map((events) =>
    events.reduce(
      (circuits, one, index) => reduceProvider(circuits, one, 1_000 + 10 * index),
      newProviderCircuits(),
    ),
  )

const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('what was published', () => {
  it('is read as it was', () => {
    const phases = new Set<string>()
    fc.assert(
      fc.property(reached, (circuits) => {
        const published = publish(circuits, BUILD)
        for (const { phase } of Object.values(circuits.models)) phases.add(phase.name)
        expect(readPublished(overTheWire(published))).toEqual(published)
      }),
      { numRuns: 500 },
    )
    expect([...phases].sort()).toEqual(['closed', 'half_open', 'open'])
  })

  it('admits as the state itself does', () => {
    fc.assert(
      fc.property(reached, model, id, fc.nat({ max: 2_000 }), (circuits, name, attempt, now) => {
        const read = readPublished(overTheWire(publish(circuits, BUILD)))?.circuits ?? newProviderCircuits()
        expect(attemptAdmission(read, name, attempt, now)).toEqual(
          attemptAdmission(circuits, name, attempt, now),
        )
        expect(couldProbe(read, name, attempt, now)).toBe(couldProbe(circuits, name, attempt, now))
      }),
      { numRuns: 500 },
    )
  })

  it('says of a tally only that it exists, and since when', () => {
    const failing = reduceProvider(
      newProviderCircuits(),
      {
        type: 'reported',
        reports: [
          {
            scope: 'm',
            version: 0,
            policy: POLICY,
            report: {
              worker: 'w',
              workers: 1,
              calls: 1,
              failures: 1,
              trailingFailures: 1,
              connectionFailures: 0,
            },
          },
        ],
        holds: [],
      },
      1_000,
    )
    const { m } = publish(failing, BUILD).circuits.models
    expect(m?.phase).toMatchObject({ name: 'closed', tally: { since: 1_000, consecutive: 0, cutOff: [] } })
  })
})

/** Everything that a reader or a newer entity does with it. None of it may throw. */
function use(circuits: ProviderCircuits): void {
  circuitsTable('p', circuits, 1_500)
  for (const name of [...Object.keys(circuits.models), 'another']) {
    attemptAdmission(circuits, name, 'a', 1_500)
    couldProbe(circuits, name, 'a', 1_500)
    const events: ProviderEvent[] = [
      {
        type: 'reported',
        reports: [null, name].map((one) => ({
          scope: one,
          version: (one === null ? circuits.account : circuits.models[name])?.version ?? 0,
          policy: POLICY,
          report: {
            worker: 'w',
            workers: 1,
            calls: 1,
            failures: 1,
            trailingFailures: 1,
            connectionFailures: 1,
          },
        })),
        holds: [{ scope: name, until: 3_000, reason: '429' }],
      },
      { type: 'permitRequested', id: 'a', model: name, leaseMs: 5 },
      { type: 'permitEnded', id: 'a', model: name, account: 'failure', target: 'failure', policy: POLICY },
      { type: 'forced', scope: name, to: 'auto' },
    ]
    for (const one of events) publish(reduceProvider(circuits, one, 1_500), BUILD)
    const all = events.reduce((state, one) => reduceProvider(state, one, 5_000), circuits)
    // A number that is none would come out of JSON as null.
    expect(overTheWire(all)).toEqual(all)
  }
}

/** No memo holds -0: JSON has none. */
const anyValue = fc.anything().map((value) => (value === 0 ? 0 : value))

/** The same, with the value at some place in it put out by another. */
const damaged = fc.tuple(reached, fc.infiniteStream(fc.nat()), anyValue).map(([circuits, picks, value]) => {
  const memo = overTheWire(publish(circuits, BUILD)) as { [key: string]: unknown }
  let at = memo
  for (;;) {
    const keys = Object.keys(at)
    const key = keys[Number(picks.next().value) % keys.length]
    if (key === undefined) return memo
    const inner = at[key]
    if (typeof inner !== 'object' || inner === null || Number(picks.next().value) % 4 === 0) {
      Object.defineProperty(at, key, { value, enumerable: true, writable: true, configurable: true })
      return memo
    }
    at = inner as { [key: string]: unknown }
  }
})

describe('an invalid memo', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'circuits'],
    ['a list', []],
    ['no build', { circuits: newProviderCircuits() }],
    ['no circuits', { build: 1 }],
    ['no account', { build: 1, circuits: { models: {}, floor: 0 } }],
    ['a damaged account', { build: 1, circuits: { ...newProviderCircuits(), account: { version: 1 } } }],
    ['no models', { build: 1, circuits: { account: newProviderCircuits().account, floor: 0 } }],
  ])('is refused: %s', (_what, memo) => {
    expect(readPublished(memo)).toBeNull()
  })

  it('never breaks its reader, whatever it is', () => {
    fc.assert(
      fc.property(fc.anything({ maxDepth: 4 }), (memo) => {
        const read = readPublished(memo)
        if (read !== null) use(read.circuits)
      }),
      { numRuns: 1_000 },
    )
  })

  it('never breaks its reader, whatever part of it is damaged', () => {
    let readable = 0
    fc.assert(
      fc.property(damaged, (memo) => {
        const read = readPublished(memo)
        if (read === null) return
        readable += 1
        use(read.circuits)
      }),
      { numRuns: 1_500 },
    )
    expect(readable).toBeGreaterThan(300)
  })
})

describe('a memo of another build', () => {
  const { account } = newProviderCircuits()
  const open = { version: 4, phase: { name: 'open', since: 1, until: 9, openings: 1 } }

  it('may lack what came later', () => {
    const read = readPublished({ build: 0, circuits: { account, models: { m: open } } })
    expect(read).toEqual({
      build: 0,
      circuits: { account, models: { m: { ...open, hold: null, forced: null, recent: null } }, floor: 0 },
    })
    expect(read && couldProbe(read.circuits, 'm', 'a', 9)).toBe(true)
  })

  it('may hold more than is known here', () => {
    const newer = { ...open, hold: null, forced: null, recent: null, mood: 'low' }
    const read = readPublished({
      build: 9,
      circuits: { account, models: { m: newer }, floor: 2, weather: 'fine' },
    })
    expect(read?.circuits.models.m?.phase).toEqual(open.phase)
    expect(read?.circuits.floor).toBe(2)
  })

  it.each<[string, unknown]>([
    ['a phase that is not known', { ...open, phase: { name: 'ajar', since: 1 } }],
    ['no end of its opening', { ...open, phase: { name: 'open', since: 1, openings: 1 } }],
    ['no count of its openings', { ...open, phase: { name: 'open', since: 1, until: 9 } }],
    ['an end that no clock can show', { ...open, phase: { ...open.phase, until: 1e300 } }],
    ['a permit of nobody', { ...open, phase: { name: 'half_open', since: 1, openings: 1, permit: {} } }],
    ['a hold without an end', { ...open, hold: { reason: '429' } }],
    ['no version', { ...open, version: undefined }],
    ['nothing', null],
  ])('loses one model that is damaged, and no other: %s', (_what, m) => {
    const read = readPublished({ build: 1, circuits: { account, models: { m, n: open }, floor: 0 } })
    expect(Object.keys(read?.circuits.models ?? {})).toEqual(['n'])
  })
})
