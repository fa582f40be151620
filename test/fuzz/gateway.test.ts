/**
 * What callers send the gateway: bodies, headers, paths, bytes that are no HTTP. Over a real gateway and its sockets, with the
 * client's own checks behind it and no Temporal: whoever asks gets an answer, which is never a fault of the gateway.
 */
import fc from 'fast-check'
import { HoldfastError } from '../../src/client'
import type { InternalHoldfast, OpenOptions, OpenRequest } from '../../src/client/internal'
import { prepareStart } from '../../src/client/prepare-start'
import type { EmbedRequest } from '../../src/client/types'
import { parseConfig } from '../../src/config'
import type { GenerationRequest } from '../../src/domain/request/request'
import { newEncryptionKey } from '../../src/encryption'
import type { Answered } from '../../src/formats/inbound'
import { wireFormat } from '../../src/formats/outbound'
import { APIS } from '../../src/formats/outbound/wire-format'
import { remoteCodecOf } from '../../src/gateway/codec'
import { canonicalPath, pathOf } from '../../src/gateway/paths'
import { dialectOf } from '../../src/gateway/problems'
import { answered, eventsOf } from '../formats/inbound/samples'
import { fuzz } from '../helpers/fuzz'
import { type TestGateway, testGateway } from '../helpers/gateway'
import { BODIES, ENDPOINTS, type Endpoint, PRIVATE } from '../helpers/gateway-samples'
import { byteMutations, jsonMutations, mutatedBytes, mutatedJson } from '../helpers/mutations'
import { type RawAnswer, sendRaw } from '../helpers/raw-http'
import { twoProviders } from '../helpers/stack'

const KEY = 'k-acme-of-the-tests'
const OPERATE_KEY = 'k-ada-of-the-tests'

const config = parseConfig(twoProviders('http://127.0.0.1:9', 'cache: {}'))
const FACTS = config.routes.default?.candidates[0]?.facts

/** What every wire format would send for it, or why it would not. */
const encodings = (request: GenerationRequest) =>
  APIS.flatMap((api) => {
    const format = wireFormat(api)
    const { task } = request
    const encode = task === undefined ? format.encode : format[task.type]?.encode
    const input = { request, provider: 'alpha', model: 'model-a', stream: true, unsupportedParams: 'drop' }
    return encode === undefined ? [] : [JSON.stringify(encode({ ...input, facts: FACTS } as never))]
  })

/** Read and encoded as for a real one; what is read again is the same. */
function prepared(tenant: string | null, request: OpenRequest, options?: OpenOptions) {
  const [one, again] = [1, 2].map(() => prepareStart(config, tenant, request, options))
  if (one === undefined) throw new Error('unreachable')
  expect(again).toMatchObject({ body: one.body, cache: one.cache, request: one.request })
  const sent = encodings(one.request)
  expect(encodings(structuredClone(one.request))).toEqual(sent)
  return one
}

const unknown = async (): Promise<never> => {
  throw new HoldfastError({ kind: 'not_found', message: 'There is no such generation', accepted: false })
}

/** Each generation is answered at once, with a call of its first tool where it has one. */
function clientFor(tenant: string | null): InternalHoldfast {
  const open = async (request: OpenRequest, options?: OpenOptions) => {
    const { id, request: read } = prepared(tenant, request, options)
    const [tool] = read.tools ?? []
    const toolCalls = tool === undefined ? [] : [{ id: 'call_1', name: tool.name, arguments: { a: 1 } }]
    const result: Answered = answered({ id, toolCalls })
    return {
      id,
      webUrl: '',
      shared: false,
      result: async () => result,
      events: async function* () {
        yield* eventsOf(result)
      },
    }
  }
  const embedParts = async ({ input, dimensions, ...rest }: EmbedRequest) => {
    const task = { type: 'embed', input: [input].flat(), ...(dimensions === undefined ? {} : { dimensions }) }
    await open({ ...rest, task } as OpenRequest)
    return { vectors: ['AAAAAA=='], usage: null, costUsd: null, generations: [answered()] }
  }
  const countTokens = async (request: OpenRequest) => {
    await open({ ...request, idempotencyKey: undefined, task: { type: 'count' } })
    return { inputTokens: 1, target: 'alpha/model-a', id: 'g1' }
  }
  const byId = { find: unknown, status: unknown, request: unknown, cancel: unknown, forget: unknown }
  const client: unknown = {
    ...byId,
    open,
    start: open,
    embedParts,
    countTokens,
    close: async () => undefined,
  }
  return client as InternalHoldfast
}

const codec = remoteCodecOf(
  { address: '127.0.0.1:7233', namespace: 'default', connection: {} },
  { HOLDFAST_ENCRYPTION_KEYS: newEncryptionKey('first'), HOLDFAST_UI_URL: 'http://ui.example:8233' },
)
if (codec === null) throw new Error('There are no keys')

let gateway: TestGateway
/** So many times has Temporal been asked for a circuit. */
let opened = 0
beforeAll(async () => {
  gateway = await testGateway({
    config,
    apiKeys: `acme:${KEY}`,
    operateKeys: `ada:${OPERATE_KEY}`,
    codec,
    clientFor: async (tenant) => clientFor(tenant),
    cluster: {
      async open() {
        opened += 1
        throw new HoldfastError({ kind: 'not_found', message: 'There is no cluster', accepted: false })
      },
      taskQueue: 'none',
      webUrl: () => '',
    },
  })
})
afterAll(() => gateway.close())

type Headers = { [name: string]: string }
const OPERATOR: Headers = { authorization: `Bearer ${OPERATE_KEY}` }

function requestBytes({ method, path }: Endpoint, headers: Headers, body?: Uint8Array): Buffer {
  const all: Headers = {
    host: 'localhost',
    connection: 'close',
    authorization: `Bearer ${KEY}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': `${body.length}` }),
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`),
    body ?? Buffer.alloc(0),
  ])
}

const OPENAI = { error: { message: expect.any(String), type: expect.any(String), code: expect.any(String) } }
const ANTHROPIC = { type: 'error', error: { message: expect.any(String), type: expect.any(String) } }
const SECRETS = [
  KEY,
  OPERATE_KEY,
  process.cwd(),
  'node_modules',
  '\n    at ',
  '    at ',
  'TypeError',
  'polluted',
]

/** What is true of every answer, whatever was asked. */
function checkAnswer({ status, headers, body, text }: RawAnswer, shapes: readonly object[]): void {
  expect([status, body]).toEqual([expect.any(Number), expect.any(String)])
  if (status < 200 || status >= 500) throw new Error(`It answered ${status}: ${text.slice(0, 2_000)}`)
  for (const secret of SECRETS)
    if (text.includes(secret)) throw new Error(`${secret} stands in ${text.slice(0, 2_000)}`)
  const type = headers['content-type'] ?? ''
  if (status >= 400) {
    expect(type).toMatch(/^application\/json/)
    const parsed: unknown = JSON.parse(body)
    expect(shapes.map((shape) => isLike(parsed, shape))).toContain(true)
  } else if (type.startsWith('application/json')) JSON.parse(body)
  else if (type.startsWith('text/event-stream'))
    for (const [, data = ''] of body.matchAll(/^data: ?(.*)$/gm)) if (data !== '[DONE]') JSON.parse(data)
}

function isLike(value: unknown, shape: object): boolean {
  try {
    expect(value).toMatchObject(shape)
    return true
  } catch {
    return false
  }
}

const shapeOf = (path: string, headers: Headers): object =>
  dialectOf(pathOf(canonicalPath(path)), headers) === 'anthropic' ? ANTHROPIC : OPENAI

it('each of the valid requests is answered', async () => {
  for (const one of BODIES) {
    const bytes = Buffer.from(JSON.stringify(one.body))
    const answer = await sendRaw(gateway.url, requestBytes(one, {}, bytes))
    checkAnswer(answer, [OPENAI])
    const known = 'previous_response_id' in one.body ? 405 : 300
    if (answer.status >= known) throw new Error(`${one.path}: ${answer.text}`)
  }
})

fuzz(
  "a mutated body is answered, or refused in its dialect's shape",
  fc.record({
    endpoint: fc.constantFrom(...BODIES),
    mutations: jsonMutations(),
    bytes: fc.oneof(fc.constant([]), byteMutations(2)),
    anthropic: fc.boolean(),
  }),
  100,
  async ({ endpoint, mutations, bytes, anthropic }) => {
    const body = mutatedBytes(Buffer.from(mutatedJson(endpoint.body, mutations)), bytes)
    const headers: Headers = anthropic ? { 'anthropic-version': '2023-06-01' } : {}
    const answer = await sendRaw(gateway.url, requestBytes(endpoint, headers, body))
    checkAnswer(answer, [shapeOf(endpoint.path, headers)])
  },
)

const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64')

interface JsonPayload {
  metadata?: { [name: string]: string }
  data?: string | null
}
const PLAIN: JsonPayload = { metadata: { encoding: base64('json/plain') }, data: base64(`"${PRIVATE}"`) }

/** Base64 has several texts for the same bytes, and no data is the same as none of its bytes. */
const sameBytes = ({ metadata = {}, data }: JsonPayload): JsonPayload => {
  const bytesOf = (text: string): string => base64(Buffer.from(text, 'base64'))
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, bytesOf(text)])),
    data: bytesOf(data ?? ''),
  }
}

const postCodec = (path: string, body: Uint8Array): Promise<RawAnswer> =>
  sendRaw(gateway.url, requestBytes({ method: 'POST', path }, OPERATOR, body))

let sealed: JsonPayload | undefined

fuzz(
  'a mutated body of the codec is refused, or each of its payloads comes back decrypted or as it was',
  fc.record({
    encode: fc.boolean(),
    flipped: fc.option(fc.nat(10_000)),
    mutations: fc.oneof(fc.constant([]), jsonMutations()),
    bytes: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, byteMutations(2)),
  }),
  60,
  async ({ encode, flipped, mutations, bytes }) => {
    sealed ??= JSON.parse(
      (await postCodec('/codec/encode', Buffer.from(JSON.stringify({ payloads: [PLAIN] })))).body,
    ).payloads[0]
    const data = Buffer.from(sealed?.data ?? '', 'base64')
    const at = (flipped ?? 0) % data.length
    if (flipped !== null) data[at] = (data[at] ?? 0) ^ 1
    const payloads = [{ ...sealed, data: base64(data) }, PLAIN]
    const given = mutatedBytes(Buffer.from(mutatedJson({ payloads }, mutations)), bytes)
    const answer = await postCodec(encode ? '/codec/encode' : '/codec/decode', given)
    checkAnswer(answer, [OPENAI])
    if (answer.status !== 200) return
    const sent: JsonPayload[] = JSON.parse(given.toString()).payloads
    const back: JsonPayload[] = JSON.parse(answer.body).payloads
    expect(back).toHaveLength(sent.length)
    const read = encode
      ? JSON.parse((await postCodec('/codec/decode', Buffer.from(answer.body))).body).payloads
      : back
    for (const [at, one] of sent.entries()) {
      const allowed = [sameBytes(one), ...(encode ? [] : [PLAIN])]
      expect(allowed).toContainEqual(sameBytes(read[at]))
    }
  },
)

const TARGETS = ['alpha/model-a', 'alpha', '__proto__', '..%2f..', '%00', 'x'.repeat(2_000)]
const FORCED = [{ to: 'open' }, { to: 'close' }, { to: 'auto' }]

fuzz(
  'a body for a circuit that is not one of the three is refused before Temporal is asked',
  fc.record({
    target: fc.constantFrom(...TARGETS),
    force: fc.constantFrom(...FORCED),
    mutations: fc.oneof({ weight: 3, arbitrary: jsonMutations() }, fc.constant([])),
    bytes: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, byteMutations(2)),
    operates: fc.boolean(),
  }),
  80,
  async ({ target, force, mutations, bytes, operates }) => {
    const body = mutatedBytes(Buffer.from(mutatedJson(force, mutations)), bytes)
    const endpoint = { method: 'PUT', path: `/v1/circuits/${target}` }
    const before = opened
    const answer = await sendRaw(gateway.url, requestBytes(endpoint, operates ? OPERATOR : {}, body))
    checkAnswer(answer, [OPENAI])
    expect(answer.status).toBeGreaterThanOrEqual(400)
    if (opened === before) return
    expect(operates).toBe(true)
    expect(FORCED).toContainEqual(JSON.parse(body.toString()))
  },
)

it('a valid body for a circuit reaches Temporal, by an operator’s key alone', async () => {
  const endpoint = { method: 'PUT', path: '/v1/circuits/alpha/model-a' }
  const body = Buffer.from(JSON.stringify(FORCED[0]))
  const before = opened
  expect((await sendRaw(gateway.url, requestBytes(endpoint, OPERATOR, body))).status).toBe(404)
  expect(opened).toBe(before + 1)
  expect((await sendRaw(gateway.url, requestBytes(endpoint, {}, body))).status).toBe(403)
  expect(opened).toBe(before + 1)
})

const HEADERS: { [name: string]: string[] } = {
  authorization: [
    `Bearer ${KEY}`,
    `bearer  ${KEY}`,
    `Basic ${KEY}`,
    'Bearer',
    'Bearer undefined',
    'Bearer __proto__',
  ],
  'x-api-key': [KEY, '', '__proto__'],
  'idempotency-key': ['k', '', ' ', 'x'.repeat(2_000), '../..', '__proto__', 'a/b?c#d', 'ä'],
  'last-event-id': ['3', '3.1-0123abcd', '-1', '1e9', '99999999999999999999', '3-zzzzzzzz', ''],
  'content-type': [
    'application/json; charset=utf-16',
    'text/plain',
    'application/json;',
    'multipart/form-data',
    '',
  ],
  'content-length': ['0', '-1', '1e3', '99999999999999999999', '+5', '0x10'],
  'content-encoding': ['gzip', 'identity', 'br, gzip'],
  'transfer-encoding': ['chunked', 'gzip, chunked', 'identity'],
  traceparent: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-0-0-0', 'ff'],
  tracestate: ['a=b', 'x'.repeat(5_000), '=,=,'],
  'x-request-id': ['r1', 'x'.repeat(5_000), 'a b', '\u0000'],
  'anthropic-version': ['2023-06-01', ''],
  'anthropic-beta': ['x', 'token-counting,,', 'x'.repeat(5_000)],
  host: ['localhost', '', 'evil.example', '[::1', 'a b'],
  origin: ['null', 'https://evil.example', '://'],
  expect: ['100-continue', 'x'],
  upgrade: ['websocket', 'h2c'],
  connection: ['close', 'close, upgrade', 'keep-alive, close'],
  'x-forwarded-for': ['127.0.0.1', 'x'],
  accept: ['text/event-stream', '*/*'],
}
const header = fc
  .constantFrom(...Object.keys(HEADERS))
  .chain((name) =>
    fc.tuple(
      fc.constant(name),
      fc.oneof(fc.constantFrom(...(HEADERS[name] ?? [])), fc.string({ unit: 'binary', maxLength: 20 })),
    ),
  )

fuzz(
  'whatever its headers hold, a request is answered and its key is not repeated',
  fc.record({ endpoint: fc.constantFrom(...ENDPOINTS), headers: fc.array(header, { maxLength: 4 }) }),
  120,
  async ({ endpoint, headers }) => {
    const body = endpoint.body === undefined ? undefined : Buffer.from(JSON.stringify(endpoint.body))
    const bytes = requestBytes(endpoint, Object.fromEntries(headers), body)
    const answer = await sendRaw(gateway.url, bytes)
    // Behind `100 Continue` another answer could be mistaken for that to the request.
    if (answer.text !== '' || !headers.some(([name]) => name === 'expect'))
      checkAnswer(answer, [OPENAI, ANTHROPIC])
  },
)

const PARTS = [
  '..',
  '.',
  '%2e%2e',
  '%00',
  '%zz',
  '%',
  '//',
  '\\',
  '*',
  ':id',
  '__proto__',
  'v1',
  'x'.repeat(3_000),
  '%2F',
  'ä',
  ' ',
  '#',
  ';a=b',
  'constructor',
]
const QUERY = [
  `key=${KEY}`,
  `q=${PRIVATE}`,
  'stream=true',
  'stream[]=1',
  'starting_after=1e9',
  'starting_after=-1',
  '__proto__[a]=1',
  'restarts=x',
  'forget=1',
  '%',
  'a=%zz',
  '&&',
  '=',
  '?',
]

fuzz(
  'whatever its path and query hold, a request is answered',
  fc.record({
    endpoint: fc.constantFrom(...ENDPOINTS),
    method: fc.option(
      fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'),
    ),
    at: fc.nat(10),
    parts: fc.array(fc.oneof(fc.constantFrom(...PARTS), fc.webSegment()), { maxLength: 3 }),
    query: fc.array(fc.constantFrom(...QUERY), { maxLength: 3 }),
  }),
  120,
  async ({ endpoint, method, at, parts, query }) => {
    const [path = '', given] = endpoint.path.split('?')
    const words = path.split('/')
    words.splice(1 + (at % words.length), at % 2, ...parts)
    const asked = [...(given === undefined ? [] : [given]), ...query].join('&')
    const url = `${words.join('/')}${asked === '' ? '' : `?${asked}`}`
    const one = { ...endpoint, method: method ?? endpoint.method, path: url }
    const body = one.body === undefined ? undefined : Buffer.from(JSON.stringify(one.body))
    const answer = await sendRaw(gateway.url, requestBytes(one, {}, body))
    // The answer to HEAD has no body.
    checkAnswer(
      one.method === 'HEAD' ? { ...answer, status: Math.min(answer.status, 399), body: '{}' } : answer,
      [OPENAI, ANTHROPIC],
    )
  },
)

fuzz(
  'bytes that are no HTTP are answered in the shape of an error, or the connection is closed',
  fc.record({ endpoint: fc.constantFrom(...ENDPOINTS), mutations: byteMutations(4) }),
  150,
  async ({ endpoint, mutations }) => {
    const body = endpoint.body === undefined ? undefined : Buffer.from(JSON.stringify(endpoint.body))
    const bytes = mutatedBytes(requestBytes(endpoint, {}, body), mutations)
    const answer = await sendRaw(gateway.url, bytes)
    if (answer.text !== '') checkAnswer(answer, [OPENAI, ANTHROPIC])
  },
)

it('nothing of a key, a body or a query stands in the log, and no fault', () => {
  const log = gateway.lines()
  expect(log.length).toBeGreaterThan(100)
  expect(log.filter((line) => line.event === 'gateway_fault').slice(0, 2)).toEqual([])
  const text = JSON.stringify(log)
  for (const secret of [KEY, OPERATE_KEY, PRIVATE, base64(PRIVATE)]) expect(text).not.toContain(secret)
})
