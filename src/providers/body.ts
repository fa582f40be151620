/** Whole bodies: parsed, checked for an embedded error, turned into the same events as a stream. */
import { answerOf } from '../domain/accumulate'
import type { Answer, StreamEvent } from '../domain/answer'
import type { Failure } from '../domain/failure'
import { failed, type Outcome } from '../domain/outcome'
import { embeddedFailure } from './error-body'
import { parseJson } from './json'

const badResponse = (message: string): Outcome<never> => failed({ class: 'bad_response', message })

/** What the text is, where it is no JSON; the text itself could repeat the prompt. */
const describe = (body: string): string => {
  if (body.trim() === '') return 'the body is empty'
  return /^\s*</.test(body) ? 'the body is HTML, not JSON' : 'the body is not whole JSON'
}

/**
 * `read` turns a parsed body into events, into a failure that it tells of, or null where it has another shape.
 */
export const decodeBody = (
  body: string,
  read: (value: unknown) => StreamEvent[] | Failure | null,
): Outcome<Answer> => {
  const value = parseJson(body)
  if (value === undefined) return badResponse(describe(body))
  const embedded = embeddedFailure(value)
  if (embedded !== null) return failed(embedded)
  const events = read(value)
  if (events === null) return badResponse('the body has none of the shapes of an answer')
  return Array.isArray(events) ? answerOf(events) : failed(events)
}
