/** What is asked of a generation by its id. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Generation, HoldfastError } from '../client'
import type { RunningGeneration } from '../client/running'
import type { AnswerEvent } from '../formats/inbound'
import type { GatewayDeps } from './deps'
import type { StreamFormat } from './formats'
import { streamMeter } from './metrics'
import { HttpProblem } from './problems'
import { relay } from './relay'

/** A generation that does not exist, or is another tenant's, is a 404. */
export async function known<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const unknown = error instanceof HoldfastError && error.kind === 'not_found'
    throw unknown ? new HttpProblem(404, 'generation_not_found', error.message) : error
  }
}

/** A client that listens wants to know soon that it does. */
const HOLD_MS = 1_000

export interface Followed {
  events: AsyncIterable<AnswerEvent>
  format: StreamFormat
}

/** Its events, from whichever gateway; it goes on when the client goes away. */
export async function followById(
  deps: GatewayDeps,
  { requestContext }: FastifyRequest,
  reply: FastifyReply,
  id: string,
  followed: (running: RunningGeneration<Generation>) => Followed,
): Promise<FastifyReply> {
  const holdfast = await deps.clientOf(requestContext)
  const { events, format } = followed(await known(holdfast.find(id, { signal: requestContext.signal })))
  await known(
    relay({
      events,
      format,
      onFault: deps.onFault,
      // The request is for how it ended; that it is not there is an error.
      inBand: ({ accepted }) => accepted === true,
      id,
      durable: true,
      shared: true,
      context: requestContext,
      reply,
      limits: { ...deps.limits, holdMs: Math.min(deps.limits.holdMs, HOLD_MS) },
      meter: streamMeter(deps.metrics, null, requestContext.arrivedAt),
    }),
  )
  return reply
}
