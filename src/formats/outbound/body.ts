/** Whole bodies: parsed, checked for an embedded error, turned into the same events as a stream. */

import type { Failure } from '../../domain/failures/failure'
import { failed, type Outcome } from '../../domain/failures/outcome'
import { answerOf } from '../../domain/streaming/accumulate'
import type { Answer, StreamEvent } from '../../domain/streaming/answer'
import { embeddedFailure } from './error-body'
import { createEventParser, looksLikeEvents } from './event-parser'
import { parseJson } from './json'
import { createDecoder, type EventReader } from './sse'

const badResponse = (message: string): Outcome<never> => failed({ class: 'bad_response', message })

/** What the text is, where it is no JSON; the text itself could repeat the prompt. */
const describe = (body: string): string => {
  if (body.trim() === '') return 'the body is empty'
  return /^\s*</.test(body) ? 'the body is HTML, not JSON' : 'the body is not whole JSON'
}

/** A stream that was not requested, or comments and an end marker around a JSON body. */
const holdsEvents = (body: string): boolean => looksLikeEvents(body) || /[}\]]\s*\n\s*(?:data:|\{)/.test(body)

/** On the line of the body itself. */
const END_MARKER = /\s*data:\s*\[DONE\]\s*$/

const decodeEvents = (body: string, dialect: EventReader, mayBeEmpty: boolean): Outcome<Answer> => {
  const decoder = createDecoder(dialect)
  const events: StreamEvent[] = []
  for (const event of createEventParser().feed(`${body}\n\n`)) {
    const step = decoder.push(event)
    if (!step.ok) return step
    events.push(...step.value)
  }
  const last = decoder.end()
  return last.ok ? answerOf([...events, ...last.value], mayBeEmpty) : last
}

/**
 * `read` turns a parsed body into events, into a failure that it reports, or null where it has another shape.
 */
export const decodeBody = (
  body: string,
  createReader: () => EventReader,
  read: (value: unknown) => StreamEvent[] | Failure | null,
  mayBeEmpty = false,
): Outcome<Answer> => {
  const value = parseJson(body) ?? parseJson(body.replace(END_MARKER, ''))
  if (value === undefined)
    return holdsEvents(body) ? decodeEvents(body, createReader(), mayBeEmpty) : badResponse(describe(body))
  const embedded = embeddedFailure(value)
  if (embedded !== null) return failed(embedded)
  const events = read(value)
  if (events === null) return badResponse('the body has none of the shapes of an answer')
  return Array.isArray(events) ? answerOf(events, mayBeEmpty) : failed(events)
}
