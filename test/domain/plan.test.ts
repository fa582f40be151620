import fc from 'fast-check'
import { makePlan } from '../../src/domain/plan'
import type { GenerationRequest } from '../../src/domain/request'
import type { ModelFacts } from '../../src/domain/route'
import { candidate } from './arbitraries'

const ask = (content: string, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
  messages: [{ role: 'user', content }],
  ...more,
})
const IMAGE: GenerationRequest = {
  messages: [{ role: 'user', content: [{ type: 'image', url: 'https://example.com/a.png' }] }],
}
const TOOLS = ask('hi', { tools: [{ name: 'look', parameters: {} }] })
const SCHEMA = ask('hi', { output: { name: 'ticket', schema: {} } })
const NONE = new Map<string, string>()

const targetsFor = (facts: ModelFacts, request: GenerationRequest): string[] =>
  makePlan([candidate('a/x', { facts }), candidate('b/y')], request, NONE).candidates.map(
    ({ target }) => target,
  )

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
    const plan = makePlan([candidate('a/x', { facts }), candidate('b/y')], request, NONE)
    expect(plan.candidates.map(({ target }) => target)).toEqual(['b/y'])
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

  it('a provider that can not be asked, with its reason; that goes before what the model lacks', () => {
    const plan = makePlan(
      [candidate('a/x'), candidate('b/y'), candidate('a/z', { facts: { images: false } })],
      IMAGE,
      new Map([['a', 'set A_KEY']]),
    )
    expect(plan.candidates.map(({ target }) => target)).toEqual(['b/y'])
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

  it('each candidate is planned or dropped, once; the order stays', () => {
    fc.assert(
      fc.property(
        anyRequest,
        fc.array(anyFacts, { maxLength: 8 }),
        fc.boolean(),
        (request, facts, keyless) => {
          const candidates = facts.map((one, index) => candidate(`p${index % 2}/m${index}`, { facts: one }))
          const plan = makePlan(candidates, request, new Map(keyless ? [['p1', 'no key']] : []))
          const dropped = new Set(plan.dropped.map(({ target }) => target))
          expect(plan.candidates).toEqual(candidates.filter(({ target }) => !dropped.has(target)))
          expect(plan.candidates.length + plan.dropped.length).toBe(candidates.length)
        },
      ),
    )
  })
})
