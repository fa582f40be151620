import fc from 'fast-check'
import type { GenerationRequest } from '../../../src/domain/request/request'
import {
  type Blocked,
  type BoardView,
  firstAskable,
  makePlan,
  type Plan,
} from '../../../src/domain/routing/plan'
import type { Candidate, CircuitPolicy, ModelFacts } from '../../../src/domain/routing/route'
import { candidate } from './arbitraries'

it('who is held for lack of a key is no last resort of a route that parks, and who is held otherwise is (PLAN-4)', () => {
  const held = (target: string, hold: Blocked['hold']): Blocked => ({
    target,
    until: 9,
    reason: 'held',
    forced: false,
    hold,
  })
  const candidates = [candidate('a/x'), candidate('b/y'), candidate('c/z')]
  const blocked = [held('a/x', 'unauthorized'), held('b/y', 'rate_limited'), held('c/z', 'quota_exhausted')]
  const plan = (park: { forMs: number; noLastResort?: true } | undefined): Plan =>
    makePlan({ candidates, circuit: circuitOf('try'), park }, ask('hi'), { unusable: new Map(), blocked })
  expect(plan({ forMs: 1, noLastResort: true })).toMatchObject({ lastResort: [1] })
  expect(plan({ forMs: 1 })).toMatchObject({ lastResort: [0, 1, 2] })
  expect(plan(undefined)).toMatchObject({ lastResort: [0, 1, 2] })
})

const ask = (content: string, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  messages: [{ role: 'user', content }],
  ...more,
})
const IMAGE: GenerationRequest = {
  messages: [{ role: 'user', content: [{ type: 'image', url: 'https://example.com/a.png' }] }],
}
const TOOLS = ask('hi', { tools: [{ name: 'look', parameters: {} }] })
const SCHEMA = ask('hi', { output: { name: 'ticket', schema: {} } })
const circuitOf = (whenAllOpen: CircuitPolicy['whenAllOpen']): CircuitPolicy => ({
  consecutive: 5,
  openForMs: 60_000,
  maxOpenForMs: 600_000,
  whenAllOpen,
})

/** The plan of a route whose circuits say `try`, by a board that knows nothing bad. */
const planFor = (
  candidates: Candidate[],
  request: GenerationRequest,
  { circuit = circuitOf('try'), ...view }: Partial<BoardView & { circuit: CircuitPolicy | null }> = {},
): Plan => makePlan({ candidates, circuit }, request, { unusable: new Map(), blocked: [], ...view })

const targetsFor = (facts: ModelFacts, request: GenerationRequest): string[] => {
  const candidates = [candidate('a/x', { facts }), candidate('b/y')]
  return planFor(candidates, request).ready.map((place) => candidates[place]?.target ?? 'none')
}

describe('makePlan drops what can not serve', () => {
  it.each([
    ['images', IMAGE, { images: false }, 'it takes no images'],
    ['tools', TOOLS, { tools: false }, 'it takes no tools'],
    ['a JSON schema', SCHEMA, { jsonSchema: false }, 'it takes no JSON schema'],
    [
      'a prompt that can not fit',
      ask('x'.repeat(8_008)),
      { contextTokens: 1_000 },
      'the prompt has at least 1001 tokens, its context window 1000',
    ],
  ])('%s: with the reason', (_what, request, facts, reason) => {
    const plan = planFor([candidate('a/x', { facts }), candidate('b/y')], request)
    expect(plan.ready).toEqual([1])
    expect(plan.dropped).toEqual([{ target: 'a/x', reason, because: 'request' }])
  })

  it.each([
    ['images', { images: false }],
    ['tools', { tools: false }],
    ['a JSON schema', { jsonSchema: false }],
  ])('a model without %s serves a request that needs none', (_what, facts) => {
    expect(targetsFor(facts, ask('hi', { tools: [] }))).toEqual(['a/x', 'b/y'])
  })

  it('a prompt that might fit is sent', () => {
    expect(targetsFor({ contextTokens: 1_000 }, ask('x'.repeat(8_007)))).toEqual(['a/x', 'b/y'])
  })

  it('every message counts, and every text part; the size of an image does not', () => {
    const half = 'x'.repeat(4_004)
    const parts: GenerationRequest = {
      messages: [
        { role: 'system', content: half },
        { role: 'user', content: [{ type: 'text', text: half }] },
      ],
    }
    expect(targetsFor({ contextTokens: 1_000 }, parts)).toEqual(['b/y'])
    const data = { type: 'image', data: 'x'.repeat(100_000), mediaType: 'image/png' } as const
    const image: GenerationRequest = { messages: [{ role: 'user', content: [data] }] }
    expect(targetsFor({ contextTokens: 1_000 }, image)).toEqual(['a/x', 'b/y'])
  })

  it('a provider that can not be called, with its reason; that goes before what the model lacks', () => {
    const plan = planFor(
      [candidate('a/x'), candidate('b/y'), candidate('a/z', { facts: { images: false } })],
      IMAGE,
      { unusable: new Map([['a', 'set A_KEY']]) },
    )
    expect(plan.ready).toEqual([1])
    expect(plan.dropped).toEqual([
      { target: 'a/x', reason: 'set A_KEY', because: 'provider' },
      { target: 'a/z', reason: 'set A_KEY', because: 'provider' },
    ])
  })
})

describe('makePlan, whatever the request', () => {
  const anyRequest: fc.Arbitrary<GenerationRequest> = fc.record({
    messages: fc.array(
      fc.oneof(
        fc.record({ role: fc.constant('user' as const), content: fc.string({ maxLength: 2_000 }) }),
        fc.constantFrom(...IMAGE.messages),
      ),
    ),
    tools: fc.constantFrom(undefined, [], TOOLS.tools),
    output: fc.constantFrom(undefined, SCHEMA.output),
  })
  const flag = fc.constantFrom(undefined, true, false)
  const anyFacts = fc.record({
    contextTokens: fc.option(fc.nat(200), { nil: undefined }),
    images: flag,
    tools: flag,
    jsonSchema: flag,
  })

  it('what is unknown of a model never drops it', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(targetsFor({}, request)).toEqual(['a/x', 'b/y'])
      }),
    )
  })

  const anyBlocked = fc.record({
    until: fc.option(fc.nat()),
    reason: fc.constant('open'),
    forced: fc.boolean(),
  })

  it('each candidate is ready, a last resort or dropped, once, in the order of the route; blocked are those that a circuit dropped', () => {
    fc.assert(
      fc.property(
        anyRequest,
        fc.array(fc.record({ facts: anyFacts, circuit: fc.option(anyBlocked) }), { maxLength: 8 }),
        fc.boolean(),
        fc.constantFrom(null, ...(['try', 'fail', 'wait'] as const).map(circuitOf)),
        (request, models, keyless, circuit) => {
          const candidates = models.map(({ facts }, index) => candidate(`p${index % 2}/m${index}`, { facts }))
          const plan = planFor(candidates, request, {
            circuit,
            unusable: new Map(keyless ? [['p1', 'no key']] : []),
            blocked: models.flatMap((one, index) =>
              one.circuit === null ? [] : [{ target: candidates[index]?.target ?? '', ...one.circuit }],
            ),
          })
          const dropped = new Set(plan.dropped.map(({ target }) => target))
          const planned = [...plan.ready, ...plan.lastResort]
          const left = [...candidates.keys()].filter((one) => !dropped.has(candidates[one]?.target ?? ''))
          expect(planned.toSorted((a, b) => a - b)).toEqual(left)
          expect(planned.length + plan.dropped.length).toBe(candidates.length)
          for (const part of [plan.ready, plan.lastResort])
            expect(part).toEqual(part.toSorted((a, b) => a - b))
          expect(plan.blocked.map(({ candidate: place }) => candidates[place]?.target)).toEqual(
            plan.dropped.filter(({ because }) => because === 'circuit').map(({ target }) => target),
          )
        },
      ),
    )
  })
})

describe('makePlan with circuits', () => {
  const CANDIDATES = ['a/x', 'b/y', 'c/z'].map((target) => candidate(target))
  const open = (target: string, until: number | null = 9_000): Blocked => ({
    target,
    until,
    reason: 'open (overloaded)',
    forced: false,
  })
  const forced = (target: string): Blocked => ({
    target,
    until: null,
    reason: 'open (by an operator)',
    forced: true,
  })
  const plan = (blocked: Blocked[], circuit: CircuitPolicy | null): Plan =>
    planFor(CANDIDATES, ask('hi'), { blocked, circuit })
  const droppedFor = (target: string, reason: string) => ({ target, reason, because: 'circuit' })

  it('PLAN-1: the healthy ones stand first, each in its own place of the route', () => {
    expect(plan([open('a/x')], circuitOf('try'))).toMatchObject({ ready: [1, 2], lastResort: [0] })
    expect(plan([], circuitOf('try'))).toEqual({ ready: [0, 1, 2], lastResort: [], blocked: [], dropped: [] })
  })

  it('PLAN-2: try: the open ones go last, in the order of the route, and are not out', () => {
    expect(plan([open('c/z'), open('a/x', null)], circuitOf('try'))).toEqual({
      ready: [1],
      lastResort: [0, 2],
      blocked: [],
      dropped: [],
    })
  })

  it.each(['fail', 'wait'] as const)(
    'PLAN-2: %s: the open ones are out, with the reason and till when',
    (when) => {
      expect(plan([open('c/z', 7_000), open('a/x', null)], circuitOf(when))).toEqual({
        ready: [1],
        lastResort: [],
        blocked: [
          { candidate: 0, until: null },
          { candidate: 2, until: 7_000 },
        ],
        dropped: [droppedFor('a/x', 'open (overloaded)'), droppedFor('c/z', 'open (overloaded)')],
      })
    },
  )

  it.each(['try', 'fail', 'wait'] as const)('PLAN-3: %s: one that an operator forced open is out', (when) => {
    const { ready, lastResort, blocked, dropped } = plan([forced('b/y')], circuitOf(when))
    expect({ ready, lastResort }).toEqual({ ready: [0, 2], lastResort: [] })
    expect(blocked).toEqual([{ candidate: 1, until: null }])
    expect(dropped).toEqual([droppedFor('b/y', 'open (by an operator)')])
  })

  it('a route without circuits calls them all, whatever the state of the circuits', () => {
    expect(plan([open('a/x'), forced('b/y')], null)).toEqual({
      ready: [0, 1, 2],
      lastResort: [],
      blocked: [],
      dropped: [],
    })
  })

  it('what can never be called is not among those that may be later', () => {
    const image = candidate('a/x', { facts: { images: false } })
    const planned = planFor([image, candidate('b/y')], IMAGE, {
      circuit: circuitOf('wait'),
      unusable: new Map([['b', 'set B_KEY']]),
      blocked: [open('a/x'), open('b/y')],
    })
    expect(planned).toMatchObject({ ready: [], lastResort: [], blocked: [] })
    expect(planned.dropped.map(({ because }) => because)).toEqual(['request', 'provider'])
  })

  it('another model of the same provider stays in its place', () => {
    const planned = planFor([candidate('a/x'), candidate('a/y')], ask('hi'), { blocked: [open('a/x')] })
    expect(planned).toMatchObject({ ready: [1], lastResort: [0] })
  })
})

describe('firstAskable', () => {
  it.each([
    ['none: nobody knows', [], null],
    ['unknown ones alone: nobody knows', [null, null], null],
    ['the earliest of those that are known', [null, 7, 5], 5],
  ])('%s', (_what, untils, first) => {
    expect(firstAskable(untils.map((until, place) => ({ candidate: place, until })))).toBe(first)
  })
})

it('PLAN-1 candidates stand in the order that is given, also those whose circuits are open', () => {
  const candidates = ['a/x', 'b/x', 'c/x', 'd/x'].map((target) => candidate(target))
  const blocked = ['a/x', 'c/x'].map((target) => ({ target, until: null, reason: 'open', forced: false }))
  const view: BoardView = { unusable: new Map(), blocked }
  const plan = makePlan({ candidates, circuit: circuitOf('try') }, ask('hi'), view, [3, 2, 1, 0])
  expect(plan).toMatchObject({ ready: [3, 1], lastResort: [2, 0] })
})
