/** Anthropic's `/messages`. */
import { decodeFailure } from '../error-body'
import { tokenCount } from '../token-count'
import type { WireFormat } from '../wire-format'
import { createStreamDecoder, decode } from './decode'
import { encode } from './encode'

/** `MessageCountTokensParams` of @anthropic-ai/sdk 1.12.0, and `context_management` of its beta (read on 2026-11-28). */
const COUNTED = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'speed',
  'context_management',
]

export const anthropicMessages: WireFormat = {
  api: 'anthropic-messages',
  encode,
  count: tokenCount('/messages/count_tokens', COUNTED, encode),
  decode,
  decodeFailure,
  createStreamDecoder,
}
