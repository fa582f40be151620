/** Anthropic's `/messages`. */
import { decodeFailure } from '../error-body'
import type { WireFormat } from '../wire-format'
import { createStreamDecoder, decode } from './decode'
import { encode } from './encode'

export const anthropicMessages: WireFormat = {
  api: 'anthropic-messages',
  encode,
  decode,
  decodeFailure,
  createStreamDecoder,
}
