/** `POST /v1/messages`, as Anthropic's clients send it. */
export { messagesError } from './error'
export { createMessageEvents, type MessagesEvent, PING } from './events'
export { messageBody } from './message'
export {
  bodySchema as messagesBodySchema,
  countBodySchema,
  type ParsedMessagesRequest,
  parseCountRequest,
  parseMessagesRequest,
} from './request'
