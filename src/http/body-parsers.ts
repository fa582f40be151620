/**
 * How the bytes of a streamed answer become events: by its content type, which says how it is framed, whatever wire
 * format was requested. Server-sent events, and AWS's binary frames.
 */
import { isUtf8 } from 'node:buffer'
import { createEventParser } from '../formats/outbound/event-parser'
import type { BodyParser } from '../formats/outbound/wire-format'
import { NOT_UTF8 } from './body'

/**
 * HTTP-SSE-1 Chunk boundaries mean nothing: not to lines, not to characters, not to a CR LF pair.
 * HTTP-SSE-2 An event is given out when it is whole. At a whole body's end a last event that lacks its blank
 *    line counts as whole; at a cut it doesn't, for its data may be cut as well.
 * HTTP-SSE-3 Bytes that are not UTF-8 may have been words: the body counts as cut there. The events before them are
 *    given out, those of the same chunk too.
 */
export function createSseParser(): BodyParser {
  const parser = createEventParser()
  /** The beginning of a character whose rest is still to come. */
  let held: Uint8Array = new Uint8Array()
  return {
    *feed(chunk) {
      const bytes = Buffer.concat([held, chunk])
      const end = endOfWhole(bytes)
      held = Buffer.from(bytes.subarray(end))
      const whole = bytes.subarray(0, end)
      if (isUtf8(whole)) return yield* parser.feed(whole.toString())
      for (const line of linesOf(whole)) {
        if (!isUtf8(line)) throw new Error(NOT_UTF8.message)
        yield* parser.feed(line.toString())
      }
    },
    end() {
      if (held.length > 0) throw new Error(NOT_UTF8.message)
      return parser.feed('\n\n')
    },
  }
}

/** By its first byte, how many a character of UTF-8 has; 1: it begins none of several. */
const bytesOf = (first: number): number => (first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1)

/** Where the last character begins, where a part of it is missing. */
function endOfWhole(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const needed = bytesOf(bytes[bytes.length - back] ?? 0)
    if (needed > 1) return needed > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/** Each with what ends it. */
function* linesOf(bytes: Buffer): Generator<Buffer> {
  let from = 0
  for (const [at, byte] of bytes.entries())
    if (byte === 0x0a || byte === 0x0d) {
      yield bytes.subarray(from, at + 1)
      from = at + 1
    }
  yield bytes.subarray(from)
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
