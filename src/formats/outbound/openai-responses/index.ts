/** `/responses`: OpenAI's own, Azure OpenAI's, and all servers with the same API. Nothing is kept there: each call brings all it needs. */
import { embeddings } from '../embeddings'
import { decodeFailure } from '../error-body'
import { createDecoder } from '../sse'
import { tokenCount } from '../token-count'
import type { WireFormat } from '../wire-format'
import { encode } from './encode'
import { createReader, decode } from './reader'

/** `InputTokenCountParams` of openai 6.49.0 (read on 2026-11-28). */
const COUNTED = [
  'model',
  'input',
  'instructions',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'reasoning',
  'text',
  'truncation',
]

export const openaiResponses: WireFormat = {
  api: 'openai-responses',
  background: {
    events: (id) => `/responses/${encodeURIComponent(id)}?stream=true`,
    cancel: (id) => `/responses/${encodeURIComponent(id)}/cancel`,
  },
  encode,
  embed: embeddings,
  count: tokenCount('/responses/input_tokens', COUNTED, encode),
  decode,
  decodeFailure,
  createStreamDecoder: () => createDecoder(createReader()),
}
