/** The key that keeps a request to one deployment: STICKY-1, STICKY-2. */
import { parseConfig } from '../../src/config'
import type { GenerationRequest } from '../../src/domain/request/request'
import type { Sticky } from '../../src/domain/routing/route'
import { prepare } from '../../src/request/prepare'
import { stickyKeyOf } from '../../src/request/sticky'

const PROMPT: GenerationRequest = { messages: [{ role: 'user', content: 'hello' }] }

const keyOf = (
  sticky: Sticky | undefined,
  request: Partial<GenerationRequest> = {},
  more: { tenant?: string; metadata?: { [key: string]: string } } = {},
) => stickyKeyOf(sticky, { tenant: null, metadata: {}, ...more, request: { ...PROMPT, ...request } })

const hinted = (fields: {
  [name: string]: string | { [name: string]: string }
}): Partial<GenerationRequest> => ({
  params: { hints: { api: 'openai-chat', fields } },
})

it('is a hash, which says nothing of what it was made of', () => {
  const key = keyOf('user', hinted({ user: 'ada@example.com' }))
  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(keyOf('user', hinted({ user: 'ada@example.com' }))).toBe(key)
  expect(keyOf('user', hinted({ user: 'bob@example.com' }))).not.toBe(key)
  expect(keyOf('user', hinted({ user: 'ada@example.com' }), { tenant: 'acme' })).not.toBe(key)
})

it.each<[Sticky, Partial<GenerationRequest>]>([
  ['promptCacheKey', hinted({ prompt_cache_key: 'k' })],
  ['promptCacheKey', { params: { providerOptions: { openai: { prompt_cache_key: 'k' } } } }],
  ['user', hinted({ user: 'u' })],
  ['user', hinted({ safety_identifier: 'u' })],
  ['user', hinted({ metadata: { user_id: 'u' } })],
  ['conversation', {}],
])('%s is found in %j', (sticky, request) => {
  expect(keyOf(sticky, request)).toBeDefined()
})

it('metadata: by the value of its key, whatever else the metadata holds', () => {
  const key = keyOf('metadata:session', {}, { metadata: { session: 's1', ticket: '1' } })
  expect(keyOf('metadata:session', {}, { metadata: { session: 's1', ticket: '2' } })).toBe(key)
  expect(keyOf('metadata:session', {}, { metadata: { session: 's2' } })).not.toBe(key)
})

it('conversation: each further turn has the key of the first', () => {
  const first = [
    { role: 'system', content: 'be kind' },
    { role: 'user', content: 'hello' },
  ] as const
  const key = keyOf('conversation', { messages: [...first] })
  const next = [...first, { role: 'assistant', content: 'hi' }, { role: 'user', content: 'and?' }] as const
  expect(keyOf('conversation', { messages: [...next] })).toBe(key)
  expect(keyOf('conversation', { messages: [{ role: 'system', content: 'be brief' }, first[1]] })).not.toBe(
    key,
  )
})

it.each<[Sticky | undefined, Partial<GenerationRequest>, { [key: string]: string }]>([
  [undefined, hinted({ user: 'u' }), {}],
  ['user', {}, {}],
  ['user', hinted({ user: '' }), {}],
  ['promptCacheKey', hinted({ user: 'u' }), {}],
  ['metadata:session', {}, { ticket: '1' }],
  ['metadata:toString', {}, {}],
  ['conversation', { messages: [] }, {}],
])('%s: a request without it has no key, and is no error', (sticky, request, metadata) => {
  expect(keyOf(sticky, request, { metadata })).toBeUndefined()
})

it('a value that is no text is no key', () => {
  const request = { params: { providerOptions: { openai: { user: { toString: 1 } } } } }
  expect(keyOf('user', request)).toBeUndefined()
})

it('STICKY-1 a prepared request has places where a key decides, else a seed by chance, and nothing of the key', () => {
  const config = parseConfig(`
providers: { a: { api: openai-chat, baseUrl: http://a/v1 }, b: { api: openai-chat, baseUrl: http://b/v1 } }
models: { a/m: { inputPerMillion: 2, outputPerMillion: 2 }, b/m: { inputPerMillion: 1, outputPerMillion: 1 } }
routes:
  kept: { order: weighted, sticky: "metadata:session", candidates: [a/m, b/m] }
  quick: { order: latency, candidates: [a/m, b/m] }
  cheap: { order: cost, candidates: [a/m, b/m] }
  plain: { candidates: [a/m, b/m] }
`)
  const of = (route: string, metadata = {}) => {
    const { seed, places } = prepare(config, { route, prompt: 'hi', metadata })
    return { seed, places }
  }
  const session = { session: 's1' }
  expect(of('kept', session)).toEqual(of('kept', session))
  expect(of('kept', session).places?.toSorted()).toEqual([0, 1])
  expect(of('kept')).toEqual({ seed: expect.stringMatching(/^[0-9a-f-]{36}$/), places: undefined })
  expect(of('kept').seed).not.toBe(of('kept').seed)
  expect(of('quick', session)).toEqual({ seed: expect.any(String), places: undefined })
  expect(of('cheap')).toEqual({ seed: undefined, places: [1, 0] })
  expect(of('plain', session)).toEqual({ seed: undefined, places: undefined })
  const { metadata: _metadata, ...prepared } = prepare(config, {
    route: 'kept',
    prompt: 'hi',
    metadata: session,
  })
  expect(JSON.stringify(prepared)).not.toContain(
    stickyKeyOf('metadata:session', { tenant: null, request: PROMPT, metadata: session }),
  )
})
