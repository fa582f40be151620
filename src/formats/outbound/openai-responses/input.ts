/** Our messages as items, in their order: what was said, called and returned. */
import type { JsonObject, JsonValue } from '../../../domain/request/json'
import { opaqueOf, type Piece, piecesOf } from '../../../domain/request/opaque'
import type { AssistantMessage, Message, ToolMessage, UserPart } from '../../../domain/request/request'
import { foreignBlock } from '../foreign'
import { mediaTypeOf, withoutNothing } from '../repair'
import { isSealed } from './blocks'

const encodePart = (part: UserPart): JsonObject => {
  // What has no word is refused before (foreignFault).
  if (part.type === 'foreign') return foreignBlock(part, 'openai-responses') ?? part.block
  if (part.type === 'text') return { type: 'input_text', text: part.text }
  const url = 'url' in part ? part.url : `data:${mediaTypeOf(part.mediaType, part.data)};base64,${part.data}`
  return { type: 'input_image', image_url: url, detail: 'auto' }
}

const encodeContent = (content: string | UserPart[]): JsonValue =>
  typeof content === 'string' ? content : content.map(encodePart)

/** There is no field for a tool's failure: the result itself has to say it. */
const resultOf = ({ content, isError }: ToolMessage): JsonValue => {
  if (!isError) return encodeContent(content)
  if (typeof content === 'string') return `Error: ${content}`
  return [{ type: 'input_text', text: 'Error:' }, ...content.map(encodePart)]
}

function encodePiece(piece: Piece): JsonObject[] {
  switch (piece.type) {
    case 'opaque':
      return [piece.block.block]
    case 'text':
      return piece.text.trim() === '' ? [] : [{ role: 'assistant', content: piece.text }]
    case 'toolCall': {
      const { id, name, arguments: args } = piece.toolCall
      return [{ type: 'function_call', call_id: id, name, arguments: JSON.stringify(args) }]
    }
  }
}

function assistantItems(message: AssistantMessage): JsonObject[] {
  const { content: text, toolCalls } = message
  const pieces = piecesOf({ text, toolCalls, opaque: opaqueOf(message).filter(isSealed) })
  // A thought that nothing follows is refused there.
  const end = pieces.findLastIndex((piece) => piece.type !== 'opaque' && encodePiece(piece).length > 0)
  return pieces.slice(0, end + 1).flatMap(encodePiece)
}

const itemsOf = (message: Message): JsonObject[] => {
  switch (message.role) {
    case 'system':
      return [{ role: 'system', content: message.content }]
    case 'user':
      return [{ role: 'user', content: encodeContent(message.content) }]
    case 'assistant':
      return assistantItems(message)
    case 'tool':
      return [{ type: 'function_call_output', call_id: message.toolCallId, output: resultOf(message) }]
  }
}

/** Nothing that says anything is left out. */
export const encodeInput = (messages: readonly Message[]): JsonValue[] =>
  withoutNothing(messages).flatMap(itemsOf)
