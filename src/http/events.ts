/**
 * The events of a body, as its bytes come.
 *
 * HTTP-EVENTS-1 Whatever arrives is life: a comment, a blank line, a piece of an event.
 * HTTP-EVENTS-2 Bytes that can't be read cut the body there. The events before them are given out.
 */
import type { BodyParser } from '../formats/outbound/wire-format'
import type { HttpCall } from './http-call'
import type { StreamItem } from './types'

/**
 * How long the end of a body may take after its reader has seen all it wants (the usual case: the last
 * chunk's few bytes, right behind the end marker). A new TLS connection costs about as much.
 */
const DRAIN_MS = 250

/** The events of a response's chunks, then one `end`. */
export async function* readEvents(
  call: HttpCall,
  chunks: AsyncIterable<Buffer>,
  parser: BodyParser,
): AsyncGenerator<StreamItem> {
  try {
    try {
      for await (const chunk of chunks) {
        call.sawLife() // HTTP-EVENTS-1
        for (const event of parser.feed(chunk)) yield { type: 'event', event }
      }
      if (call.failure() === null) for (const event of parser.end()) yield { type: 'event', event }
    } catch (error) {
      // HTTP-EVENTS-2
      call.stop({ kind: 'cut', message: (error as Error).message, tokensFlowing: false })
    }
    yield { type: 'end', error: call.failure() }
  } finally {
    call.drain(DRAIN_MS)
  }
}
