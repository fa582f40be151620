/**
 * `/v1/generations`: asynchronous ones. Started by one request, followed, read and cancelled by others, from any
 * gateway. They go on when a client goes away.
 */
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Override } from '../config'
import { CACHE_CONTROLS } from '../domain/caching/cache'
import type { Metadata } from '../domain/request/metadata'
import { metadataField, SSE_COMMENT, sseData } from '../formats/inbound'
import { checked, requestSchema } from '../request'
import { orAborted } from '../util/async'
import { followById, known } from './by-id'
import type { GatewayDeps } from './deps'
import { errorResponse, goingAway, HttpProblem } from './problems'
import { eventId, idempotencyKey, lastEventId, requireSameRun } from './request-headers'
import { named } from './request-id'

/** The library's request, as far as JSON can say it. */
export const generationBody = z.strictObject({
  route: z.string().optional().describe('A route, or a target (`provider/model`). Default: `default`'),
  prompt: z.string().optional().describe('Short for one user message'),
  ...requestSchema.omit({ output: true, task: true }).partial().shape,
  schema: z.record(z.string(), z.json()).optional().describe('JSON Schema of the answer'),
  override: z.record(z.string(), z.json()).optional().describe('Within what the route allows'),
  cache: z.enum(CACHE_CONTROLS).optional(),
  metadata: metadataField,
  stream: z
    .boolean()
    .default(true)
    .describe('Should the provider stream, so that the events carry each token?'),
})

type ById = { Params: { id: string } }

const at = (id: string): string => `/v1/generations/${encodeURIComponent(id)}`

export function registerGenerations(app: FastifyInstance, deps: GatewayDeps): void {
  app.post('/v1/generations', async ({ body, headers, requestContext }, reply) => {
    const { override, metadata, ...fields } = checked(generationBody, body)
    const holdfast = await deps.clientOf(requestContext)
    const { id, webUrl } = await holdfast.start({
      ...named({ ...fields, metadata: metadata as Metadata }, requestContext),
      // Its fields are checked where the route's own are known.
      ...(override === undefined ? {} : { override: override as Override }),
      idempotencyKey: idempotencyKey(headers),
      trace: requestContext.trace.context,
    })
    requestContext.generationId = id
    const url = at(id)
    return reply
      .code(202)
      .headers({ location: url, 'x-holdfast-generation': id })
      .send({ id, state: 'running', url, eventsUrl: `${url}/events`, webUrl })
  })

  app.get<ById>('/v1/generations/:id', async ({ params: { id }, requestContext }) => {
    requestContext.generationId = id
    const holdfast = await deps.clientOf(requestContext)
    // REQUEST-CONTEXT-2
    const status = await orAborted(known(holdfast.status(id)), requestContext.cut, () => goingAway(id, true))
    if (!('error' in status)) return status
    const { error, ...rest } = status
    return { ...rest, ...errorResponse(error, 'openai').body }
  })

  app.delete<ById & { Querystring: { forget?: unknown; force?: unknown } }>(
    '/v1/generations/:id',
    async ({ params: { id }, query, requestContext }, reply) => {
      requestContext.generationId = id
      const holdfast = await deps.clientOf(requestContext)
      if (flag('forget', query.forget))
        return known(holdfast.forget(id, { force: flag('force', query.force) }))
      await known(holdfast.cancel(id))
      return reply.code(202).send({ id, url: at(id) })
    },
  )

  app.get<ById & { Querystring: { restarts?: unknown } }>(
    '/v1/generations/:id/events',
    async (request, reply) => {
      const { id } = request.params
      request.requestContext.generationId = id
      const restarts = restartsOf(request.query.restarts)
      const resumed = lastEventId(request.headers)
      return followById(deps, request, reply, id, (running) => {
        requireSameRun(resumed, running.run)
        return {
          events: running.events({ after: resumed.after, restarts }),
          format: {
            encode: (event) =>
              `event: ${event.type}\n${sseData(event, eventId(event.position, running.run))}`,
            end: '',
            ping: SSE_COMMENT,
            error: (error) => `event: error\n${sseData(errorResponse(error, 'openai').body)}`,
          },
        }
      })
    },
  )
}

function flag(name: string, given: unknown): boolean {
  if (given === undefined || given === 'false') return false
  if (given === 'true') return true
  throw new HttpProblem(400, 'invalid_request', `${name} is \`true\` or \`false\``)
}

function restartsOf(given: unknown): 'error' | 'event' {
  if (given === undefined) return 'error'
  if (given === 'error' || given === 'event') return given
  throw new HttpProblem(400, 'invalid_request', 'restarts is `error` or `event`')
}
