/** `POST /v1/chat/completions`, as OpenAI's clients send it. */
export { type ChatChunk, createChatChunks } from './chunks'
export { chatCompletion } from './completion'
export { chatError } from './error'
export { bodySchema as chatBodySchema, type ParsedChatRequest, parseChatRequest } from './request'
