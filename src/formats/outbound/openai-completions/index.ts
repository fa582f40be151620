/** `/completions`: plain text on from a prompt. Together, vLLM, Ollama, OpenAI's instruct models. */
import { embeddings } from '../embeddings'
import { decodeFailure } from '../error-body'
import { createDecoders } from '../openai-chat/decode'
import type { WireFormat } from '../wire-format'
import { encode } from './encode'
import { createReader } from './reader'

export const openaiCompletions: WireFormat = {
  api: 'openai-completions',
  encode,
  embed: embeddings,
  decodeFailure,
  ...createDecoders(createReader),
}
