/** The gateway's dialects: HTTP bodies of OpenAI's and Anthropic's shape <-> our types. Pure, no I/O. */
export {
  countBodySchema,
  createMessageEvents,
  type MessagesEvent,
  messageBody,
  messagesBodySchema,
  messagesError,
  type ParsedMessagesRequest,
  PING,
  parseCountRequest,
  parseMessagesRequest,
} from './anthropic-messages'
export { metadataField } from './body'
export { listOf, type ModelEntry, modelEntry, modelList } from './models'
export {
  type ChatChunk,
  chatBodySchema,
  chatCompletion,
  chatError,
  createChatChunks,
  type ParsedChatRequest,
  parseChatRequest,
} from './openai-chat'
export {
  bodySchema as embeddingsBodySchema,
  embeddingsBody,
  type ParsedEmbeddingsRequest,
  parseEmbeddingsRequest,
} from './openai-embeddings'
export {
  type Asked,
  answeredResponse,
  continuedFrom,
  createResponseEvents,
  failedResponse,
  generationIdOf,
  type ParsedResponsesRequest,
  parseResponsesRequest,
  positionOfSequence,
  type ResponsesEvent,
  responsesBodySchema,
  runningResponse,
} from './openai-responses'
export { SSE_COMMENT, SSE_DONE, sseData, sseTyped } from './sse'
export type { AnswerEvent, Answered, ErrorResponse, FormatRequest, ParsedRequest } from './types'
