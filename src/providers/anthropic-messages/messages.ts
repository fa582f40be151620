/**
 * Our messages in Anthropic's shape: the system prompt stands beside the messages, and turns alternate, so
 * that tool results and what the user says after them are one turn. Nothing that says anything is left out.
 */
import type { JsonObject, JsonValue } from '../../domain/json'
import type { Message, UserPart } from '../../domain/request'
import { compact } from '../json'
import { ANTHROPIC_IDS, mediaTypeOf, withIds, withoutNothing } from '../repair'

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+);base64,(.*)$/s

const imageSource = (part: Extract<UserPart, { type: 'image' }>): JsonObject => {
  if ('data' in part) return { type: 'base64', media_type: mediaTypeOf(part.mediaType), data: part.data }
  const inline = DATA_URL.exec(part.url)
  // Anthropic fetches http(s) only; a data URL is the same bytes in another place.
  return inline?.[1] && inline[2]
    ? { type: 'base64', media_type: mediaTypeOf(inline[1]), data: inline[2] }
    : { type: 'url', url: part.url }
}

const textBlock = (text: string): JsonObject => ({ type: 'text', text })

const encodePart = (part: UserPart): JsonObject =>
  part.type === 'text' ? textBlock(part.text) : { type: 'image', source: imageSource(part) }

/** An empty text block is refused there, also in a result. */
const resultOf = (content: string | UserPart[]): JsonValue =>
  typeof content === 'string'
    ? content
    : content.filter((part) => part.type !== 'text' || part.text.trim() !== '').map(encodePart)

interface Turn {
  role: 'user' | 'assistant'
  content: JsonObject[]
}

const turnOf = (message: Exclude<Message, { role: 'system' }>): Turn => {
  switch (message.role) {
    case 'user': {
      const { content } = message
      return {
        role: 'user',
        content: typeof content === 'string' ? [textBlock(content)] : content.map(encodePart),
      }
    }
    case 'assistant': {
      const calls = (message.toolCalls ?? []).map(
        ({ id, name, arguments: input }): JsonObject => ({ type: 'tool_use', id, name, input }),
      )
      // An empty text block is refused there.
      const text = message.content.trim() === '' && calls.length > 0 ? [] : [textBlock(message.content)]
      return { role: 'assistant', content: [...text, ...calls] }
    }
    case 'tool':
      return {
        role: 'user',
        content: [
          compact({
            type: 'tool_result',
            tool_use_id: message.toolCallId,
            content: resultOf(message.content),
            is_error: message.isError || undefined,
          }),
        ],
      }
  }
}

/** A lone text block is written as plain text. */
const encodeTurn = ({ role, content }: Turn): JsonObject => {
  const only = content.length === 1 ? content[0] : undefined
  return { role, content: only?.type === 'text' && typeof only.text === 'string' ? only.text : content }
}

export const encodeMessages = (
  given: readonly Message[],
): { system: string | undefined; messages: JsonValue[] } => {
  const messages = withIds(withoutNothing(given), ANTHROPIC_IDS)
  const system: string[] = []
  const turns: Turn[] = []
  for (const message of messages) {
    if (message.role === 'system') {
      system.push(message.content)
      continue
    }
    const turn = turnOf(message)
    const last = turns.at(-1)
    if (last?.role === turn.role) last.content.push(...turn.content)
    else turns.push(turn)
  }
  return { system: system.length > 0 ? system.join('\n\n') : undefined, messages: turns.map(encodeTurn) }
}
