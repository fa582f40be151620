/**
 * Server-sent events from a body's bytes.
 *
 * HTTP-SSE-1 Chunk boundaries mean nothing: not to lines, not to characters, not to a CR LF pair.
 * HTTP-SSE-2 An event is given out when it is whole. At a whole body's end a last event that lacks its blank
 *    line counts as whole; at a cut it doesn't, for its data may be cut as well.
 * HTTP-SSE-3 Bytes that are not UTF-8 may have been words: the body counts as cut there.
 * HTTP-SSE-4 Whatever arrives is life: a comment, a blank line, a piece of an event.
 */
import { createEventParser } from '../formats/outbound/event-parser'
import { NOT_UTF8 } from './body'
import type { HttpCall } from './http-call'
import type { StreamItem } from './types'

/**
 * How long the end of a body may take after its reader has seen all it wants (the usual case: the last
 * chunk's few bytes, right behind the end marker). A new TLS connection costs about as much.
 */
const DRAIN_MS = 250

/** The events of a response's chunks, then one `end`. */
export async function* readEvents(call: HttpCall, chunks: AsyncIterable<Buffer>): AsyncGenerator<StreamItem> {
  const parser = createEventParser()
  // It also drops a byte order mark, which the parser takes for a part of the first field's name.
  const decoder = new TextDecoder('utf-8', { fatal: true })

  try {
    for await (const chunk of chunks) {
      call.sawLife() // HTTP-SSE-4
      const text = decoded(call, () => decoder.decode(chunk, { stream: true }))
      if (text === null) break
      for (const event of parser.feed(text)) yield { type: 'event', event }
    }
    const rest = call.failure() === null ? decoded(call, () => decoder.decode()) : null
    if (rest !== null) for (const event of parser.feed(`${rest}\n\n`)) yield { type: 'event', event }
    yield { type: 'end', error: call.failure() }
  } finally {
    call.drain(DRAIN_MS)
  }
}

/** HTTP-SSE-3 */
function decoded(call: HttpCall, decode: () => string): string | null {
  try {
    return decode()
  } catch {
    call.stop(NOT_UTF8)
    return null
  }
}
