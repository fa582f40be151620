/** `POST /v1/chat/completions` and `POST /v1/messages`: one generation, answered whole or as a stream. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { HoldfastError } from '../client'
import { untilCut } from './exchange'
import { errorEvent, FORMATS, type Format, type Spoken } from './formats'
import type { Gate } from './gate'
import { answerHeaders } from './headers'
import type { GenerationMeter } from './metrics'
import { goingAway } from './problems'
import { relay } from './relay'
import { idempotencyKey, lastEventId, noResume } from './request-headers'

export function registerAnswers(app: FastifyInstance, gate: Gate): void {
  for (const format of FORMATS)
    app.post(format.path, async (request, reply) => {
      const spoken = format.read(request.body)
      const { exchange } = request
      const meter = gate.metrics.generation(spoken.asked.request.route, exchange.arrivedAt)
      return counted(meter, () => answer({ gate, format, spoken, request, reply, meter }))
    })
}

interface Answering {
  gate: Gate
  format: Format
  spoken: Spoken
  request: FastifyRequest
  reply: FastifyReply
  meter: GenerationMeter
}

async function answer({ gate, format, spoken, request, reply, meter }: Answering): Promise<unknown> {
  const { asked } = spoken
  const { exchange, headers } = request
  const key = idempotencyKey(headers)
  const after = lastEventId(headers)
  if (after > 0 && !(format.resumes && asked.stream && key !== undefined)) throw noResume()
  const holdfast = await gate.clientOf(exchange.tenant)
  const running = await holdfast.open({
    ...asked.request,
    stream: asked.stream,
    signal: exchange.signal,
    idempotencyKey: key,
  })
  const { id } = running
  exchange.generationId = id
  if (!asked.stream) {
    const result = await untilCut(running.result(), exchange.cut, () => goingAway(id))
    meter.answered(result)
    return reply.headers(answerHeaders(result)).send(spoken.body(result))
  }
  await relay({
    events: running.events({ after, restarts: asked.restarts }),
    format: spoken.stream(id, exchange.arrivedAt),
    errorEvent: (error) => errorEvent(error, format.dialect),
    onFault: gate.onFault,
    tellsInside: () => false,
    id,
    durable: running.durable !== false,
    exchange,
    reply,
    limits: gate.limits,
    meter,
  })
  return reply
}

/** Errors that a status tells are counted here; the relay counts those inside a stream. */
async function counted<T>(meter: GenerationMeter, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof HoldfastError) meter.failed(error)
    throw error
  }
}
