/** Gemini's own `generateContent` and `streamGenerateContent`: Google AI, Vertex, and servers with the same API. */
import { decodeFailure } from '../error-body'
import { createDecoder } from '../sse'
import type { WireFormat } from '../wire-format'
import { encode } from './encode'
import { createReader, decode } from './reader'

export const gemini: WireFormat = {
  api: 'gemini',
  encode,
  decode,
  decodeFailure,
  createStreamDecoder: () => createDecoder(createReader()),
}
