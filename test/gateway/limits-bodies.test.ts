/** Bodies that are small in bytes and large in work: they are refused by what they hold, and nobody else waits for them. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { prepare } from '../../src/request'
import { type ErrorBody, gatewayOver, jsonOf, type TestGateway, testGateway } from '../helpers/gateway'
import { startStack, twoProviders } from '../helpers/stack'

const CHAT = '/v1/chat/completions'
const CHARS = 1_800_000
const hi = '{"role":"user","content":"hi"}'
const many = (piece: string): string =>
  Array(Math.floor(CHARS / (piece.length + 1)))
    .fill(piece)
    .join()
const body = (messages: string, more = ''): string => `{"model":"default","messages":[${messages}]${more}}`

const BODIES: [string, string][] = [
  ['deep lists', body(hi, `,"metadata":${'['.repeat(CHARS / 2)}${']'.repeat(CHARS / 2)}`)],
  ['wide lists', body(hi, `,"metadata":{"x":[${many('1')}]}`)],
  ['many messages', body(many(hi))],
  ['many parts', body(`{"role":"user","content":[${many('{"type":"text","text":"a"}')}]}`)],
  ['many tools', body(hi, `,"tools":[${many('{"type":"function","function":{"name":"f"}}')}]`)],
  [
    'wide arguments in a text',
    body(
      `${hi},{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":${JSON.stringify(`{"x":[${many('1')}]}`)}}}]}`,
    ),
  ],
  [
    'a wide schema',
    body(
      hi,
      `,"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"properties":{${Array.from({ length: CHARS / 30 }, (_, at) => `"k${at}":{"type":"string"}`).join()}}}}}`,
    ),
  ],
]

let gateway: TestGateway
afterEach(() => gateway.close())

it('each is a 400 that names the limit, and the loop turns all the while', async () => {
  const config = parseConfig(twoProviders('http://127.0.0.1:9', 'cache: {}'))
  const answered = {
    id: 'g',
    shared: false,
    result: async () => Promise.reject(new Error('none')),
    events: () => [],
  }
  const open = async (request: object) => {
    prepare(config, request as never)
    return answered
  }
  gateway = await testGateway({
    clientFor: async () => ({ open, close: async () => undefined }) as unknown as InternalHoldfast,
  })
  await gateway.post(CHAT, body(hi)).then((response) => response.text())
  const delays = monitorEventLoopDelay({ resolution: 5 })
  delays.enable()
  const all = await Promise.all(
    [...BODIES, ...BODIES].map(async ([name, text]) => {
      const response = await gateway.post(CHAT, text)
      return [name, response.status, (await jsonOf<ErrorBody>(response)).error.message] as const
    }),
  )
  delays.disable()
  for (const [name, status, message] of all)
    expect([name, status, message]).toEqual([name, 400, expect.stringMatching(/the limit/)])
  // Fourteen of them took 5 s at a stretch. Both ends of the connections are in this thread.
  expect(delays.max / 1e6).toBeLessThan(1_000)
})

it('a long text is no fault', async () => {
  gateway = await testGateway()
  const response = await gateway.post(CHAT, body(`{"role":"user","content":"${'[,'.repeat(400_000)}"}`))
  // No client is behind this gateway: it got as far as that.
  expect(response.status).toBe(500)
})

it("while a tenant sends them, another tenant's call keeps its heartbeat: it is paid once", async () => {
  const config = (url: string) => twoProviders(url, 'timeouts: { workerLost: 1s }')
  const stack = await startStack({ config, delivery: true })
  try {
    stack.simulator.script('alpha', [{ latency: '4s', answer: 'whole' }])
    gateway = await gatewayOver(stack, config, { apiKeys: 'flood:k-flood-0001,other:k-other-0001' })
    const as = (key: string) => ({ authorization: `Bearer ${key}` })
    let ended = false
    const other = gateway.post(CHAT, body(hi), as('k-other-0001')).finally(() => {
      ended = true
    })
    await stack.simulator.waitForCalls(1)
    let refused = 0
    while (!ended) {
      const sent = BODIES.map(([, text]) => gateway.post(CHAT, text, as('k-flood-0001')))
      for (const response of await Promise.all(sent)) {
        expect(response.status).toBe(400)
        await response.text()
        refused += 1
      }
    }
    expect(refused).toBeGreaterThanOrEqual(2 * BODIES.length)
    expect((await other).status).toBe(200)
    expect(stack.simulator.calls()).toHaveLength(1)
  } finally {
    await stack.close()
  }
})

describe('a body that can not be read', () => {
  const sent = (text: string | Buffer, headers: { [name: string]: string } = {}) =>
    gateway.ask(CHAT, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: new Uint8Array(Buffer.from(text)),
    })

  it.each<[string, string | Buffer, string | undefined, number, RegExp]>([
    ['compressed', gzipSync(body(hi)), 'gzip', 415, /content-encoding gzip is not read: send it as it is/],
    ['compressed otherwise', brotliCompressSync(body(hi)), 'br', 415, /content-encoding br/],
    ['cut', '{"model":"secret', undefined, 400, /can not be read as JSON/],
    ['with more behind it', `${body(hi)}x`, undefined, 400, /from position 63 on/],
    ['of single quotes', "{'model':'secret'}", undefined, 400, /from position 1 on/],
    ['with NaN', body(hi, ',"temperature":NaN'), undefined, 400, /can not be read as JSON/],
    [
      'with a poisoned prototype',
      body(hi, ',"__proto__":{"secret":1}'),
      undefined,
      400,
      /key named __proto__/,
    ],
    ['of UTF-16', Buffer.from(body(hi), 'utf16le'), undefined, 400, /can not be read as JSON/],
  ])('%s is an error with the cause, and without its text', async (_, text, encoding, status, words) => {
    gateway = await testGateway()
    const response = await sent(text, encoding === undefined ? {} : { 'content-encoding': encoding })
    const { error } = await jsonOf<ErrorBody>(response)
    expect([response.status, error.message]).toEqual([status, expect.stringMatching(words)])
    expect(error.message).not.toContain('secret')
  })

  it('a byte order mark, blanks around it, an encoding that is none and a charset are no fault', async () => {
    gateway = await testGateway()
    const type = { 'content-type': 'Application/JSON; charset=utf-8', 'content-encoding': 'identity' }
    // No client is behind this gateway: it got as far as that.
    for (const text of [`\ufeff${body(hi)}`, `\n ${body(hi)}\r\n`])
      expect((await sent(text, type)).status).toBe(500)
  })
})

it.each<[string, { [name: string]: string }]>([
  ['Bearer in lower case', { authorization: 'bearer key' }],
  ["Anthropic's header", { 'x-api-key': 'key' }],
  ["Azure's header", { 'api-key': 'key' }],
  ['two headers, of which one is right', { 'x-api-key': 'placeholder', authorization: 'Bearer key' }],
])('a key as %s is known', async (_, headers) => {
  gateway = await testGateway({ apiKeys: 'acme:key' })
  expect((await gateway.ask('/v1/models', { headers })).status).toBe(200)
})
