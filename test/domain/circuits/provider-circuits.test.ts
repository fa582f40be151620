/** The circuits of one provider: PROVIDER-CIRCUITS-1, PROVIDER-CIRCUITS-2 and PROVIDER-CIRCUITS-3. */
import {
  attemptAdmission,
  circuitOf,
  couldProbe,
  newProviderCircuits,
  type ProviderCircuits,
  type ProviderEvent,
  type ReduceProvider,
  reduceProvider,
  type Scope,
} from '../../../src/domain/circuits/provider-circuits'
import { explore, failedAt, fails, LEASE_MS, POLICY } from './provider-explorer'

const request = (id: string, model: string): ProviderEvent => ({
  type: 'permitRequested',
  id,
  model,
  leaseMs: LEASE_MS,
})
const phaseOf = (circuits: ProviderCircuits, scope: Scope) => circuitOf(circuits, scope).phase
const forced = (scope: Scope, to: 'open' | 'closed' | 'auto'): ProviderEvent => ({
  type: 'forced',
  scope,
  to,
})

/** The walks begin at 1,000: all closed, all open and due, the model due later, the account due later. */
const STARTS = [
  newProviderCircuits(),
  failedAt([900, null], [900, 'm'], [900, 'n']),
  failedAt([900, null], [998, 'm']),
  failedAt([998, null], [900, 'm']),
]

describe('every sequence of events at an account and two models', () => {
  const all = explore(4, STARTS)

  it('keeps every promise', () => {
    expect(all.broken).toBeNull()
    expect(all.sequences).toBe(STARTS.length * 16 ** 4)
  })

  it('meets permits of both, of one, of neither, and refusals', () => {
    expect([...all.seen].sort()).toEqual(['account', 'both', 'model', 'neither', 'refused'])
  })

  const unpermitted = (circuits: ProviderCircuits): ProviderCircuits => {
    const { phase } = circuits.account
    if (phase.name !== 'half_open') return circuits
    return { ...circuits, account: { ...circuits.account, phase: { ...phase, permit: null } } }
  }

  it.each<[string, RegExp, ReduceProvider]>([
    [
      'that gives one permit of two',
      /PROVIDER-CIRCUITS-1/,
      (circuits, event, now) => {
        if (event.type !== 'permitRequested') return reduceProvider(circuits, event, now)
        const { account } = reduceProvider({ ...circuits, models: {} }, event, now)
        const next = reduceProvider(circuits, event, now)
        return account === circuits.account ? next : { ...next, account }
      },
    ],
    [
      'with two permits of an account out',
      /one permit of a circuit/,
      (circuits, event, now) =>
        reduceProvider(event.type === 'permitRequested' ? unpermitted(circuits) : circuits, event, now),
    ],
    [
      'that never gives the account’s permit back',
      /given back/,
      (circuits, event, now) => {
        const next = reduceProvider(circuits, event, now)
        return event.type === 'permitEnded' ? { ...next, account: circuits.account } : next
      },
    ],
    [
      'in which any attempt ends the permit of its holder',
      /only a holder/,
      (circuits, event, now) => {
        const { phase } = circuits.account
        const holder = phase.name === 'half_open' ? phase.permit?.id : undefined
        return reduceProvider(
          circuits,
          event.type === 'permitEnded' && holder !== undefined ? { ...event, id: holder } : event,
          now,
        )
      },
    ],
    [
      'that opens the account with a model',
      /beyond/,
      (circuits, event, now) => {
        const reports =
          event.type === 'reported'
            ? event.reports.flatMap((one) => [
                one,
                { ...one, scope: null, version: circuits.account.version },
              ])
            : []
        return reduceProvider(circuits, event.type === 'reported' ? { ...event, reports } : event, now)
      },
    ],
  ])('a mutant %s is found', (_name, promise, mutant) => {
    expect(explore(4, STARTS, mutant).broken).toMatch(promise)
  })
})

describe('an attempt (PROVIDER-CIRCUITS-1)', () => {
  it('gets the permits of account and model at once', () => {
    const both = reduceProvider(failedAt([0, null], [0, 'm']), request('a', 'm'), 10)
    expect([null, 'm'].map((scope) => phaseOf(both, scope))).toEqual([
      expect.objectContaining({ name: 'half_open', permit: { id: 'a', until: 10 + LEASE_MS } }),
      expect.objectContaining({ name: 'half_open', permit: { id: 'a', until: 10 + LEASE_MS } }),
    ])
    expect(attemptAdmission(both, 'm', 'a', 10)).toEqual({ admitted: true, probe: true })
  })

  it.each<[string, ProviderCircuits, Scope, number]>([
    ['account', failedAt([0, 'm'], [5, null]), null, 15],
    ['model', failedAt([0, null], [5, 'm']), 'm', 15],
  ])('gets none as long as one of the two is not due: the %s', (_which, circuits, scope, until) => {
    expect(couldProbe(circuits, 'm', 'a', 12)).toBe(false)
    const withPermit = reduceProvider(circuits, request('a', 'm'), 12)
    expect(withPermit).toBe(circuits)
    expect(attemptAdmission(reduceProvider(circuits, request('a', 'm'), 15), 'm', 'a', 15).admitted).toBe(
      true,
    )
    const refused = attemptAdmission(circuits, 'm', 'a', 12)
    expect(refused).toMatchObject({ admitted: false })
    // The first obstacle is returned: one that is due means that only a permit request can decide.
    if (scope === null) expect(refused).toEqual({ admitted: false, scope, until })
  })

  it('gets none of its model’s while another one probes the account', () => {
    const probing = reduceProvider(failedAt([0, null], [0, 'm']), request('c', 'n'), 10)
    expect(reduceProvider(probing, request('a', 'm'), 11)).toBe(probing)
    expect(attemptAdmission(probing, 'm', 'a', 11)).toEqual({
      admitted: false,
      scope: null,
      until: 10 + LEASE_MS,
    })
    expect(couldProbe(probing, 'm', 'a', 10 + LEASE_MS)).toBe(true)
  })

  it('reading grants nothing, and requesting twice gives the same permit', () => {
    const open = failedAt([0, 'm'])
    expect(couldProbe(open, 'm', 'a', 10)).toBe(true)
    expect(attemptAdmission(open, 'm', 'a', 10).admitted).toBe(false)
    const withPermit = reduceProvider(open, request('a', 'm'), 10)
    expect(reduceProvider(withPermit, request('a', 'm'), 12)).toBe(withPermit)
  })

  it('at another model goes on while one is open or held', () => {
    const circuits = reduceProvider(
      failedAt([0, 'm']),
      { type: 'reported', reports: [], holds: [{ scope: 'n', until: 50, reason: 'rate_limited' }] },
      1,
    )
    expect(attemptAdmission(circuits, 'm', 'a', 2)).toEqual({ admitted: false, scope: 'm', until: 10 })
    expect(attemptAdmission(circuits, 'n', 'a', 2)).toEqual({ admitted: false, scope: 'n', until: 50 })
    expect(attemptAdmission(circuits, 'o', 'a', 2)).toEqual({ admitted: true, probe: false })
  })

  it('at any model stops while the account is held', () => {
    const holds = [{ scope: null, until: 50, reason: 'quota_exhausted' }]
    const circuits = reduceProvider(newProviderCircuits(), { type: 'reported', reports: [], holds }, 1)
    expect(attemptAdmission(circuits, 'o', 'a', 2)).toEqual({ admitted: false, scope: null, until: 50 })
  })
})

describe('a probe of both', () => {
  const probing = reduceProvider(failedAt([0, null], [0, 'm']), request('a', 'm'), 10)
  const endProbe = (account: 'success' | 'failure' | 'ignored', target: 'success' | 'failure' | 'ignored') =>
    reduceProvider(probing, { type: 'permitEnded', id: 'a', model: 'm', account, target, policy: POLICY }, 11)

  it('that connected and got a 500 closes the account, and reopens the model', () => {
    const afterProbe = endProbe('success', 'failure')
    expect(phaseOf(afterProbe, null).name).toBe('closed')
    expect(phaseOf(afterProbe, 'm')).toMatchObject({ name: 'open', until: 11 + 2 * POLICY.openForMs })
    expect(attemptAdmission(afterProbe, 'n', 'b', 11)).toEqual({ admitted: true, probe: false })
  })

  it('that could not connect reopens the account, and leaves the model to the next probe', () => {
    const afterProbe = endProbe('failure', 'ignored')
    expect(phaseOf(afterProbe, null)).toMatchObject({ name: 'open', until: 11 + 2 * POLICY.openForMs })
    expect(phaseOf(afterProbe, 'm')).toMatchObject({ name: 'half_open', permit: null })
    expect(couldProbe(afterProbe, 'm', 'b', 31)).toBe(true)
  })

  it('that was rate limited closes the account, and leaves the model to the next probe', () => {
    const afterProbe = endProbe('success', 'ignored')
    expect([null, 'm'].map((scope) => phaseOf(afterProbe, scope).name)).toEqual(['closed', 'half_open'])
    expect(couldProbe(afterProbe, 'm', 'b', 12)).toBe(true)
  })

  it('that was cancelled gives both permits back', () => {
    expect(couldProbe(endProbe('ignored', 'ignored'), 'm', 'b', 12)).toBe(true)
  })
})

describe('at most 200 models (PROVIDER-CIRCUITS-2)', () => {
  const names = Array.from({ length: 200 }, (_, index) => `model-${index}`)
  const full = failedAt(...names.map((name): [number, Scope] => [0, name]))

  it('the 201st is left out while all are needed', () => {
    expect(Object.keys(full.models)).toHaveLength(200)
    expect(reduceProvider(full, fails(full, 'one-more'), 1)).toBe(full)
    expect(attemptAdmission(full, 'one-more', 'a', 1)).toEqual({ admitted: true, probe: false })
  })

  it('replaces a closed one', () => {
    const withPermit = reduceProvider(full, request('a', 'model-7'), 10)
    const closed = reduceProvider(
      withPermit,
      {
        type: 'permitEnded',
        id: 'a',
        model: 'model-7',
        account: 'success',
        target: 'success',
        policy: POLICY,
      },
      11,
    )
    const next = reduceProvider(closed, fails(closed, 'one-more'), 12)
    expect(Object.keys(next.models)).toHaveLength(200)
    expect(Object.hasOwn(next.models, 'model-7')).toBe(false)
    expect(phaseOf(next, 'one-more').name).toBe('open')
  })

  it('what is there already goes on in a full table', () => {
    expect(phaseOf(reduceProvider(full, request('a', 'model-3'), 10), 'model-3').name).toBe('half_open')
    expect(reduceProvider(full, fails(full, null), 1).account.phase.name).toBe('open')
  })

  it('a hold that is over makes room', () => {
    const holds = names.map((scope) => ({ scope, until: 50, reason: 'rate_limited' }))
    const held = reduceProvider(newProviderCircuits(), { type: 'reported', reports: [], holds }, 0)
    expect(reduceProvider(held, fails(held, 'one-more'), 49)).toBe(held)
    expect(phaseOf(reduceProvider(held, fails(held, 'one-more'), 50), 'one-more').name).toBe('open')
  })
})

describe('a circuit that comes back (PROVIDER-CIRCUITS-3)', () => {
  /** Drops it by filling the table: the first forgettable one goes. */
  function dropped(circuits: ProviderCircuits, model: string, now: number): ProviderCircuits {
    let state = circuits
    for (let index = 0; Object.hasOwn(state.models, model); index++)
      state = reduceProvider(state, fails(state, `filler-${index}`), now)
    return state
  }

  it('never has a version that it had before', () => {
    const model = 'comes-and-goes'
    const had = new Set<number>()
    let state = newProviderCircuits()
    for (let round = 0; round < 4; round++) {
      const steps = [
        forced(model, 'open'),
        forced(model, 'auto'),
        ...(round % 2 === 0 ? [forced(model, 'closed'), forced(model, 'auto')] : []),
      ]
      const seen = [circuitOf(state, model).version]
      for (const event of steps) {
        state = reduceProvider(state, event, round)
        seen.push(circuitOf(state, model).version)
      }
      expect(seen.filter((version) => had.has(version))).toEqual([])
      for (const version of seen) had.add(version)
      state = dropped({ ...state, models: onlyOf(state, model) }, model, round)
      expect(Object.hasOwn(state.models, model)).toBe(false)
      state = { ...state, models: {} }
    }
  })

  const onlyOf = ({ models }: ProviderCircuits, model: string): ProviderCircuits['models'] =>
    Object.fromEntries(Object.entries(models).filter(([name]) => name === model))

  it('does not count what was seen under the one before', () => {
    const held = reduceProvider(
      newProviderCircuits(),
      { type: 'reported', reports: [], holds: [{ scope: 'm', until: 5, reason: '429' }] },
      0,
    )
    const late = fails(held, 'm')
    const room = { ...dropped(held, 'm', 6), models: {} }
    expect(reduceProvider(room, late, 7)).toBe(room)
    expect(phaseOf(reduceProvider(room, fails(room, 'm'), 7), 'm').name).toBe('open')
  })
})

describe('a model may have any name', () => {
  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', '', '7'])('%j', (model) => {
    const fresh = newProviderCircuits()
    expect(attemptAdmission(fresh, model, 'a', 0)).toEqual({ admitted: true, probe: false })
    const open = reduceProvider(fresh, fails(fresh, model), 0)
    expect(phaseOf(open, model).name).toBe('open')
    expect(Object.keys(open.models)).toEqual([model])
    expect(attemptAdmission(open, 'another', 'a', 0).admitted).toBe(true)
    const reloaded = JSON.parse(JSON.stringify(open)) as ProviderCircuits
    expect(phaseOf(reloaded, model).name).toBe('open')
    const probing = reduceProvider(reloaded, request('a', model), 10)
    const afterProbe = reduceProvider(
      probing,
      { type: 'permitEnded', id: 'a', model, account: 'success', target: 'success', policy: POLICY },
      11,
    )
    expect(phaseOf(afterProbe, model).name).toBe('closed')
    expect(Object.getPrototypeOf(afterProbe.models)).toBe(Object.prototype)
  })
})
