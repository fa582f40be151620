/**
 * Server-sent events from a body's bytes.
 *
 * S1 Chunk boundaries mean nothing: not to lines, not to characters, not to a CR LF pair.
 * S2 An event is given out when it is whole. At a whole body's end a last event that lacks its blank line
 *    counts as whole; at a cut it doesn't, for its data may be cut as well.
 */
import { createParser } from 'eventsource-parser'
import type { SseEvent } from '../providers/wire-format'
import { chunksOf } from './body'
import type { Exchange, Head } from './exchange'
import type { StreamItem } from './types'

/**
 * How long the end of a body may take after its reader has seen all it wants (the usual case: the last
 * chunk's few bytes, right behind the end marker). A new TLS connection costs about as much.
 */
const DRAIN_MS = 250

/** The events of a response, then one `end`. */
export async function* readEvents(
  exchange: Exchange,
  head: Head,
  maxBytes: number,
): AsyncGenerator<StreamItem> {
  const events: SseEvent[] = []
  const parser = createParser({ onEvent: ({ event, data }) => events.push({ event: event ?? null, data }) })
  // It also drops a byte order mark, which the parser takes for a part of the first field's name.
  const decoder = new TextDecoder()

  try {
    for await (const chunk of chunksOf(exchange, head, maxBytes)) {
      parser.feed(decoder.decode(chunk, { stream: true }))
      for (const event of events.splice(0)) yield { type: 'event', event }
    }
    if (exchange.failure() === null) {
      parser.feed(`${decoder.decode()}\n\n`)
      for (const event of events.splice(0)) yield { type: 'event', event }
    }
    yield { type: 'end', error: exchange.failure() }
  } finally {
    exchange.drain(DRAIN_MS)
  }
}
