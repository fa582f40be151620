/** What callers say by header. */
import type { IncomingHttpHeaders } from 'node:http'
import { HttpProblem } from './problems'

export function idempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key']
  return typeof key === 'string' ? key : undefined
}

/** As `eventId` made it; without a run it is taken for one of the run that is there. */
const EVENT_ID = /^((?:0|[1-9]\d{0,15})(?:\.\d{1,20})?)(?:-([0-9a-f]{8}))?$/

/** What a reader of `run` sends back as `Last-Event-ID`: a failed generation that is started again is another run. */
export const eventId = (position: number, run: string | undefined): string =>
  run === undefined ? `${position}` : `${position}-${tagOf(run)}`

/** Run ids end in random digits. */
const tagOf = (run: string): string => run.slice(-8)

export interface Resumed {
  /** What the client has already; 0: nothing. */
  after: number
  run: string | null
}

/** Throws HttpProblem. */
export function lastEventId(headers: IncomingHttpHeaders): Resumed {
  const given = headers['last-event-id']
  if (given === undefined || given === '') return { after: 0, run: null }
  const [, position, run = null] = EVENT_ID.exec(String(given)) ?? []
  if (position !== undefined) return { after: Number(position), run }
  throw new HttpProblem(400, 'invalid_request', 'Last-Event-ID is none that this gateway sent')
}

/** Throws HttpProblem. */
export function requireSameRun(resumed: Resumed, run: string | undefined): void {
  if (resumed.run === null || run === undefined || resumed.run === tagOf(run)) return
  throw new HttpProblem(
    400,
    'invalid_request',
    'Last-Event-ID is of an earlier run of this generation, which ended without an answer: what was delivered of it is void. ' +
      'Send the request without it to get this run from its beginning',
  )
}

/** A new generation has no events that anybody could know. */
export const noResume = (): HttpProblem =>
  new HttpProblem(
    400,
    'invalid_request',
    'Last-Event-ID resumes a streamed chat completion that was started with an Idempotency-Key: send the same one again',
  )
