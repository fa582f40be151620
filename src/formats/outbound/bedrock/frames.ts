/**
 * `application/vnd.amazon.eventstream`: binary frames, each with its length, headers, a payload and two checksums. A
 * frame becomes one event, whose data is `{"<name>":<payload>}`: the union of the official client's types.
 *
 * FRAMES-1 Chunk boundaries mean nothing.
 * FRAMES-2 A frame whose checksums do not fit, or that would be larger than MAX_FRAME_BYTES, cuts the body there: it may
 *    have carried words. Its length is believed only when the first checksum fits.
 * FRAMES-3 So does a part of a frame at the end of the body.
 */
import { Crc32 } from '@smithy/core/checksum'
import { EventStreamCodec, type MessageHeaders } from '@smithy/core/event-streams'
import type { BodyParser, SseEvent } from '../wire-format'

/** Total length, length of the headers, and the checksum of both. */
const PRELUDE_BYTES = 12
/** With the checksum of the whole behind an empty frame. */
const LEAST_FRAME_BYTES = 16
/** As large as a whole body may be. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : utf8.decode(bytes)),
  (text) => new TextEncoder().encode(text),
)

/** The length of the frame that begins here (FRAMES-2). */
function frameLength(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PRELUDE_BYTES)
  const crc = new Crc32()
  crc.update(bytes.subarray(0, 8))
  if (crc.digestSync() !== view.getUint32(8)) throw new Error('a frame of the event stream is broken')
  const length = view.getUint32(0)
  if (length < LEAST_FRAME_BYTES || length > MAX_FRAME_BYTES)
    throw new Error(`a frame of the event stream has ${length} bytes`)
  return length
}

const header = (headers: MessageHeaders, name: string): string => String(headers[name]?.value ?? '')

/** Where the name of each type of message stands. */
const NAMES: { readonly [messageType: string]: string } = {
  event: ':event-type',
  exception: ':exception-type',
}

function eventOf(frame: Uint8Array): SseEvent {
  const { headers, body } = codec.decode(frame)
  const named = NAMES[header(headers, ':message-type')]
  if (named === undefined) {
    const error = { code: header(headers, ':error-code'), message: header(headers, ':error-message') }
    return { event: 'error', data: JSON.stringify({ error }) }
  }
  const name = header(headers, named)
  return { event: name, data: `{${JSON.stringify(name)}:${utf8.decode(body) || '{}'}}` }
}

export const createFrameParser = (): BodyParser => {
  /** What has come of the frame that is not whole yet. */
  let held: Uint8Array[] = []
  let heldBytes = 0
  let wantedBytes = PRELUDE_BYTES

  return {
    *feed(chunk) {
      held.push(chunk)
      heldBytes += chunk.length
      if (heldBytes < wantedBytes) return
      let rest = held.length === 1 ? chunk : Buffer.concat(held)
      held = []
      heldBytes = 0
      for (;;) {
        wantedBytes = rest.length < PRELUDE_BYTES ? PRELUDE_BYTES : frameLength(rest)
        if (rest.length < wantedBytes) break
        yield eventOf(rest.subarray(0, wantedBytes))
        rest = rest.subarray(wantedBytes)
      }
      if (rest.length > 0) held = [rest]
      heldBytes = rest.length
    },
    // FRAMES-3
    end() {
      if (heldBytes > 0) throw new Error('the event stream ended within a frame')
      return []
    },
  }
}
