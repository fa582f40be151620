/** `POST /v1/chat/completions`, as OpenAI's clients speak it. */
export { type ChatChunk, createChatChunks } from './chunks'
export { chatCompletion } from './completion'
export { chatError } from './error'
export { bodySchema as chatBodySchema, type ChatAsked, parseChatRequest } from './request'
