/** What a route does for a provider's prompt cache, by the provider's host. */
import type { ProviderAccess } from '../../activities/deps'
import { encodeCall, encodeInputOf } from '../../activities/provider-request'
import type { CallProviderInput } from '../../src/contract/generation'
import type { JsonObject } from '../../src/domain/request/json'
import { wireFormat } from '../../src/formats/outbound'

interface Asked {
  baseUrl?: string
  api?: ProviderAccess['api']
  instructions?: string
  said?: string
  tenant?: string | null
  route?: string
  promptCache?: CallProviderInput['promptCache']
}

function bodyOf({
  baseUrl = 'https://api.openai.com/v1',
  api = 'openai-responses',
  instructions = 'Be brief.',
  said = 'hi',
  tenant = null,
  route = 'default',
  ...more
}: Asked): JsonObject {
  const access = {
    ok: true,
    baseUrl,
    api,
    apis: {},
    auth: { type: 'none' },
    keys: [],
    headers: {},
    query: {},
  }
  const input = {
    candidate: { target: 'p/m', provider: 'p', model: 'm', params: {}, facts: {} },
    request: {
      messages: [
        { role: 'system', content: instructions },
        { role: 'user', content: said },
      ],
    },
    unsupportedParams: 'fail',
    tenant,
    route,
    promptCache: 'promptCache' in more ? more.promptCache : 'short',
  }
  const maker = { provider: 'p', model: 'm', account: 'a' }
  const { encodeInput, ...blocks } = encodeInputOf(
    input as unknown as CallProviderInput,
    access as unknown as ProviderAccess,
    { prefill: null, stream: false, maker, returnsBlocks: true },
  )
  const outcome = encodeCall(wireFormat(api), encodeInput, blocks)
  if (!outcome.ok) throw new Error(outcome.failure.message)
  return outcome.value.body
}

const keyOf = (asked: Asked) => bodyOf(asked).prompt_cache_key

it('requests that begin alike have one key at OpenAI, by which nothing of them can be read', () => {
  const key = keyOf({})
  expect(key).toMatch(/^holdfast-[0-9a-f]{32}$/)
  expect(keyOf({ said: 'another question' })).toBe(key)
  expect(keyOf({ api: 'openai-chat' })).toBe(key)
})

it.each([
  ['other instructions', { instructions: 'Be verbose.' }],
  ['another tenant', { tenant: 'globex' }],
  ['another route', { route: 'other' }],
] satisfies [string, Asked][])('%s have another key', (_, asked) => {
  expect(keyOf(asked)).not.toBe(keyOf({}))
})

it.each([
  ['a route that is silent', { promptCache: undefined }],
  ['a server that does not know the field', { baseUrl: 'https://llm.example.com/v1' }],
] satisfies [string, Asked][])('%s has none', (_, asked) => {
  expect(bodyOf(asked)).not.toHaveProperty('prompt_cache_key')
})

it('OpenRouter gets marks, in its own domain alone', () => {
  const api = 'openai-chat'
  expect(JSON.stringify(bodyOf({ api, baseUrl: 'https://openrouter.ai/api/v1' }))).toContain('cache_control')
  for (const baseUrl of ['https://notopenrouter.ai/v1', 'https://openrouter.ai.example.com/v1'])
    expect(JSON.stringify(bodyOf({ api, baseUrl }))).not.toContain('cache_control')
})
