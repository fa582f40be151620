/**
 * How the bytes of a streamed answer become events: by its content type, which says how it is framed, whatever wire
 * format was requested. Server-sent events, and AWS's binary frames.
 */
import { createEventParser } from '../formats/outbound/event-parser'
import type { BodyParser } from '../formats/outbound/wire-format'
import { NOT_UTF8 } from './body'

/**
 * HTTP-SSE-1 Chunk boundaries mean nothing: not to lines, not to characters, not to a CR LF pair.
 * HTTP-SSE-2 An event is given out when it is whole. At a whole body's end a last event that lacks its blank
 *    line counts as whole; at a cut it doesn't, for its data may be cut as well.
 * HTTP-SSE-3 Bytes that are not UTF-8 may have been words: the body counts as cut there.
 */
export function createSseParser(): BodyParser {
  const parser = createEventParser()
  // It also drops a byte order mark, which the parser takes for a part of the first field's name.
  const decoder = new TextDecoder('utf-8', { fatal: true })
  /** HTTP-SSE-3 */
  const textOf = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch {
      throw new Error(NOT_UTF8.message)
    }
  }
  return {
    feed: (chunk) => parser.feed(textOf(chunk)),
    end: () => parser.feed(`${textOf()}\n\n`),
  }
}

/** By media type. AWS's codec is loaded by the first answer that needs it. */
const PARSERS: { readonly [mediaType: string]: () => Promise<BodyParser> } = {
  'text/event-stream': async () => createSseParser(),
  'application/vnd.amazon.eventstream': async () =>
    (await import('../formats/outbound/bedrock/frames')).createFrameParser(),
}

/** null: by its content type it is no stream of events. */
export async function bodyParserOf(contentType = ''): Promise<BodyParser | null> {
  const [mediaType = ''] = contentType
    .trim()
    .toLowerCase()
    .split(/[;,\s]/, 1)
  return Object.hasOwn(PARSERS, mediaType) ? ((await PARSERS[mediaType]?.()) ?? null) : null
}
