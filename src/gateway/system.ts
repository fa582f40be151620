/** The paths about the gateway itself. */
import type { FastifyInstance } from 'fastify'
import { HoldfastError } from '../client'
import { type Config, resolveRoute } from '../config'
import { listOf, modelEntry, modelList } from '../formats/inbound'
import { requireModel } from './allowed-models'
import type { GatewayDeps } from './deps'
import { mayName } from './keys'
import { openapi } from './openapi'

/** No key is required there, and nothing is logged but at `debug`. */
export const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

export function registerSystem(app: FastifyInstance, deps: GatewayDeps, version: string): void {
  const method = ['GET', 'HEAD']
  app.route({ method, url: '/healthz', handler: () => ({ status: 'ok' }) })
  app.route({
    method,
    url: '/readyz',
    async handler(_request, reply) {
      const ready = await deps.ready()
      const ok = ready.ok && !deps.contexts.draining()
      const draining = deps.contexts.draining() ? { draining: true } : {}
      return reply.code(ok ? 200 : 503).send({ ...ready, ok, ...draining })
    },
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(deps.metrics.contentType).send(await deps.metrics.text()),
  )
  const document = openapi(version)
  app.get('/openapi.json', () => document)
  const models = modelList(deps.config)
  app.get('/v1/models', ({ requestContext: { grant } }) =>
    grant === null ? models : listOf(models.data.filter(({ id }) => mayName(grant, id))),
  )
  // Targets have a slash in their names, and not every client encodes it.
  app.get<{ Params: { '*': string } }>('/v1/models/*', ({ params, requestContext: { grant } }) => {
    if (grant !== null) requireModel(grant, deps.config, params['*'])
    return modelOf(deps.config, params['*'])
  })
}

/** What a request may name, and the list's entry where it has one. Throws HoldfastError, as such a request would. */
function modelOf(config: Config, id: string) {
  const resolved = resolveRoute(config, id)
  if (!resolved.ok)
    throw new HoldfastError({
      kind: 'invalid_request',
      message: resolved.message,
      accepted: false,
      failureClass: 'model_not_found',
    })
  return modelEntry(id, Object.hasOwn(config.routes, id) ? 'holdfast' : id.slice(0, id.indexOf('/')))
}
