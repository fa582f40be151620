/** What is asked about the gateway itself. */
import type { FastifyInstance } from 'fastify'
import { modelList } from '../dialects'
import type { Gate } from './gate'
import { openapi } from './openapi'

/** Nobody is asked for a key there, and nothing is logged but at `debug`. */
export const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

export function registerSystem(app: FastifyInstance, gate: Gate, version: string): void {
  const method = ['GET', 'HEAD']
  app.route({ method, url: '/healthz', handler: () => ({ status: 'ok' }) })
  app.route({
    method,
    url: '/readyz',
    async handler(_request, reply) {
      const ready = await gate.ready()
      const ok = ready.ok && !gate.exchanges.draining()
      const draining = gate.exchanges.draining() ? { draining: true } : {}
      return reply.code(ok ? 200 : 503).send({ ...ready, ok, ...draining })
    },
  })
  app.get('/metrics', async (_request, reply) =>
    reply.type(gate.metrics.contentType).send(await gate.metrics.text()),
  )
  const document = openapi(version)
  app.get('/openapi.json', () => document)
  const models = modelList(gate.config)
  app.get('/v1/models', () => models)
}
