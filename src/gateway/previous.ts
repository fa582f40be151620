/**
 * A request that goes on from an earlier response: its messages come from that generation's history, as long as the namespace
 * keeps it. Another tenant's generation can't be distinguished from one that never was.
 */
import { type Generation, HoldfastError } from '../client'
import type { InternalHoldfast } from '../client/internal'
import type { GenerationStatus } from '../client/status'
import { continuedFrom } from '../formats/inbound'
import { inTime } from '../util/async'
import type { GatewayDeps } from './deps'
import type { DialectRequest } from './formats'
import { HttpProblem, lacksScope } from './problems'
import type { RequestContext } from './request-context'

export async function withPrevious(
  deps: GatewayDeps,
  request: DialectRequest,
  context: RequestContext,
): Promise<DialectRequest> {
  const { previous: id, parsed } = request
  if (id === undefined) return request
  // What was said there would come back with the answer.
  if (context.grant !== null && !context.grant.scopes.has('read')) throw lacksScope(['read'])
  const holdfast = await deps.clientOf(context)
  const [earlier, status] = await Promise.all([holdfast.request(id), holdfast.status(id)]).catch((error) => {
    throw isUnknown(error) ? notFound(id) : error
  })
  if (earlier.task !== undefined) throw withoutAnswer(id, 'vectors and counts are no words')
  const answer = await answerOf(holdfast, id, status)
  const messages = continuedFrom(earlier.messages, answer, parsed.request.messages)
  return { ...request, parsed: { ...parsed, request: { ...parsed.request, messages } } }
}

/** A caller has an answer by the delivery log before Temporal has it, and may go on from it at once. */
const ANSWER_LIMIT_MS = 2_000

async function answerOf(
  holdfast: InternalHoldfast,
  id: string,
  status: GenerationStatus,
): Promise<Pick<Generation, 'text' | 'toolCalls' | 'opaque'>> {
  if (status.state === 'answered') return status.result
  if (status.state !== 'running') throw withoutAnswer(id, status.error.message)
  const waiting = new AbortController()
  try {
    const running = await holdfast.find(id, { signal: waiting.signal })
    return await inTime(ANSWER_LIMIT_MS, running.result())
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw stillRunning(id)
    throw error.kind === 'unavailable' ? error : withoutAnswer(id, error.message)
  } finally {
    waiting.abort()
  }
}

const isUnknown = (error: unknown): boolean => error instanceof HoldfastError && error.kind === 'not_found'

const notFound = (id: string): HttpProblem =>
  new HttpProblem(
    404,
    'previous_response_not_found',
    `previous_response_id: there is no response ${id}, or the namespace's retention has passed: send the whole conversation as input`,
  )

/** OpenAI's clients try a conflict again by themselves. */
const stillRunning = (id: string): HttpProblem =>
  new HttpProblem(
    409,
    'previous_response_in_progress',
    `previous_response_id: ${id} has no answer yet: wait for it, or cancel it`,
    { 'retry-after': '1' },
  )

const withoutAnswer = (id: string, why: string): HttpProblem =>
  new HttpProblem(
    400,
    'previous_response_failed',
    `previous_response_id: ${id} has ended without an answer to go on from: ${why}`,
  )
