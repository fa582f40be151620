/**
 * Responses that go on without their caller (`background: true`): generations like those of `/v1/generations`, in the words
 * of OpenAI's Responses API. Any response may be asked for by its id, whoever waited for it.
 *
 * RESPONSES-1 A stream goes on behind `starting_after` with what follows there, or ends in an error: what can no longer be
 *    delivered from there on is never left out in silence.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Generation } from '../client'
import type { RunningGeneration } from '../client/running'
import {
  type AnswerEvent,
  type Asked,
  answeredResponse,
  failedResponse,
  generationIdOf,
  positionOfSequence,
  runningResponse,
} from '../formats/inbound'
import { inTime, orAborted } from '../util/async'
import { followById, known } from './by-id'
import type { GatewayDeps } from './deps'
import { type DialectRequest, responseStream } from './formats'
import { goingAway, HttpProblem } from './problems'
import { idempotencyKey } from './request-headers'
import { named } from './request-id'

/** Of a response that is asked for by its id alone: its request is in the run's history, which is read for the words of its tools alone. */
const UNKNOWN_MODEL = 'unknown'

export async function inBackground(
  deps: GatewayDeps,
  { parsed, started, stream }: DialectRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const { requestContext, headers } = request
  const { arrivedAt } = requestContext
  const holdfast = await deps.clientOf(requestContext)
  // It streams from the provider in any case: somebody may come to listen.
  const asked = named(parsed.request, requestContext)
  const wanted = { ...asked, stream: true, idempotencyKey: idempotencyKey(headers) }
  const { id } = await holdfast.start(wanted)
  requestContext.generationId = id
  if (!parsed.stream) return reply.header('x-holdfast-generation', id).send(started?.(id, arrivedAt))
  return followById(deps, request, reply, id, (running) => ({
    events: behind(running, -1),
    format: stream(id, arrivedAt, undefined),
  }))
}

/** Its worker learns of it with its next heartbeat at the latest. After that the answer says that it still runs. */
const CANCEL_LIMIT_MS = 10_000

type ById = { Params: { id: string } }
type Streamed = ById & { Querystring: { stream?: unknown; starting_after?: unknown } }

export function registerResponses(app: FastifyInstance, deps: GatewayDeps): void {
  app.get<Streamed>('/v1/responses/:id', async (request, reply) => {
    const { params, query, requestContext } = request
    const id = generationIdOf(params.id)
    requestContext.generationId = id
    if (query.stream !== 'true') return responseOf(deps, request, id)
    const after = startingAfter(query.starting_after)
    const asked = await askedOf(deps, request, id)
    return followById(deps, request, reply, id, (running) => ({
      events: behind(running, after),
      format: responseStream(id, running.startedAt, asked, after),
    }))
  })

  app.post<ById>('/v1/responses/:id/cancel', async (request) => {
    const { params, requestContext } = request
    const id = generationIdOf(params.id)
    requestContext.generationId = id
    const holdfast = await deps.clientOf(requestContext)
    await known(holdfast.cancel(id))
    await inTime(CANCEL_LIMIT_MS, holdfast.result(id)).catch(() => undefined)
    return responseOf(deps, request, id)
  })
}

/** The words of its tools, from the run's history. */
async function askedOf(deps: GatewayDeps, { requestContext }: FastifyRequest, id: string): Promise<Asked> {
  const holdfast = await deps.clientOf(requestContext)
  const { tools = [] } = await known(holdfast.request(id))
  return { echo: {}, tools }
}

async function responseOf(deps: GatewayDeps, request: FastifyRequest, id: string): Promise<object> {
  const { requestContext } = request
  const holdfast = await deps.clientOf(requestContext)
  const status = await orAborted(known(holdfast.status(id)), requestContext.cut, () => goingAway(id, true))
  const head = { generationId: id, createdAt: status.startedAt, model: UNKNOWN_MODEL, echo: {} }
  switch (status.state) {
    case 'running':
      return runningResponse(head)
    case 'answered':
      return answeredResponse(
        status.result,
        status.result.toolCalls.length === 0 ? { echo: {}, tools: [] } : await askedOf(deps, request, id),
      )
    case 'failed':
    case 'cancelled':
      return failedResponse(head, status.error)
  }
}

/**
 * RESPONSES-1: first what the reader has, for the state of its encoder, which leaves it out; then what follows, by the
 * rules of every reader that resumes.
 */
async function* behind(running: RunningGeneration<Generation>, after: number): AsyncGenerator<AnswerEvent> {
  const position = after < 0 ? 0 : positionOfSequence(after)
  if (position > 0)
    for await (const event of running.events({ restarts: 'event', fromLog: position >= 1 })) {
      // The log is gone, and the result's own positions are below what the reader has.
      if (event.position > position || (event.type === 'done' && event.position < position)) break
      yield event
      if (event.type === 'done') return
      if (event.position === position) break
    }
  yield* running.events({ after: position, restarts: 'error' })
}

/** Throws HttpProblem. */
function startingAfter(given: unknown): number {
  if (given === undefined) return -1
  const sequence = typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN
  if (Number.isSafeInteger(sequence)) return sequence
  throw new HttpProblem(400, 'invalid_request', 'starting_after is the sequence_number of an event')
}
