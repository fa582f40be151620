/**
 * Server-sent events from text that arrives in pieces, and all that real servers send beside them.
 *
 * EVENT-PARSER-1 No line is lost: one that is no field of the standard is given out as well. It may be a body
 *    without framing, an error in a field of its own (llama.cpp), or the rest of an event that a proxy has
 *    broken.
 */
import { createParser } from 'eventsource-parser'
import type { SseEvent } from './wire-format'

export interface EventParser {
  /** The events that `text` completes. */
  feed(text: string): SseEvent[]
}

/** A comment or an event without data: it says nothing but that the sender lives. */
const PING: SseEvent = { event: 'ping', data: '' }

export const createEventParser = (): EventParser => {
  const events: SseEvent[] = []
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ event: event ?? null, data }),
    onComment: () => events.push(PING),
    onError: ({ type, field, value, line }) => {
      if (type !== 'unknown-field' || line === undefined) return
      if (field === 'error' && value) events.push({ event: 'error', data: value })
      else events.push({ event: null, data: line, unframed: true })
    },
  })
  let begun = false
  return {
    feed(text) {
      // A byte order mark: the parser takes it for a part of the first field's name.
      parser.feed(begun ? text : text.replace(/^\ufeff/, ''))
      begun ||= text !== ''
      return events.splice(0)
    },
  }
}

/** Does a body begin like an event stream, whatever its content type says? `text`: at least up to its first letter. */
export const looksLikeEvents = (text: string): boolean =>
  /^[\s\ufeff]*(?::|(?:data|event|id|retry|error) ?:)/.test(text)
