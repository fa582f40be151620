/** The endpoint of a worker: probes, metrics, and what a stranger gets. */
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Client } from '@temporalio/client'
import { createMetrics } from '../../src/telemetry/metrics'
import { type Endpoint, startEndpoint } from '../../src/worker/endpoint'
import { parseScrape } from '../helpers/prometheus'

let endpoint: Endpoint
const open = async (): Promise<void> => {
  endpoint = await startEndpoint({ port: 0, host: '127.0.0.1', metrics: createMetrics() })
}
afterEach(() => endpoint.close())

const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(`${endpoint.url}${path}`, init)

/** A Temporal that knows these pollers of every task queue. */
const temporalWith = (...identities: string[]): Client =>
  ({
    options: { namespace: 'default' },
    withDeadline: (_at: number, act: () => Promise<unknown>) => act(),
    workflowService: {
      describeTaskQueue: async () => ({
        pollers: identities.map((identity) => ({
          identity,
          lastAccessTime: { seconds: Date.now() / 1_000 },
        })),
      }),
    },
  }) as unknown as Client

it('lives before its worker does, and is ready when Temporal knows of that one', async () => {
  await open()
  expect(await (await ask('/healthz')).json()).toEqual({ status: 'ok' })
  expect((await ask('/readyz')).status).toBe(503)
  endpoint.polls({ client: temporalWith('other@host/1'), taskQueue: 'q', identity: 'own@host/2' })
  const unknown = await ask('/readyz')
  expect([unknown.status, await unknown.json()]).toMatchObject([503, { temporal: true, worker: false }])
  endpoint.polls({
    client: temporalWith('other@host/1', 'own@host/2'),
    taskQueue: 'q',
    identity: 'own@host/2',
  })
  expect((await ask('/readyz')).status).toBe(200)
  endpoint.drains()
  const draining = await ask('/readyz')
  expect([draining.status, await draining.json()]).toMatchObject([503, { ok: false, draining: true }])
  expect((await ask('/healthz')).status).toBe(200)
})

it('serves metrics as Prometheus reads them', async () => {
  await open()
  const response = await ask('/metrics')
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(parseScrape(await response.text()).types.get('holdfast_attempts_total')).toBe('counter')
})

it.each([
  ['POST', '/metrics', 404],
  ['GET', '/', 404],
  ['GET', '/v1/models', 404],
  ['GET', '/%', 400],
])('%s %s is a %s', async (method, path, status) => {
  await open()
  expect((await ask(path, { method })).status).toBe(status)
})

it('ENDPOINT-1: under a name that is not of loopback it says nothing', async () => {
  await open()
  const { port } = new URL(endpoint.url)
  const [answer] = await once(
    request({ port, path: '/metrics', headers: { host: 'rebound.example' } }).end(),
    'response',
  )
  expect(answer.statusCode).toBe(403)
  expect(await text(answer)).toBe('{"error":"forbidden host"}')
})

it('a port that is taken is named, with the option to change', async () => {
  await open()
  const port = Number(new URL(endpoint.url).port)
  const second = startEndpoint({ port, host: '127.0.0.1', metrics: createMetrics() })
  await expect(second).rejects.toThrow(`Port ${port} is taken: choose another one with --metrics-port`)
})
