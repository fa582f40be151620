/** AWS Bedrock's `Converse` and `ConverseStream`: one shape for all models there. How a call is signed is not said here. */
import { decodeFailure } from '../error-body'
import { createDecoder } from '../sse'
import type { WireFormat } from '../wire-format'
import { encode } from './encode'
import { createReader, decode } from './reader'

export const bedrock: WireFormat = {
  api: 'bedrock',
  encode,
  decode,
  decodeFailure,
  createStreamDecoder: () => createDecoder(createReader()),
}
