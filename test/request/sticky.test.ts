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

it('a prepared request has its key where its route is sticky, and no such field elsewhere', () => {
  const config = parseConfig(`
providers: { a: { api: openai-chat, baseUrl: http://a/v1 }, b: { api: openai-chat, baseUrl: http://b/v1 } }
routes:
  kept: { order: weighted, sticky: "metadata:session", candidates: [a/m, b/m] }
  plain: { candidates: [a/m, b/m] }
`)
  const metadata = { session: 's1' }
  expect(prepare(config, { route: 'kept', prompt: 'hi', metadata }).stickyKey).toMatch(/^[0-9a-f]{64}$/)
  expect(prepare(config, { route: 'kept', prompt: 'hi' })).not.toHaveProperty('stickyKey')
  expect(prepare(config, { route: 'plain', prompt: 'hi', metadata })).not.toHaveProperty('stickyKey')
})
