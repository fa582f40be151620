/** What every request passes before its route's handler, and the line that the log gets at its end. */
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { namesLoopback } from '../domain/request/hosts'
import { accessOf, requireRows } from './access'
import { answerCodecCors, CODEC, CODEC_BODY_BYTES, type RemoteCodec } from './codec'
import { answerCors } from './cors'
import type { GatewayDeps } from './deps'
import type { ApiKeys } from './keys'
import { pathOf } from './paths'
import {
  busy,
  busyTenant,
  dialectOf,
  draining,
  forbiddenHost,
  HttpProblem,
  lacksScope,
  noKey,
  notInForce,
  tooManyBytes,
} from './problems'
import type { RequestContext } from './request-context'
import { requestIdHeaders, requestIdOf } from './request-id'
import { SECURITY_HEADERS } from './response-headers'
import { traceRequest } from './server-span'
import { PROBES } from './system'
import { STORIES } from './ui/paths'

export interface HookOptions {
  keys: ApiKeys
  logger: Logger
  corsOrigins: readonly string[]
  /** null: there are no encryption keys. */
  codec: RemoteCodec | null
  /** It listens on loopback: without keys, under names of loopback's own alone (hosts.ts). */
  loopback: boolean
}

export function registerRequestHooks(app: FastifyInstance, deps: GatewayDeps, options: HookOptions): void {
  const { contexts, limits } = deps
  const { keys, loopback } = options
  const loopbackOnly = loopback && !keys.required
  // Whoever may send requests to it may steer it.
  const openToOperate = loopbackOnly && !keys.hasOperators()
  app.decorateRequest('requestContext', null as never)
  app.addHook('onRoute', ({ method, url }) => requireRows([method].flat(), url))
  app.addHook('onRequest', async (request, reply) => {
    const path = pathOf(request.url)
    const { headers } = request
    const arrivedAt = Date.now()
    const trace = traceRequest(deps.tracing, request, arrivedAt)
    const own = { dialect: dialectOf(path, headers), requestId: requestIdOf(headers), trace, arrivedAt }
    const context = contexts.open(reply.raw, own)
    request.requestContext = context
    reply.raw.once('close', () => logRequest(request, reply, deps, options.logger))
    reply.headers({ ...SECURITY_HEADERS, ...requestIdHeaders(own) })
    if (headers.host === undefined && request.raw.httpVersion === '1.1')
      throw new HttpProblem(400, 'invalid_request', 'A request by HTTP/1.1 names its Host')
    if (loopbackOnly && !namesLoopback(request.headers)) throw forbiddenHost()
    const preflight = path.startsWith(CODEC)
      ? answerCodecCors(request, reply, options.codec)
      : answerCors(request, reply, options.corsOrigins)
    if (preflight) return reply
    admit(request, path, context)
  })

  // A client that takes nothing of its answer: Node's own timer starts anew whenever it has taken a part, and closes the
  // socket when it ends. With the end of the answer the one of kept connections takes its place.
  app.addHook('onSend', (_request, { raw }, payload, done) => {
    raw.socket?.setTimeout(limits.slowClientMs)
    done(null, payload)
  })

  /** Throws HttpProblem. */
  function admit(request: FastifyRequest, path: string, context: RequestContext): void {
    const found = keys.find(request.headers)
    const grant = found.type === 'good' ? found.grant : null
    context.grant = grant
    context.operator = grant?.operator ?? null
    context.operates = openToOperate || grant?.scopes.has('operate') === true
    const access = accessOf(request, path)
    if (keys.required && access !== 'public') {
      if (found.type === 'unknown') throw noKey()
      if (found.type !== 'good') throw notInForce(found.type)
      context.tenant = found.grant.tenant
      const { scopes } = found.grant
      if (access !== 'any key' && !access.some((scope) => scopes.has(scope))) throw lacksScope(access)
    }
    const codes = path.startsWith(CODEC)
    if (!path.startsWith('/v1/') && !path.startsWith(STORIES) && !codes) return
    if (contexts.draining()) throw draining()
    if (contexts.workingCount() >= limits.requests) throw busy(limits.requests)
    const { tenant } = context
    if (tenant !== null && contexts.workingOf(tenant) >= limits.requestsPerTenant)
      throw busyTenant(limits.requestsPerTenant)
    contexts.working(context)
    const budget = { all: limits.bodyBytesInFlight, tenant: limits.bodyBytesPerTenant }
    if (
      !contexts.receives(
        context,
        bodyBytes(request.headers, codes ? CODEC_BODY_BYTES : limits.bodyBytes),
        budget,
      )
    )
      throw tooManyBytes()
  }
}

/** A body without a Content-Length counts as one of the maximum length. */
function bodyBytes(
  { 'content-length': length, 'transfer-encoding': chunked }: IncomingHttpHeaders,
  most: number,
) {
  if (chunked !== undefined) return most
  return Math.min(Number(length ?? 0) || 0, most)
}

/** nginx's word for a client that has gone before its answer. */
const CLIENT_GONE = 499
const PATH_CHARS_MAX = 200

/** No body, no query, no header: nothing of a prompt. */
function logRequest(
  request: FastifyRequest,
  { raw }: FastifyReply,
  { metrics }: GatewayDeps,
  logger: Logger,
): void {
  const { requestContext, method, routeOptions } = request
  const durationMs = Date.now() - requestContext.arrivedAt
  const status = raw.headersSent ? raw.statusCode : CLIENT_GONE
  const route = routeOptions.url ?? 'unknown'
  metrics.httpRequest({ route, method, status, seconds: durationMs / 1_000 })
  requestContext.trace.ended({ ...requestContext, status })
  logger[PROBES.has(route) ? 'debug' : 'info'](
    {
      event: 'http',
      method,
      path: pathOf(request.url).slice(0, PATH_CHARS_MAX),
      status,
      durationMs,
      requestId: requestContext.requestId,
      ...(requestContext.taken ? {} : { cut: true }),
      ...(requestContext.generationId === null ? {} : { generation: requestContext.generationId }),
      ...(requestContext.tenant === null ? {} : { tenant: requestContext.tenant }),
      ...(requestContext.grant === null ? {} : { keyId: requestContext.grant.keyId }),
    },
    'request',
  )
}
