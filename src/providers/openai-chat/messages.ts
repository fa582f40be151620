import type { JsonObject, JsonValue } from '../../domain/json'
import type { Message, ToolCall, UserPart } from '../../domain/request'
import { compact } from '../json'

const encodePart = (part: UserPart): JsonObject => {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const url = 'url' in part ? part.url : `data:${part.mediaType};base64,${part.data}`
  return { type: 'image_url', image_url: { url } }
}

const encodeToolCall = ({ id, name, arguments: args }: ToolCall): JsonObject => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(args) },
})

/** There is no field for a tool's failure: the text itself has to say it. */
const toolResult = (content: string, isError: boolean | undefined): string =>
  isError ? `Error: ${content}` : content

const encodeMessage = (message: Message): JsonObject => {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content }
    case 'user': {
      const { content } = message
      return { role: 'user', content: typeof content === 'string' ? content : content.map(encodePart) }
    }
    case 'assistant': {
      const calls = message.toolCalls?.length ? message.toolCalls.map(encodeToolCall) : undefined
      return compact({
        role: 'assistant',
        content: calls && message.content === '' ? null : message.content,
        tool_calls: calls,
      })
    }
    case 'tool':
      return {
        role: 'tool',
        tool_call_id: message.toolCallId,
        content: toolResult(message.content, message.isError),
      }
  }
}

/** Our messages in OpenAI's shape; nothing is left out. */
export const encodeMessages = (messages: readonly Message[]): JsonValue[] => messages.map(encodeMessage)
