/** `POST /v1/chat/completions` and `POST /v1/messages`: one generation, answered whole or as a stream. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Generation, HoldfastError, type RunningGeneration } from '../client'
import { goesOn, untilCut } from './exchange'
import { errorEvent, FORMATS, type Format, type Spoken } from './formats'
import type { Gate } from './gate'
import { answerHeaders } from './headers'
import type { GenerationMeter } from './metrics'
import { goingAway, tooManyWaiters } from './problems'
import { relay } from './relay'
import { idempotencyKey, lastEventId, noResume, requireSameRun } from './request-headers'

export function registerAnswers(app: FastifyInstance, gate: Gate): void {
  for (const format of FORMATS)
    app.post(format.path, async (request, reply) => {
      const spoken = format.read(request.body, request.headers)
      const { exchange } = request
      const meter = gate.metrics.generation(spoken.asked.request.route, exchange.arrivedAt)
      let running: RunningGeneration<Generation> | null = null
      try {
        running = await open(gate, format, spoken, request)
        return await answer({ gate, format, spoken, request, reply, meter, running })
      } catch (error) {
        // Those that a status tells; the relay counts those inside a stream.
        const ended = running === null || !goesOn(exchange, running.shared)
        if (ended && error instanceof HoldfastError) meter.failed(error)
        throw error
      }
    })
}

interface Answering {
  gate: Gate
  format: Format
  spoken: Spoken
  request: FastifyRequest
  reply: FastifyReply
  meter: GenerationMeter
  running: RunningGeneration<Generation>
}

async function open(
  gate: Gate,
  { resumes }: Format,
  { asked }: Spoken,
  { exchange, headers }: FastifyRequest,
): Promise<RunningGeneration<Generation>> {
  const key = idempotencyKey(headers)
  const resumed = lastEventId(headers)
  if (resumed.after > 0 && !(resumes && asked.stream && key !== undefined)) throw noResume()
  const holdfast = await gate.clientOf(exchange.tenant)
  const running = await holdfast.open(
    { ...asked.request, stream: asked.stream, signal: exchange.signal, idempotencyKey: key },
    resumed.after > 0 ? { resumes: true } : {},
  )
  gate.exchanges.received(exchange)
  requireSameRun(resumed, running.run)
  exchange.generationId = running.id
  const { waitersPerGeneration } = gate.limits
  if (!gate.exchanges.waitsFor(exchange, running.id, waitersPerGeneration))
    throw tooManyWaiters(waitersPerGeneration)
  return running
}

async function answer({ gate, format, spoken, request, reply, meter, running }: Answering): Promise<unknown> {
  const { asked } = spoken
  const { exchange, headers } = request
  const { id, shared } = running
  const durable = running.durable !== false
  if (!asked.stream) {
    const result = await untilCut(running.result(), exchange.cut, () => goingAway(id, durable))
    meter.answered(result)
    return reply.headers(answerHeaders(result)).send(spoken.body(result))
  }
  await relay({
    events: running.events({ after: lastEventId(headers).after, restarts: asked.restarts }),
    format: spoken.stream(id, exchange.arrivedAt, running.run),
    errorEvent: (error) => errorEvent(error, format.dialect),
    onFault: gate.onFault,
    tellsInside: () => false,
    id,
    durable,
    shared,
    exchange,
    reply,
    limits: gate.limits,
    meter,
  })
  return reply
}
