/**
 * Holdfast's HTTP side: OpenAI's and Anthropic's shapes over the library's client.
 *
 * SERVER-1 All that is under `/v1` passes the same checks, in this order: key, drain, number of requests.
 * SERVER-2 It binds to loopback unless a host is set. There, without keys, it answers to loopback's own
 *    names alone.
 * SERVER-3 A drain accepts no more work and says so at once; what was accepted goes on in Temporal, whatever
 *    happens here.
 */
import Fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { processCancels } from '../client/cancels'
import type { InternalHoldfast } from '../client/internal'
import type { Config } from '../config'
import { isLoopback } from '../domain/request/hosts'
import { jsonTextExcess } from '../domain/request/json'
import { faultFields } from '../telemetry'
import { type Metrics, processMetrics } from '../telemetry/metrics'
import type { Tracing } from '../telemetry/tracing'
import { limitedTo } from './allowed-models'
import { registerAnswers } from './answers'
import { registerCircuits } from './circuits'
import type { Cluster } from './cluster'
import { type RemoteCodec, registerCodec } from './codec'
import { registerCountTokens } from './count-tokens'
import type { GatewayDeps } from './deps'
import { EMBEDDINGS_PATH, registerEmbeddings } from './embeddings'
import { registerGenerations } from './generations'
import type { ApiKeys } from './keys'
import { ID_LENGTH_MAX, KEEP_ALIVE_MS, LATE_CHECK_MS, type Limits, limitsFor } from './limits'
import { canonicalPath } from './paths'
import { bodyNotJson, bodyTooMuch, encodedBody } from './problems'
import { cachedReadiness, type Readiness } from './readiness'
import { answerFrameworkError, refuseBroken, refuseExpectation, registerErrors } from './refusals'
import { createRequestContexts } from './request-context'
import { registerRequestHooks } from './request-hooks'
import { registerResponses } from './responses'
import { registerSystem } from './system'
import { createTenants } from './tenants'
import { registerUi } from './ui'

export interface GatewayOptions {
  /** 0: any free one. */
  port: number
  /** Default: loopback. */
  host?: string | undefined
  config: Config
  /** Called once per tenant; null: no keys are required. The gateway closes them. */
  clientFor(tenant: string | null): Promise<InternalHoldfast>
  ready(): Promise<Readiness>
  cluster: Cluster
  keys: ApiKeys
  logger: Logger
  /** Where it counts. Default: those of this process. */
  metrics?: Metrics | undefined
  version: string
  /** Of pages that may read answers; `*`: all. Default: none. */
  corsOrigins?: readonly string[] | undefined
  /** For Temporal's Web UI. Default: there is none. */
  codec?: RemoteCodec | null | undefined
  limits?: Partial<Limits> | undefined
  /** Closed by whoever opened it. Default: no traces. */
  tracing?: Tracing | null | undefined
}

export interface Gateway {
  url: string
  /** Accepts no more work, lets requests in flight end for at most `graceMs`, then closes. */
  drain(graceMs: number): Promise<void>
  close(): Promise<void>
}

/** No key is required, or it names all. */
const UNLIMITED = { models: null }

/** Throws an error that names the port when it is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { port, host = '127.0.0.1', config, keys, logger, version, corsOrigins = [], codec = null } = options
  const { metrics = processMetrics() } = options
  const base = limitsFor(config)
  const { requests = base.requests } = options.limits ?? {}
  // Whatever the number, the others find room.
  const limits: Limits = { ...base, requestsPerTenant: Math.ceil(requests / 2), ...options.limits }
  const contexts = createRequestContexts()
  const tenants = createTenants(options.clientFor)
  const deps: GatewayDeps = {
    config,
    cluster: options.cluster,
    limits,
    contexts,
    metrics,
    tracing: options.tracing,
    ready: cachedReadiness(options.ready),
    clientOf: async ({ tenant, grant }) =>
      limitedTo(grant ?? UNLIMITED, config, await tenants.clientOf(tenant)),
    onFault: (error) => logFault(logger, error),
  }
  metrics.serves(config)
  const endMetrics = metrics.watch({
    cancellations: processCancels.counts,
    httpRequestsInFlight: contexts.workingCount,
  })
  const app = Fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
    rewriteUrl: ({ url = '/' }) => canonicalPath(url),
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: ID_LENGTH_MAX },
    // Node's own refusal of a request without a host has no body: `registerRequestHooks` refuses it.
    http: {
      connectionsCheckingInterval: Math.min(LATE_CHECK_MS, limits.headersMs),
      requireHostHeader: false,
    },
    clientErrorHandler: refuseBroken,
    frameworkErrors: answerFrameworkError,
  })
  app.server.headersTimeout = limits.headersMs
  app.server.on('checkExpectation', refuseExpectation)
  readOnlyJson(app)
  registerErrors(app, deps)
  registerRequestHooks(app, deps, {
    keys,
    logger,
    corsOrigins,
    codec,
    loopback: isLoopback(host),
  })
  registerSystem(app, deps, version)
  registerAnswers(app, deps)
  registerCountTokens(app, deps)
  registerEmbeddings(app, deps)
  registerGenerations(app, deps)
  registerResponses(app, deps)
  registerCircuits(app, deps, logger)
  if (codec !== null) registerCodec(app, codec)
  registerUi(app, deps, keys)

  const close = async () => {
    await app.close()
    endMetrics()
    await tenants.close()
  }
  try {
    const url = await app.listen({ port, host })
    return {
      url,
      close,
      drain: async (graceMs) => {
        await contexts.drain(graceMs)
        await close()
      },
    }
  } catch (error) {
    await close()
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
      throw new Error(`Port ${port} is taken: choose another one with --port`)
    throw error
  }
}

/** So short a body can hold no more than it may (jsonTextExcess). */
const UNSUSPECTED_CHARS = 100

/** Ids of tokens are a value each, in flat lists that are gone through once: as many as a body of `bodyBytes` can hold. */
const MAX_EMBEDDINGS_VALUES = 1_000_000

/** A browser sends any page's form as text without a preflight; JSON it does not (SERVER-1 is not all there is). */
function readOnlyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addHook('preParsing', async ({ headers }) => {
    const { 'content-encoding': encoding = 'identity' } = headers
    if (encoding.toLowerCase() !== 'identity') throw encodedBody(encoding)
  })
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    const most = request.routeOptions.url === EMBEDDINGS_PATH ? MAX_EMBEDDINGS_VALUES : undefined
    const excess = body.length > UNSUSPECTED_CHARS ? jsonTextExcess(body, most) : null
    if (body === '') done(null, undefined)
    else if (excess !== null) done(bodyTooMuch(excess))
    else parse(request, body, (error, value) => (error ? done(bodyNotJson(body)) : done(null, value)))
  })
}

function logFault(logger: Logger, error: unknown): void {
  logger.error({ event: 'gateway_fault', ...faultFields(error) }, 'a request met a fault of the gateway')
}
