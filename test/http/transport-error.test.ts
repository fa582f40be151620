/** Failures below HTTP have their kinds, and proxies are used. */
import * as http from 'node:http'
import * as net from 'node:net'
import type { TransportError } from '../../src/domain/failures/transport'
import { createHttpClient, type HttpClient } from '../../src/http/client'
import { connectionError } from '../../src/http/transport-error'
import type { SendLimits, SendResult } from '../../src/http/types'
import { LIMITS } from '../helpers/send-limits'
import {
  httpServer,
  httpsServer,
  type Listening,
  listen,
  rawServer,
  TLS,
  timed,
  until,
} from '../helpers/sockets'

const toClose: { close(): Promise<void> }[] = []
const closing = <T extends { close(): Promise<void> }>(resource: T): T => {
  toClose.push(resource)
  return resource
}
afterEach(async () => {
  for (const resource of toClose.splice(0)) await resource.close()
})

const newClient = (env: { [name: string]: string } = {}, ca?: string): HttpClient =>
  closing(createHttpClient(ca === undefined ? { env } : { env, ca }))
const get = (client: HttpClient, url: string, limits: Partial<SendLimits> = {}): Promise<SendResult> =>
  client.send({ method: 'GET', url, headers: {} }, { ...LIMITS, ...limits })
const errorOf = (result: SendResult): TransportError | null => (result.ok ? null : result.error)
const answering = (text: string) => (_: unknown, response: http.ServerResponse) => void response.end(text)

describe('a connection that fails', () => {
  it('to an unknown host is dns', async () => {
    expect(errorOf(await get(newClient(), 'http://nonexistent.invalid/'))).toMatchObject({
      kind: 'connection',
      reason: 'dns',
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
    })
  })

  it('to a closed port is refused', async () => {
    const server = await httpServer(answering('gone'))
    await server.close()
    for (const host of ['127.0.0.1', 'localhost']) {
      expect(errorOf(await get(newClient(), `http://${host}:${server.port}/`))).toEqual({
        kind: 'connection',
        reason: 'refused',
        code: 'ECONNREFUSED',
        message: expect.stringContaining('ECONNREFUSED'),
      })
    }
  })

  it.each<[string, (socket: net.Socket) => void]>([
    ['by a reset', (socket) => socket.resetAndDestroy()],
    ['by a close', (socket) => socket.end()],
    ['by a close in the middle of the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
  ])('before the headers, %s, is reset', async (_, end) => {
    const server = closing(await rawServer(end))
    expect(errorOf(await get(newClient(), `http://127.0.0.1:${server.port}/`))).toMatchObject({
      kind: 'connection',
      reason: 'reset',
    })
  })

  it('to a self-signed server is tls', async () => {
    const server = closing(await httpsServer(answering('secret')))
    expect(errorOf(await get(newClient(), `https://localhost:${server.port}/`))).toMatchObject({
      kind: 'connection',
      reason: 'tls',
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
  })

  it('to a server with a certificate of another name is tls', async () => {
    const server = closing(await httpsServer(answering('secret')))
    expect(errorOf(await get(newClient({}, TLS.cert), `https://127.0.0.1:${server.port}/`))).toMatchObject({
      kind: 'connection',
      reason: 'tls',
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    })
  })

  it('to a plain HTTP server that was taken for a TLS one is tls', async () => {
    const server = closing(await httpServer(answering('plain')))
    expect(errorOf(await get(newClient(), `https://127.0.0.1:${server.port}/`))).toMatchObject({
      kind: 'connection',
      reason: 'tls',
    })
  })

  it('to something that is no HTTP server is other', async () => {
    const server = closing(await rawServer((socket) => socket.end('220 mail.example ESMTP\r\n')))
    expect(errorOf(await get(newClient(), `http://127.0.0.1:${server.port}/`))).toMatchObject({
      kind: 'connection',
      reason: 'other',
      message: expect.stringContaining('does not match the HTTP'),
    })
  })

  it('within the connect guard is a timeout in phase connect', async () => {
    // Takes the connection and never shakes hands.
    const server = closing(await rawServer(() => undefined))
    const call = () => get(newClient(), `https://127.0.0.1:${server.port}/`, { connectMs: 200 })
    const { value: result, tookMs, ownMs } = await timed(call)
    expect(errorOf(result)).toEqual({ kind: 'timeout', phase: 'connect', limitMs: 200, tokensFlowing: false })
    expect(tookMs).toBeGreaterThanOrEqual(198)
    expect(ownMs).toBeLessThan(250)
  })

  it('is a timeout in phase connect as well when the attempt guard is the shorter one', async () => {
    const server = closing(await rawServer(() => undefined))
    expect(
      errorOf(await get(newClient(), `https://127.0.0.1:${server.port}/`, { attemptMs: 100 })),
    ).toMatchObject({ kind: 'timeout', phase: 'connect', limitMs: 100 })
  })

  it('whose call was given up is closed at the client’s own limit', async () => {
    const server = closing(await rawServer(() => undefined))
    const client = closing(createHttpClient({ env: {}, connectLimitMs: 600 }))
    await get(client, `https://127.0.0.1:${server.port}/`, { connectMs: 50 })
    expect(server.open()).toBe(1)
    await until(() => server.open() === 0, 3_000)
  })

  it('and then succeeds after all, once its call was given up, is closed without a request (E3)', async () => {
    let requests = 0
    const server = closing(
      await httpsServer((_, response) => {
        requests += 1
        response.end()
      }),
    )
    let letThrough = (): void => undefined
    const door = closing(
      await listen(
        net.createServer((socket) => {
          letThrough = () => {
            const upstream = net.connect(server.port, '127.0.0.1')
            upstream.on('error', () => socket.destroy())
            upstream.pipe(socket).pipe(upstream)
          }
        }),
      ),
    )
    const late = get(newClient({}, TLS.cert), `https://localhost:${door.port}/`, { connectMs: 100 })
    expect(errorOf(await late)).toMatchObject({ kind: 'timeout', phase: 'connect' })
    expect(door.open()).toBe(1)
    letThrough()
    await until(() => server.connections() === 1 && door.open() === 0)
    expect(requests).toBe(0)
  })

  it('to each of several addresses is named by the first one', () => {
    const first = Object.assign(new Error('connect ECONNREFUSED ::1:9'), { code: 'ECONNREFUSED' })
    const second = Object.assign(new Error('connect EHOSTUNREACH 10.0.0.1:9'), { code: 'EHOSTUNREACH' })
    expect(connectionError(new AggregateError([first, second]), 1)).toEqual({
      kind: 'connection',
      reason: 'refused',
      code: 'ECONNREFUSED',
      message: first.message,
    })
  })

  it('never has the headers in its message', async () => {
    const client = newClient()
    const result = await client.send(
      { method: 'GET', url: 'http://127.0.0.1:9/', headers: { authorization: 'Bearer sk-secret\n' } },
      LIMITS,
    )
    expect(errorOf(result)).toMatchObject({
      kind: 'connection',
      reason: 'other',
      message: expect.stringMatching(/header/),
    })
    expect(JSON.stringify(result)).not.toContain('sk-secret')
  })

  it('for want of a valid URL is other', async () => {
    expect(errorOf(await get(newClient(), 'api.openai.com/v1'))).toMatchObject({
      kind: 'connection',
      reason: 'other',
    })
  })

  it.each([
    ['EHOSTUNREACH', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
    ['ETIMEDOUT', 'unreachable'],
    ['EAI_AGAIN', 'dns'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
    ['EPROTO', 'tls'],
    ['EMFILE', 'other'],
  ])('with %s is %s', (code, reason) => {
    expect(connectionError(Object.assign(new Error('x'), { code }), 1)).toMatchObject({ reason, code })
  })
})

describe('TLS', () => {
  it('carries a call to a server whose authority is trusted', async () => {
    const server = closing(await httpsServer(answering('over tls')))
    expect(await get(newClient({}, TLS.cert), `https://localhost:${server.port}/`)).toMatchObject({
      response: { body: 'over tls' },
    })
  })
})

describe('a proxy', () => {
  /** Tunnels whatever name it is requested to `target`. */
  const proxyTo = async (target: Listening, connects: string[]): Promise<Listening> => {
    const proxy = http.createServer()
    proxy.on('connect', (request, socket: net.Socket) => {
      connects.push(request.url ?? '')
      const upstream = net.connect(target.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      upstream.on('error', () => socket.destroy())
      socket.on('close', () => upstream.destroy())
    })
    return closing(await listen(proxy))
  }

  it('that the environment names carries calls to https', async () => {
    const connects: string[] = []
    const proxy = await proxyTo(closing(await httpsServer(answering('through'))), connects)
    const client = newClient({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }, TLS.cert)
    expect(await get(client, 'https://provider.test/')).toMatchObject({ response: { body: 'through' } })
    expect(connects).toEqual(['provider.test:443'])
  })

  it('is passed by for the loopback, and for hosts that no_proxy names', async () => {
    const connects: string[] = []
    const server = closing(await httpServer(answering('straight')))
    const proxy = await proxyTo(server, connects)
    const url = `http://127.0.0.1:${proxy.port}`
    const client = newClient({ http_proxy: url, https_proxy: url, no_proxy: 'nonexistent.invalid' })
    expect(await get(client, `http://127.0.0.1:${server.port}/`)).toMatchObject({
      response: { body: 'straight' },
    })
    expect(errorOf(await get(client, 'http://nonexistent.invalid/'))).toMatchObject({ reason: 'dns' })
    expect(connects).toEqual([])
  })

  it('that is down is a refused connection', async () => {
    const server = await httpServer(answering('gone'))
    await server.close()
    const client = newClient({ HTTPS_PROXY: `http://127.0.0.1:${server.port}` })
    expect(errorOf(await get(client, 'https://provider.test/'))).toMatchObject({
      kind: 'connection',
      reason: 'refused',
    })
  })

  it('that refuses the tunnel is a failed connection, not an abort', async () => {
    const proxy = http.createServer()
    proxy.on('connect', (_, socket: net.Socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'))
    const { port } = closing(await listen(proxy))
    const client = newClient({ HTTPS_PROXY: `http://127.0.0.1:${port}` })
    expect(errorOf(await get(client, 'https://provider.test/'))).toMatchObject({
      kind: 'connection',
      reason: 'other',
      message: expect.stringContaining('403'),
    })
  })
})
