/**
 * Server-sent events from a body's bytes.
 *
 * S1 Chunk boundaries mean nothing: not to lines, not to characters, not to a CR LF pair.
 * S2 An event is given out when it is whole. At a whole body's end a last event that lacks its blank line
 *    counts as whole; at a cut it doesn't, for its data may be cut as well.
 * S3 Bytes that are not UTF-8 may have been words: the body counts as cut there.
 * S4 Whatever arrives is life: a comment, a blank line, a piece of an event.
 */
import { createEventParser } from '../providers/event-parser'
import { NOT_UTF8 } from './body'
import type { Exchange } from './exchange'
import type { StreamItem } from './types'

/**
 * How long the end of a body may take after its reader has seen all it wants (the usual case: the last
 * chunk's few bytes, right behind the end marker). A new TLS connection costs about as much.
 */
const DRAIN_MS = 250

/** The events of a response's chunks, then one `end`. */
export async function* readEvents(
  exchange: Exchange,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<StreamItem> {
  const parser = createEventParser()
  // It also drops a byte order mark, which the parser takes for a part of the first field's name.
  const decoder = new TextDecoder('utf-8', { fatal: true })

  try {
    for await (const chunk of chunks) {
      exchange.sawLife() // S4
      const text = decoded(exchange, () => decoder.decode(chunk, { stream: true }))
      if (text === null) break
      for (const event of parser.feed(text)) yield { type: 'event', event }
    }
    const rest = exchange.failure() === null ? decoded(exchange, () => decoder.decode()) : null
    if (rest !== null) for (const event of parser.feed(`${rest}\n\n`)) yield { type: 'event', event }
    yield { type: 'end', error: exchange.failure() }
  } finally {
    exchange.drain(DRAIN_MS)
  }
}

/** S3 */
function decoded(exchange: Exchange, decode: () => string): string | null {
  try {
    return decode()
  } catch {
    exchange.stop(NOT_UTF8)
    return null
  }
}
