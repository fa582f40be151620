/** The gateway's HTTP: errors, keys, limits, what it shows of itself. No Temporal behind it. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import * as net from 'node:net'
import path from 'node:path'
import { HoldfastError } from '../../src/client'
import type { InternalHoldfast } from '../../src/client/internal'
import {
  type ErrorBody,
  type GatewaySettings,
  jsonOf,
  type TestGateway,
  testGateway,
} from '../helpers/gateway'
import { until as untilTrue } from '../helpers/processes'

const until = (condition: () => boolean | Promise<boolean>) => untilTrue(String(condition), condition)

const CHAT = '/v1/chat/completions'
const chatBody = { model: 'default', messages: [{ role: 'user', content: 'a secret prompt' }] }

let gateway: TestGateway
const start = async (settings?: GatewaySettings): Promise<TestGateway> => {
  gateway = await testGateway(settings)
  return gateway
}
afterEach(() => gateway.close())

/** A client with scripted generations. */
const clientThat =
  (open: (request: { signal?: AbortSignal }) => unknown) => async (): Promise<InternalHoldfast> =>
    ({ open, close: async () => undefined }) as never

const failing = clientThat(() => {
  throw new HoldfastError({ kind: 'unavailable', message: 'Temporal is away', accepted: false })
})

/** Sends these bytes, and reads until the other side closes. */
async function raw(url: string, bytes: string | Buffer): Promise<string> {
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  return text
}

describe('an error', () => {
  const errorOf = async (response: Response) => ({
    status: response.status,
    ...(await jsonOf(response)),
  })
  const invalid = (code: string) => ({ type: 'invalid_request_error', code, message: expect.any(String) })

  it("has OpenAI's shape, whatever was wrong", async () => {
    const { ask, post } = await start()
    const json = { 'content-type': 'application/json' }
    const cases: [string, Promise<Response>, number, string][] = [
      ['an unknown path', ask('/v1/nothing'), 404, 'not_found'],
      ['a path of another API', post('/v1/images', chatBody), 404, 'not_found'],
      ['another method', ask(CHAT), 405, 'method_not_allowed'],
      ['another method', post('/v1/models/a/b', {}), 405, 'method_not_allowed'],
      ['broken JSON', post(CHAT, '{"model":'), 400, 'invalid_request'],
      ['no body', post(CHAT, ''), 400, 'invalid_request'],
      ['a list', post(CHAT, '[]'), 400, 'invalid_request'],
      ['a poisoned prototype', post(CHAT, '{"__proto__":{"x":1}}'), 400, 'invalid_request'],
      [
        'text',
        ask(CHAT, { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } }),
        415,
        'unsupported_media_type',
      ],
      ['a path that is none', ask('/v1/generations/%zz'), 400, 'invalid_request'],
      [
        'a position that is none',
        ask(CHAT, {
          method: 'POST',
          headers: { ...json, 'last-event-id': 'x' },
          body: JSON.stringify(chatBody),
        }),
        400,
        'invalid_request',
      ],
      [
        'a position without a key',
        ask(CHAT, {
          method: 'POST',
          headers: { ...json, 'last-event-id': '3' },
          body: JSON.stringify({ ...chatBody, stream: true }),
        }),
        400,
        'invalid_request',
      ],
      ['a field that is none', post('/v1/generations', { promt: 'x' }), 400, 'invalid_request'],
    ]
    for (const [name, answer, status, code] of cases)
      expect([name, await errorOf(await answer)]).toMatchObject([name, { status, error: invalid(code) }])
    const allowed = await ask(CHAT)
    expect(allowed.headers.get('allow')).toBe('POST')
    const nothing = await jsonOf<ErrorBody>(await ask('/v1/nothing'))
    expect(nothing.error.message).toContain(`POST ${CHAT}`)
  })

  it("has Anthropic's shape for its clients", async () => {
    const { ask, post } = await start({ apiKeys: 'acme:right' })
    const refused = await errorOf(await post('/v1/messages', {}, { 'x-api-key': 'wrong' }))
    expect(refused).toMatchObject({ status: 401, type: 'error', error: { type: 'authentication_error' } })
    const right = { 'x-api-key': 'right' }
    const broken = await errorOf(await post('/v1/messages', '{', right))
    expect(broken).toMatchObject({ status: 400, type: 'error', error: { type: 'invalid_request_error' } })
    const models = await errorOf(await ask('/v1/models', { headers: { 'anthropic-version': '2023-06-01' } }))
    expect(models).toMatchObject({ status: 401, type: 'error' })
  })

  it('of an unreachable Temporal is a 503 with Retry-After, and says that nothing was accepted', async () => {
    const { post } = await start({ clientFor: failing })
    const response = await post(CHAT, chatBody)
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(await response.json()).toMatchObject({
      error: { holdfast: { kind: 'unavailable', accepted: false } },
    })
  })

  it('that was not foreseen is a 500 without its text and with accepted unknown; the log has its place', async () => {
    const { post, lines } = await start({
      clientFor: clientThat(() => {
        throw new Error('a secret prompt')
      }),
    })
    const response = await post(CHAT, chatBody)
    expect(response.status).toBe(500)
    // It may have been started, and paid for, before the fault.
    expect(response.headers.get('x-should-retry')).toBe('false')
    const bodyText = await response.text()
    expect(JSON.parse(bodyText)).toMatchObject({ error: { holdfast: { accepted: 'unknown' } } })
    expect(bodyText).not.toContain('secret')
    const [fault] = lines().filter(({ event }) => event === 'gateway_fault')
    expect(fault).toMatchObject({
      type: 'Error',
      at: expect.arrayContaining([expect.stringContaining('at ')]),
    })
    expect(JSON.stringify(lines())).not.toContain('secret')
  })
})

describe('a body', () => {
  it('over the limit is refused with the limit, whether it says its length or not', async () => {
    const { post, ask } = await start({ limits: { bodyBytes: 1_000 } })
    const announced = await post(CHAT, { ...chatBody, padding: 'x'.repeat(2_000) })
    expect([announced.status, (await jsonOf<ErrorBody>(announced)).error.message]).toEqual([
      413,
      expect.stringContaining('1000'),
    ])
    const huge = await post(CHAT, { ...chatBody, padding: 'x'.repeat(20_000_000) })
    expect(huge.status).toBe(413)
    const chunks = new ReadableStream({
      start(controller) {
        for (let at = 0; at < 4; at += 1) controller.enqueue(new TextEncoder().encode('x'.repeat(500)))
        controller.close()
      },
    })
    const init = {
      method: 'POST',
      body: chunks,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    }
    expect((await ask(CHAT, init as RequestInit)).status).toBe(413)
  })

  it('of 10,000 levels is refused', async () => {
    const { post } = await start({ clientFor: failing })
    const deep = `${'['.repeat(10_000)}${']'.repeat(10_000)}`
    for (const [where, body] of [
      [CHAT, `{"model":"default","messages":${deep}}`],
      [
        CHAT,
        `{"model":"default","messages":[{"role":"user","content":"x"}],"tools":${deep},"metadata":${deep}}`,
      ],
      ['/v1/messages', `{"model":"default","max_tokens":1,"messages":${deep}}`],
      ['/v1/generations', `{"prompt":"x","schema":{"x":${deep}}}`],
    ] as const) {
      const { status } = await post(where, body)
      expect([where, status]).toEqual([where, 400])
    }
  })

  it('that comes too slowly ends in a 408, and so do headers', async () => {
    const { url } = await start({ limits: { headersMs: 300, requestMs: 600 } })
    const head = `POST ${CHAT} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n`
    const [headers, body] = await Promise.all([raw(url, head), raw(url, `${head}\r\n{"model"`)])
    expect(headers).toMatch(/^HTTP\/1.1 408 /)
    expect(body).toMatch(/^HTTP\/1.1 408 /)
  })
})

describe('bytes that are no request', () => {
  it('get an answer or a closed socket, and other requests are answered', async () => {
    const { url, ask } = await start()
    const noise = Buffer.from(Array.from({ length: 4_096 }, (_, at) => (at * 151 + (at >> 3)) % 256))
    expect(await raw(url, noise)).toMatch(/^(HTTP\/1.1 400 |$)/)
    const long = `GET /healthz HTTP/1.1\r\nhost: localhost\r\nlong: ${'x'.repeat(100_000)}\r\n\r\n`
    expect(await raw(url, long)).toMatch(/^HTTP\/1.1 431 /)
    expect((await ask('/healthz')).status).toBe(200)
  })

  it('a caller that goes in the middle of its body leaves a line, and no fault', async () => {
    const { url, lines } = await start()
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
    const head =
      'host: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\nexpect: 100-continue'
    socket.write(`POST ${CHAT} HTTP/1.1\r\n${head}\r\n\r\n`)
    await once(socket, 'data')
    socket.write('{"model"', () => socket.resetAndDestroy())
    await until(() => lines().some(({ event }) => event === 'http'))
    expect(lines().map(({ event }) => event)).not.toContain('gateway_fault')
  })

  it('a request without a host is refused as any other error', async () => {
    const { url } = await start()
    const text = await raw(url, `GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n`)
    expect(text).toMatch(
      /^HTTP\/1.1 400 .*nosniff.*\r\n\r\n.*"message":"A request by HTTP\/1.1 names its Host"/s,
    )
  })

  it('an expectation that nobody knows is refused as any other error', async () => {
    const { url } = await start()
    const text = await raw(url, `POST ${CHAT} HTTP/1.1\r\nhost: localhost\r\nexpect: x\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1.1 417 .*nosniff.*\r\n\r\n.*\{"error":\{"message":"The Expect header /s)
  })
})

describe('keys', () => {
  const apiKeys = 'acme:key-a, acme:key-b ,globex:key:with:colons'

  it('give the tenant, by either header', async () => {
    const seen: (string | null)[] = []
    const { post } = await start({
      apiKeys,
      clientFor: async (tenant) => {
        seen.push(tenant)
        return failing()
      },
    })
    const statuses = await Promise.all([
      post(CHAT, chatBody, { authorization: 'Bearer key-a' }),
      post(CHAT, chatBody, { authorization: 'bearer key-b' }),
      post(CHAT, chatBody, { 'x-api-key': 'key:with:colons' }),
      post(CHAT, chatBody),
      post(CHAT, chatBody, { authorization: 'Bearer key-' }),
      post(CHAT, chatBody, { authorization: 'Basic key-a' }),
    ])
    expect(statuses.map(({ status }) => status)).toEqual([503, 503, 503, 401, 401, 401])
    // One client per tenant, however many keys.
    expect(seen.sort()).toEqual(['acme', 'globex'])
  })

  it('are requested everywhere but at the probes, and at /metrics by what comes from elsewhere', async () => {
    const { ask } = await start({ apiKeys })
    const status = async (where: string, headers = {}) => (await ask(where, { headers })).status
    expect(await status('/healthz')).toBe(200)
    expect(await status('/readyz')).toBe(200)
    expect(await status('/v1/models')).toBe(401)
    expect(await status('/v1/nothing')).toBe(401)
    expect(await status('/metrics')).toBe(200)
    expect(await status('/metrics', { 'x-forwarded-for': '203.0.113.9' })).toBe(401)
    expect(await status('/metrics', { via: '1.1 proxy' })).toBe(401)
    expect(
      await status('/metrics', { 'x-forwarded-for': '203.0.113.9', authorization: 'Bearer key-a' }),
    ).toBe(200)
  })

  it('that are not written as pairs are refused, and the error does not repeat them', async () => {
    await start()
    await expect(testGateway({ apiKeys: 'acme:a,geheim' })).rejects.toThrow('HOLDFAST_API_KEYS, pair 2')
    await expect(testGateway({ apiKeys: 'acme:a,geheim' })).rejects.not.toThrow('geheim')
    await expect(testGateway({ apiKeys: ':geheim' })).rejects.toThrow('pair 1')
  })
})

describe('the host that was requested', () => {
  const hosted = async (url: string, host: string, line = 'GET /v1/models HTTP/1.1'): Promise<string> =>
    raw(url, `${line}\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
  const LOCAL = [
    '127.0.0.1:4400',
    '127.0.0.1',
    '127.1.2.3:1',
    'localhost:4400',
    'LOCALHOST',
    '[::1]:4400',
    'app.localhost',
  ]
  const FOREIGN = [
    'evil.test:4400',
    'evil.test',
    'localhost.evil.test',
    '127.0.0.1.evil.test',
    'notlocalhost',
    '10.0.0.1',
    '',
  ]

  it('is a name of loopback, or refused: a page whose name was made to point here is of no other origin', async () => {
    const { url, lines } = await start()
    for (const host of LOCAL)
      expect([host, await hosted(url, host)]).toEqual([host, expect.stringMatching(/^HTTP\/1.1 200 /)])
    for (const host of FOREIGN) {
      const answer = await hosted(url, host)
      expect([host, answer]).toEqual([host, expect.stringMatching(/^HTTP\/1.1 403 /)])
      expect(answer).toContain('"forbidden_host"')
    }
    expect(await hosted(url, 'evil.test', 'GET /metrics HTTP/1.1')).toMatch(/^HTTP\/1.1 403 /)
    expect(await hosted(url, 'evil.test', 'GET http://localhost/v1/models HTTP/1.1')).toMatch(
      /^HTTP\/1.1 403 /,
    )
    const theirs = await raw(
      url,
      'GET /v1/models HTTP/1.1\r\nhost: evil.test\r\nanthropic-version: 2023-06-01\r\nconnection: close\r\n\r\n',
    )
    expect(theirs).toContain('"permission_error"')
    await until(() => lines().length > 0)
  })

  it('may be any where keys are requested, or where others are listened to', async () => {
    const { url } = await start({ apiKeys: 'acme:a' })
    expect(await hosted(url, 'holdfast.test')).toMatch(/^HTTP\/1.1 401 /)
    await gateway.close()
    const open = await start({ host: '0.0.0.0' })
    expect(await hosted(open.url, 'gateway:4400')).toMatch(/^HTTP\/1.1 200 /)
  })
})

describe('requests in flight', () => {
  it('have a limit: one more gets a 429 with Retry-After', async () => {
    let release = (): void => undefined
    const waits = new Promise<never>((_, reject) => {
      release = () => reject(new HoldfastError({ kind: 'cancelled', message: 'enough', accepted: true }))
    })
    const open = async () => ({ id: 'g', result: () => waits })
    const { post, ask, url } = await start({ clientFor: clientThat(open), limits: { requests: 2 } })
    const first = [post(CHAT, chatBody), post(CHAT, chatBody)]
    await until(async () => (await (await ask('/metrics')).text()).includes('in_flight 2'))
    const third = await post(CHAT, chatBody)
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '1'])
    expect(await third.json()).toMatchObject({ error: { code: 'too_many_requests' } })
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    release()
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([499, 499])
    expect((await post(CHAT, chatBody)).status).toBe(499)
  })
})

describe('what it shows of itself', () => {
  it('is not guessed at by browsers, and read by pages of other origins only where they are let in', async () => {
    const { ask } = await start({ corsOrigins: ['https://app.test'] })
    const headersOf = async (origin: string, init: RequestInit = {}) =>
      Object.fromEntries((await ask('/v1/models', { ...init, headers: { origin, ...init.headers } })).headers)
    const friend = await headersOf('https://app.test')
    expect(friend).toMatchObject({ 'access-control-allow-origin': 'https://app.test', vary: 'origin' })
    expect(friend).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
    expect(friend['x-powered-by']).toBeUndefined()
    expect((await headersOf('https://other.test'))['access-control-allow-origin']).toBeUndefined()
    const preflight = {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    }
    expect(await headersOf('https://app.test', preflight)).toMatchObject({
      'access-control-allow-methods': 'GET, POST, DELETE',
      'access-control-allow-headers': 'authorization',
    })
    expect((await headersOf('https://other.test', preflight))['access-control-allow-methods']).toBeUndefined()
  })

  it('lets no page in by default', async () => {
    const { ask } = await start()
    const { headers } = await ask('/v1/models', { headers: { origin: 'https://app.test' } })
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })

  it('is logged by one line per request, without content', async () => {
    const { post, lines } = await start({ clientFor: failing, apiKeys: 'acme:a' })
    await post(`${CHAT}?prompt=secret`, chatBody, { authorization: 'Bearer a' })
    await until(() => lines().length > 0)
    expect(lines()).toMatchObject([
      { event: 'http', method: 'POST', path: CHAT, status: 503, tenant: 'acme' },
    ])
    expect(JSON.stringify(lines())).not.toMatch(/secret|Bearer/)
  })

  it('is counted under few labels: what callers make up is one of them', async () => {
    const { post, ask } = await start({ clientFor: failing })
    await post(CHAT, { ...chatBody, model: 'alpha/made-up-by-the-caller' })
    await ask('/v1/made-up-by-the-caller')
    const text = await (await ask('/metrics')).text()
    expect(text).toContain(`holdfast_http_requests_total{route="${CHAT}",method="POST",status="503"} 1`)
    expect(text).not.toContain('made-up')
  })

  it('has an OpenAPI document whose references lead somewhere, and whose paths are served', async () => {
    const { ask } = await start()
    const document = await jsonOf<{
      paths: { [path: string]: object }
      components: { schemas: { [name: string]: { properties: object; required: string[] } } }
    }>(await ask('/openapi.json'))
    const text = JSON.stringify(document)
    const refs = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name ?? '',
    )
    expect(refs.filter((name) => !Object.hasOwn(document.components.schemas, name))).toEqual([])
    expect(text.match(/"\$ref":"#\/(?!components)/)).toBeNull()
    const { ChatCompletionRequest: chat, GenerationRequest: generation } = document.components.schemas
    expect(Object.keys(chat?.properties ?? {})).toEqual(
      expect.arrayContaining(['messages', 'tools', 'stream']),
    )
    expect(chat?.required).toEqual(['model', 'messages'])
    expect(Object.keys(generation?.properties ?? {})).toEqual(
      expect.arrayContaining(['route', 'prompt', 'schema']),
    )
    for (const [where, methods] of Object.entries<object>(document.paths))
      for (const method of Object.keys(methods)) {
        const { status } = await ask(where.replace('{id}', 'default'), { method: method.toUpperCase() })
        expect([method, where, [404, 405].includes(status)]).toEqual([method, where, false])
      }
  })

  it('is all in docs/metrics.md: every metric', async () => {
    const { ask } = await start()
    const text = await (await ask('/metrics')).text()
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '')
    const page = readFileSync(path.join(__dirname, '..', '..', 'docs', 'metrics.md'), 'utf8')
    expect(names.length).toBeGreaterThan(8)
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  })

  it('is not ready while it drains', async () => {
    let release = (): void => undefined
    const waits = new Promise<never>((_, reject) => {
      release = () => reject(new HoldfastError({ kind: 'cancelled', message: 'enough', accepted: true }))
    })
    const { post, ask, drain } = await start({
      clientFor: clientThat(async () => ({ id: 'g', result: () => waits })),
    })
    const inFlight = post(CHAT, chatBody)
    await until(async () => (await (await ask('/metrics')).text()).includes('in_flight 1'))
    const drained = drain(30_000)
    const ready = await ask('/readyz')
    expect([ready.status, await ready.json()]).toEqual([
      503,
      expect.objectContaining({ ok: false, draining: true }),
    ])
    const refused = await post(CHAT, chatBody)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await refused.json()).toMatchObject({ error: { holdfast: { accepted: false } } })
    release()
    expect((await inFlight).status).toBe(499)
    await drained
    await expect(ask('/healthz')).rejects.toThrow()
  })
})
