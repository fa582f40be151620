/** ACCESS and ALLOWED-MODELS: what each endpoint asks for, by the table that the gateway itself goes by. */
import { HoldfastError } from '../../src/client'
import type { InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { newEncryptionKey } from '../../src/encryption'
import type { ApiKeys } from '../../src/gateway'
import { ACCESS, requireRows } from '../../src/gateway/access'
import { remoteCodecOf } from '../../src/gateway/codec'
import { type Grant, SCOPES, type Scope } from '../../src/gateway/keys/grant'
import { createKeySet, hashOf } from '../../src/gateway/keys/key-set'
import { type ErrorBody, jsonOf, type TestGateway, testGateway } from '../helpers/gateway'

/** What came as far as a client. */
let sent: { method: string; tenant: string | null; request: unknown }[] = []

const clientFor = async (tenant: string | null): Promise<InternalHoldfast> => {
  const stub = (method: string) => async (request: unknown) => {
    sent.push({ method, tenant, request })
    throw new HoldfastError({ kind: 'unavailable', message: 'this test has none', accepted: false })
  }
  const methods = [
    'open',
    'start',
    'embedParts',
    'countTokens',
    'find',
    'request',
    'status',
    'cancel',
    'result',
  ]
  const stubs = Object.fromEntries(methods.map((method) => [method, stub(method)]))
  return { ...stubs, close: async () => undefined } as unknown as InternalHoldfast
}

const config = parseConfig(`
providers:
  openai: { api: openai-chat, baseUrl: http://127.0.0.1:9, auth: none }
  alpha: { api: openai-chat, baseUrl: http://127.0.0.1:9, auth: none }
routes:
  default: { candidates: [openai/gpt-a, alpha/b] }
  cheap: { candidates: [alpha/b] }
  cheap-vectors: { kind: embeddings, candidates: [alpha/v] }
`)

const grant = (key: string, scopes: Scope[], fields: Partial<Grant> = {}) => ({
  keyId: `id-${key}`,
  hash: hashOf(key),
  tenant: scopes.every((scope) => scope === 'operate') ? null : 'acme',
  scopes: new Set(scopes),
  models: null,
  notBeforeAt: null,
  expiresAt: null,
  operator: scopes.includes('operate') ? `id-${key}` : null,
  ...fields,
})

const set = createKeySet([
  ...SCOPES.map((scope) => grant(scope, [scope])),
  grant('limited', ['generate', 'read'], { models: ['cheap*', 'openai/*'] }),
  grant('old', ['generate'], { expiresAt: 1 }),
])
const keys: ApiKeys = {
  required: true,
  hasOperators: () => true,
  find: (headers) => set.find(headers, Date.now()),
  close: () => undefined,
}

const codec = remoteCodecOf(
  { address: '127.0.0.1:7233', namespace: 'default', connection: {} },
  { HOLDFAST_ENCRYPTION_KEYS: newEncryptionKey('first'), HOLDFAST_UI_URL: 'http://ui.example:8233/' },
)
if (codec === null) throw new Error('there are no keys of encryption')

let gateway: TestGateway
beforeAll(async () => {
  gateway = await testGateway({ config, clientFor, keys, codec, limits: { viewers: 100 } })
})
afterAll(() => gateway.close())
beforeEach(() => {
  sent = []
})

/** The status and code of a request to an endpoint; what it answers is not read. */
async function ask(endpoint: string, key: string | null): Promise<{ status: number; code: string }> {
  const [method = '', pattern = ''] = endpoint.split(' ')
  const path = pattern.replace(':id', 'some-id').replace('*', 'alpha/b')
  const hasBody = method === 'POST' || method === 'PUT'
  const response = await gateway.ask(path, {
    method,
    headers: {
      // As a scraper from elsewhere.
      via: '1.1 proxy',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(hasBody ? { 'content-type': 'application/json' } : {}),
    },
    ...(hasBody ? { body: '{}' } : {}),
  })
  const { status, headers } = response
  const isError = status >= 400 && headers.get('content-type')?.includes('json') === true
  const code = isError && method !== 'HEAD' ? codeOf(await jsonOf(response)) : ''
  if (!isError) await response.body?.cancel()
  return { status, code }
}

/** Anthropic's errors have a type alone. */
const codeOf = ({ error }: { error?: { code?: string; type: string } }): string =>
  error?.code ?? error?.type ?? ''

const rows = Object.entries(ACCESS)

describe.each(rows)('%s', (endpoint, access) => {
  it.each([null, 'nobodys', 'old'])('without a key that is good it is public, or a 401: %p', async (key) => {
    const { status, code } = await ask(endpoint, key)
    if (access === 'public') expect(status).toBeLessThan(400)
    else
      expect({ status, code }).toMatchObject({
        status: 401,
        code: expect.stringMatching(/^(invalid_api_key|authentication_error|)$/),
      })
  })

  it.each([...SCOPES])('a key with the scope %s alone may use it, or gets a 403', async (scope) => {
    const { status, code } = await ask(endpoint, scope)
    const may = typeof access === 'string' || access.includes(scope)
    if (!may)
      expect({ status, code }).toEqual({
        status: 403,
        code: expect.stringMatching(/^(forbidden_key|permission_error)$/),
      })
    else expect([401, 403, 405]).not.toContain(status)
    if (!may) expect(sent).toEqual([])
    expect(code).not.toBe('not_found')
  })
})

it('an endpoint without a row is refused when the gateway starts', () => {
  expect(() => requireRows(['GET'], '/v1/models')).not.toThrow()
  expect(() => requireRows(['GET', 'DELETE'], '/v1/models')).toThrow('DELETE /v1/models has no row')
})

it('a path that is there for nobody asks for a key', async () => {
  expect((await gateway.ask('/v1/secrets')).status).toBe(401)
  expect((await gateway.ask('/v1/secrets', { headers: { 'x-api-key': 'read' } })).status).toBe(404)
})

const USER = { messages: [{ role: 'user', content: 'hi' }] }
const post = (path: string, body: object, headers = {}) =>
  gateway.post(path, body, { authorization: 'Bearer limited', ...headers })

/** Each endpoint that takes a model, with a body for it. */
const NAMING: [path: string, bodyOf: (model: string) => object][] = [
  ['/v1/chat/completions', (model) => ({ ...USER, model })],
  ['/v1/messages', (model) => ({ ...USER, model, max_tokens: 5 })],
  ['/v1/messages/count_tokens', (model) => ({ ...USER, model })],
  ['/v1/responses', (model) => ({ input: 'hi', model })],
  ['/v1/embeddings', (model) => ({ input: 'hi', model })],
  ['/v1/generations', (route) => ({ ...USER, route })],
]

it('every endpoint that generates is among those', () => {
  const generating = rows.flatMap(([endpoint, access]) =>
    access.includes('generate') && endpoint.startsWith('POST') && !endpoint.endsWith('/cancel')
      ? [endpoint.slice('POST '.length)]
      : [],
  )
  expect(generating.sort()).toEqual(NAMING.map(([path]) => path).sort())
})

describe.each(NAMING)('a key with a list of models at %s', (path, bodyOf) => {
  it.each(['cheap', 'cheap-vectors', 'openai/gpt-a', 'openai/gpt-other'])('may name %s', async (model) => {
    await post(path, bodyOf(model))
    expect(sent).toMatchObject([{ tenant: 'acme', request: { route: model } }])
  })

  it.each(['default', 'alpha/b', 'cheapest-that-is-not-there', 'nothing', 'openai'])(
    'gets a 404 for %s, as for what is not there',
    async (model) => {
      const response = await post(path, bodyOf(model))
      expect(response.status).toBe(404)
      expect(await response.text()).toContain('does not exist, or this key may not use it')
      expect(sent).toEqual([])
    },
  )
})

it('candidates that a request chooses are checked, too, and the default route is named by who names none', async () => {
  const candidates = ['openai/gpt-a', 'alpha/b']
  const chosen = await post('/v1/generations', { ...USER, route: 'cheap', override: { candidates } })
  expect((await jsonOf<ErrorBody>(chosen)).error.message).toContain('"alpha/b"')
  const within = { ...USER, model: 'cheap', holdfast: { override: { candidates } } }
  expect((await post('/v1/chat/completions', within)).status).toBe(404)
  expect((await post('/v1/generations', USER)).status).toBe(404)
  expect(sent).toEqual([])
})

it('the list of models has those that the key may name', async () => {
  const listed = async (key: string): Promise<string[]> => {
    const response = await gateway.ask('/v1/models', { headers: { 'x-api-key': key } })
    return (await jsonOf<{ data: { id: string }[] }>(response)).data.map(({ id }) => id)
  }
  expect(await listed('limited')).toEqual(['cheap', 'cheap-vectors', 'openai/gpt-a'])
  expect(await listed('generate')).toHaveLength(6)
  const one = (id: string) => gateway.ask(`/v1/models/${id}`, { headers: { 'x-api-key': 'limited' } })
  expect((await one('openai/gpt-a')).status).toBe(200)
  expect((await one('alpha/b')).status).toBe(404)
})

it('a key that may not read goes on from no earlier response', async () => {
  const asked = (key: string) =>
    post(
      '/v1/responses',
      { input: 'and?', model: 'cheap', previous_response_id: 'resp_1' },
      { authorization: `Bearer ${key}` },
    )
  expect((await asked('generate')).status).toBe(403)
  expect(sent).toEqual([])
  await asked('limited')
  expect(sent.map(({ method }) => method)).toContain('request')
})

it('the line of a request says whose key came along, and no key', async () => {
  await post('/v1/generations', USER)
  const lines = gateway.lines().filter(({ event }) => event === 'http')
  expect(lines.at(-1)).toMatchObject({ keyId: 'id-limited', tenant: 'acme', status: 404 })
  expect(JSON.stringify(lines)).not.toContain('Bearer')
})
