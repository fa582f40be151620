/** What callers say by header. */
import type { IncomingHttpHeaders } from 'node:http'
import { HttpProblem } from './problems'

export function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key']
  return typeof key === 'string' ? key : undefined
}

/** The position that the client has already; 0: none. Throws HttpProblem. */
export function lastEventId(headers: IncomingHttpHeaders): number {
  const given = headers['last-event-id']
  if (given === undefined || given === '') return 0
  const position = Number(given)
  if (Number.isFinite(position) && position >= 0) return position
  throw new HttpProblem(
    400,
    'invalid_request',
    'Last-Event-ID is none that this gateway sent: a position is a number',
  )
}

/** A new generation has no events that anybody could know. */
export const noResume = (): HttpProblem =>
  new HttpProblem(
    400,
    'invalid_request',
    'Last-Event-ID resumes a streamed chat completion that was asked for with an Idempotency-Key: send the same one again',
  )
