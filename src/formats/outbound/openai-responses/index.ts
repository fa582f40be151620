/** `/responses`: OpenAI's own, Azure OpenAI's, and all servers with the same API. Nothing is kept there: each call brings all it needs. */
import { decodeFailure } from '../error-body'
import { createDecoder } from '../sse'
import type { WireFormat } from '../wire-format'
import { encode } from './encode'
import { createReader, decode } from './reader'

export const openaiResponses: WireFormat = {
  api: 'openai-responses',
  background: {
    events: (id) => `/responses/${encodeURIComponent(id)}?stream=true`,
    cancel: (id) => `/responses/${encodeURIComponent(id)}/cancel`,
  },
  encode,
  decode,
  decodeFailure,
  createStreamDecoder: () => createDecoder(createReader()),
}
