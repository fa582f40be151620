/**
 * The HTTP endpoint of a worker: metrics and probes, for scrapers and orchestrators.
 *
 * ENDPOINT-1 On loopback it answers to loopback's own names alone: a page whose name was made to point here reads nothing.
 * ENDPOINT-2 It has no key: what it serves holds no prompt, no answer and no key, but names of routes, what they cost, and how
 *    much they are used. Off unless a port is given.
 */
import type { Client } from '@temporalio/client'
import Fastify from 'fastify'
import { isLoopback, namesLoopback } from '../domain/request/hosts'
import { cachedReadiness, NOT_READY, type Readiness, readinessOf } from '../gateway/readiness'
import { SECURITY_HEADERS } from '../gateway/response-headers'
import type { Metrics } from '../telemetry/metrics'

/** A scraper sends a line and waits for the answer. */
const REQUEST_LIMIT_MS = 10_000

export interface EndpointSettings {
  /** 0: any free one. */
  port: number
  host: string
  metrics: Pick<Metrics, 'contentType' | 'text'>
}

/** The worker whose polls are to be seen. */
export interface Polling {
  client: Client
  taskQueue: string
  identity: string
}

export interface Endpoint {
  url: string
  /** The worker is there: from now on it is ready while Temporal knows of its polls. */
  polls(worker: Polling): void
  /** It takes no more work. */
  drains(): void
  close(): Promise<void>
}

/** Throws an Error that names the port when it is taken. */
export async function startEndpoint({ port, host, metrics }: EndpointSettings): Promise<Endpoint> {
  let check: () => Promise<Readiness> = async () => ({
    ...NOT_READY,
    reason: 'the worker has not started yet',
  })
  let draining = false
  const app = Fastify({
    logger: false,
    requestTimeout: REQUEST_LIMIT_MS,
    bodyLimit: 1_024,
    forceCloseConnections: true,
    exposeHeadRoutes: true,
  })
  app.server.headersTimeout = REQUEST_LIMIT_MS
  app.addHook('onRequest', async ({ headers }, reply) => {
    reply.headers(SECURITY_HEADERS)
    // ENDPOINT-1
    if (isLoopback(host) && !namesLoopback(headers)) return reply.code(403).send({ error: 'forbidden host' })
  })
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send({ error: 'internal error' }))
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found' }))
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()))
  app.get('/healthz', () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    const ready = await check()
    const ok = ready.ok && !draining
    return reply.code(ok ? 200 : 503).send({ ...ready, ok, ...(draining ? { draining } : {}) })
  })
  const url = await app.listen({ port, host }).catch((error: Error & { code?: string }) => {
    if (error.code !== 'EADDRINUSE') throw error
    throw new Error(`Port ${port} is taken: choose another one with --metrics-port`)
  })
  return {
    url,
    polls({ client, taskQueue, identity }) {
      const ready = readinessOf(taskQueue, undefined, identity)
      check = cachedReadiness(() => ready(client))
    },
    drains() {
      draining = true
    },
    close: () => app.close(),
  }
}
