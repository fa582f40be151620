import type { JsonObject, JsonValue } from '../../../domain/request/json'
import type { Cacheable, Message, ToolCall, ToolMessage, UserPart } from '../../../domain/request/request'
import { foreignBlock } from '../foreign'
import { compact } from '../json'
import { mediaTypeOf, withoutNothing } from '../repair'

/** What is said beside the messages themselves. */
export interface Beside {
  /** Of these messages the thoughts are sent along. */
  thoughts: ReadonlySet<Message>
  /** Are marks for the prompt cache sent along? Only texts have a place for them. */
  marks: boolean
}

const textPart = (text: string, { cacheControl }: Cacheable, { marks }: Beside): JsonObject =>
  compact({ type: 'text', text, cache_control: marks ? cacheControl : undefined })

const encodePart = (part: UserPart, beside: Beside): JsonObject => {
  // What has no word is refused before (foreignFault).
  if (part.type === 'foreign') return foreignBlock(part, 'openai-chat') ?? part.block
  if (part.type === 'text') return textPart(part.text, part, beside)
  const url = 'url' in part ? part.url : `data:${mediaTypeOf(part.mediaType, part.data)};base64,${part.data}`
  return { type: 'image_url', image_url: { url } }
}

const encodeToolCall = ({ id, name, arguments: args }: ToolCall): JsonObject => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(args) },
})

/** There is no field for a tool's failure: the text itself has to say it. */
const toolResult = ({ content, isError }: ToolMessage): string => {
  const text = typeof content === 'string' ? content : textOf(content)
  return isError ? `Error: ${text}` : text
}

const textOf = (parts: readonly UserPart[]): string =>
  parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')

/** A tool's message takes text alone: its images follow the results in a message of the user's. */
const imagesOf = (messages: readonly Message[], from: number): UserPart[] => {
  const parts: UserPart[] = []
  for (let at = from; at >= 0; at -= 1) {
    const message = messages[at]
    if (message?.role !== 'tool') break
    const { content, toolCallId } = message
    const images = typeof content === 'string' ? [] : content.filter(({ type }) => type !== 'text')
    if (images.length > 0) parts.unshift({ type: 'text', text: `Returned by ${toolCallId}:` }, ...images)
  }
  return parts
}

/** One text, or a part where it has a mark that is sent. */
const encodeText = (text: string, own: Cacheable, beside: Beside): JsonValue =>
  beside.marks && own.cacheControl !== undefined && text !== '' ? [textPart(text, own, beside)] : text

const encodeMessage = (message: Message, beside: Beside): JsonObject => {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: encodeText(message.content, message, beside) }
    case 'user': {
      const { content } = message
      return {
        role: 'user',
        content: typeof content === 'string' ? content : content.map((part) => encodePart(part, beside)),
      }
    }
    case 'assistant': {
      const calls = message.toolCalls?.length ? message.toolCalls.map(encodeToolCall) : undefined
      return compact({
        role: 'assistant',
        content: calls && message.content === '' ? null : encodeText(message.content, message, beside),
        tool_calls: calls,
        reasoning_content: beside.thoughts.has(message) ? message.reasoning : undefined,
      })
    }
    case 'tool':
      return {
        role: 'tool',
        tool_call_id: message.toolCallId,
        content: encodeText(toolResult(message), message, beside),
      }
  }
}

/** Our messages in OpenAI's shape; nothing that says anything is left out. */
export const encodeMessages = (given: readonly Message[], beside: Beside): JsonValue[] => {
  const messages = withoutNothing(given)
  return messages.flatMap((message, at) => {
    const images = message.role === 'tool' && messages[at + 1]?.role !== 'tool' ? imagesOf(messages, at) : []
    const own = encodeMessage(message, beside)
    return images.length === 0 ? [own] : [own, encodeMessage({ role: 'user', content: images }, beside)]
  })
}
