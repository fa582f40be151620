/** The gateway's dialects: HTTP bodies of OpenAI's and Anthropic's shape <-> our types. Pure, no I/O. */
export {
  createMessageEvents,
  type MessagesAsked,
  type MessagesEvent,
  messageBody,
  messagesBodySchema,
  messagesError,
  PING,
  parseMessagesRequest,
} from './anthropic-messages'
export { type ModelEntry, modelEntry, modelList } from './models'
export {
  type ChatAsked,
  type ChatChunk,
  chatBodySchema,
  chatCompletion,
  chatError,
  createChatChunks,
  parseChatRequest,
} from './openai-chat'
export { SSE_COMMENT, SSE_DONE, sseData, sseTyped } from './sse'
export type { AnswerEvent, Answered, ErrorResponse, FormatRequest, ParsedRequest } from './types'
