/** `/chat/completions`: OpenAI, Azure OpenAI, Together, OpenRouter, vLLM, Ollama and all servers with the same API. */
import { embeddings } from '../embeddings'
import { decodeFailure } from '../error-body'
import type { WireFormat } from '../wire-format'
import { createDecoders } from './decode'
import { encode } from './encode'
import { createReader } from './reader'

export const openaiChat: WireFormat = {
  api: 'openai-chat',
  encode,
  embed: embeddings,
  decodeFailure,
  ...createDecoders(createReader),
}
