/** `POST /v1/chat/completions`, `/v1/messages` and `/v1/responses`: one generation, answered whole or as a stream. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Generation, HoldfastError } from '../client'
import type { RunningGeneration } from '../client/running'

import { orAborted } from '../util/async'
import type { GatewayDeps } from './deps'
import { type DialectRequest, FORMATS, type Format } from './formats'
import { type StreamMeter, streamMeter } from './metrics'
import { withPrevious } from './previous'
import { goingAway, HttpProblem, tooManyWaiters } from './problems'
import { relay } from './relay'
import { idempotencyKey, lastEventId, noResume, requireSameRun } from './request-headers'
import { named } from './request-id'
import { answerHeaders } from './response-headers'
import { inBackground } from './responses'

export function registerAnswers(app: FastifyInstance, deps: GatewayDeps): void {
  for (const format of FORMATS)
    app.post(format.path, async (request, reply) => {
      const read = format.read(request.body, request.headers)
      const { requestContext } = request
      const dialectRequest = await withPrevious(deps, read, requestContext)
      if (dialectRequest.started !== undefined) return inBackground(deps, dialectRequest, request, reply)
      const meter = streamMeter(deps.metrics, dialectRequest.parsed.request.route, requestContext.arrivedAt)
      const running = await open(deps, format, dialectRequest, request)
      return answer({ deps, dialectRequest, request, reply, meter, running })
    })
}

interface Answering {
  deps: GatewayDeps
  dialectRequest: DialectRequest
  request: FastifyRequest
  reply: FastifyReply
  meter: StreamMeter
  running: RunningGeneration<Generation>
}

async function open(
  deps: GatewayDeps,
  format: Format,
  { parsed }: DialectRequest,
  { requestContext, headers }: FastifyRequest,
): Promise<RunningGeneration<Generation>> {
  const key = idempotencyKey(headers)
  const resumed = lastEventId(headers)
  if (resumed.after > 0 && !(format.resumes && parsed.stream && key !== undefined)) throw noResume()
  const holdfast = await deps.clientOf(requestContext)
  const resumes = resumed.after > 0
  const opened = holdfast.open(
    {
      ...named(parsed.request, requestContext),
      stream: parsed.stream,
      signal: requestContext.signal,
      idempotencyKey: key,
    },
    resumes ? { resumes } : {},
  )
  const running = await (resumes ? ofKnownRun(opened) : opened)
  deps.contexts.received(requestContext)
  requireSameRun(resumed, running.run)
  requestContext.generationId = running.id
  const { waitersPerGeneration } = deps.limits
  if (!deps.contexts.waitsFor(requestContext, running.id, waitersPerGeneration))
    throw tooManyWaiters(waitersPerGeneration)
  return running
}

/** A 404 would say that there is no such model. */
const ofKnownRun = <T>(opened: Promise<T>): Promise<T> =>
  opened.catch((error: unknown) => {
    const isUnknown = error instanceof HoldfastError && error.kind === 'not_found'
    throw isUnknown ? new HttpProblem(400, 'invalid_request', error.message) : error
  })

async function answer({ deps, dialectRequest, request, reply, meter, running }: Answering): Promise<unknown> {
  const { parsed } = dialectRequest
  const { requestContext, headers } = request
  const { id, shared } = running
  const durable = running.durable !== false
  if (!parsed.stream) {
    // REQUEST-CONTEXT-2
    const result = await orAborted(running.result(), requestContext.cut, () => goingAway(id, durable))
    return reply.headers(answerHeaders(result)).send(dialectRequest.body(result))
  }
  await relay({
    events: running.events({ after: lastEventId(headers).after, restarts: parsed.restarts }),
    format: dialectRequest.stream(id, requestContext.arrivedAt, running.run),
    onFault: deps.onFault,
    inBand: () => false,
    id,
    durable,
    shared,
    context: requestContext,
    reply,
    limits: deps.limits,
    meter,
  })
  return reply
}
