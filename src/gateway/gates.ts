/** What every request passes before its route is asked, and the line that the log gets at its end. */
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { namesLoopback } from '../domain/hosts'
import { answerCors } from './cors'
import type { Exchange } from './exchange'
import type { Gate } from './gate'
import { SECURITY_HEADERS } from './headers'
import type { ApiKeys } from './keys'
import { busy, busyTenant, dialectOf, draining, forbiddenHost, noKey, tooManyBytes } from './problems'
import { PROBES } from './system'

export interface Gates {
  keys: ApiKeys
  logger: Logger
  corsOrigins: readonly string[]
  /** Only under a name of loopback's own (hosts.ts). */
  loopbackOnly: boolean
}

export const pathOf = (url: string): string => url.split('?', 1)[0] ?? ''

export function registerGates(app: FastifyInstance, gate: Gate, gates: Gates): void {
  const { exchanges, limits } = gate
  app.decorateRequest('exchange', null as never)
  app.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request.url)
    const exchange = exchanges.open(reply.raw, { dialect: dialectOf(path, request.headers) })
    request.exchange = exchange
    reply.raw.once('close', () => tell(request, reply, gate, gates.logger))
    reply.headers(SECURITY_HEADERS)
    if (gates.loopbackOnly && !namesLoopback(request.headers)) throw forbiddenHost()
    if (answerCors(request, reply, gates.corsOrigins)) return reply
    admit(request, path, exchange)
  })

  // A client that takes nothing of its answer: Node's own timer starts anew whenever it has taken a part, and closes the
  // socket when it ends. With the end of the answer the one of kept connections takes its place.
  app.addHook('onSend', (_request, { raw }, payload, done) => {
    raw.socket?.setTimeout(limits.slowClientMs)
    done(null, payload)
  })

  /** Throws HttpProblem. */
  function admit(request: FastifyRequest, path: string, exchange: Exchange): void {
    if (gates.keys.count > 0 && asksForKey(request, path)) {
      exchange.tenant = gates.keys.tenantOf(request.headers)
      if (exchange.tenant === null) throw noKey()
    }
    if (!path.startsWith('/v1/')) return
    if (exchanges.draining()) throw draining()
    if (exchanges.workingCount() >= limits.requests) throw busy(limits.requests)
    const { tenant } = exchange
    if (tenant !== null && exchanges.workingOf(tenant) >= limits.requestsPerTenant)
      throw busyTenant(limits.requestsPerTenant)
    exchanges.working(exchange)
    const budget = { all: limits.bodyBytesInFlight, tenant: limits.bodyBytesPerTenant }
    if (!exchanges.receives(exchange, bodyBytes(request.headers, limits.bodyBytes), budget))
      throw tooManyBytes()
  }
}

/** A body that does not tell its length may be as long as one may be. */
function bodyBytes(
  { 'content-length': length, 'transfer-encoding': chunked }: IncomingHttpHeaders,
  most: number,
) {
  if (chunked !== undefined) return most
  return Math.min(Number(length ?? 0) || 0, most)
}

/** A scraper on this host needs none for `/metrics`; what a proxy on it passes on does. */
function asksForKey({ ip, headers }: FastifyRequest, path: string): boolean {
  if (path !== '/metrics') return path.startsWith('/v1/')
  const local = ip === '127.0.0.1' || ip === '::1' || ip === '::ffff:127.0.0.1'
  return !local || 'x-forwarded-for' in headers || 'forwarded' in headers || 'via' in headers
}

/** nginx's word for a client that has gone before its answer. */
const CLIENT_GONE = 499
const PATH_CHARS_MAX = 200

/** No body, no query, no header: nothing of a prompt. */
function tell(request: FastifyRequest, { raw }: FastifyReply, { metrics }: Gate, logger: Logger): void {
  const { exchange, method, routeOptions } = request
  const durationMs = Date.now() - exchange.arrivedAt
  const status = raw.headersSent ? raw.statusCode : CLIENT_GONE
  const route = routeOptions.url ?? 'unknown'
  metrics.request({ route, method, status, seconds: durationMs / 1_000 })
  logger[PROBES.has(route) ? 'debug' : 'info'](
    {
      event: 'http',
      method,
      path: pathOf(request.url).slice(0, PATH_CHARS_MAX),
      status,
      durationMs,
      ...(exchange.taken ? {} : { cut: true }),
      ...(exchange.generationId === null ? {} : { generation: exchange.generationId }),
      ...(exchange.tenant === null ? {} : { tenant: exchange.tenant }),
    },
    'request',
  )
}
