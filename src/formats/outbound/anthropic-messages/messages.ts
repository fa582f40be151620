/**
 * Our messages in Anthropic's shape: the system prompt stands beside the messages, and turns alternate, so
 * that tool results and what the user says after them are one turn. Nothing that says anything is left out.
 */
import type { JsonObject, JsonValue } from '../../../domain/request/json'
import { type Piece, piecesOf } from '../../../domain/request/opaque'
import type { Cacheable, Message, UserPart } from '../../../domain/request/request'
import { foreignBlock, foreignFault } from '../foreign'
import { compact } from '../json'
import { ANTHROPIC_IDS, mediaTypeOf, unpaired, withIds, withoutNothing, withResultsInPlace } from '../repair'
import { blocksOf } from './blocks'

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+);base64,(.*)$/s

const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

const inlineImage = (mediaType: string, data: string): JsonObject => ({
  type: 'base64',
  media_type: mediaTypeOf(mediaType, data),
  data,
})

const imageSource = (part: Extract<UserPart, { type: 'image' }>): JsonObject => {
  if ('data' in part) return inlineImage(part.mediaType, part.data)
  const [, mediaType, data] = DATA_URL.exec(part.url) ?? []
  // Anthropic fetches http(s) only; a data URL is the same bytes in another place.
  return mediaType && data ? inlineImage(mediaType, data) : { type: 'url', url: part.url }
}

const isBlank = (text: string): boolean => text.trim() === ''

const textBlock = (text: string, { cacheControl }: Cacheable = {}): JsonObject =>
  compact({ type: 'text', text, cache_control: cacheControl })

function encodePart(part: UserPart): JsonObject {
  if (part.type === 'text') return textBlock(part.text, part)
  const own =
    part.type === 'image'
      ? { type: 'image', source: imageSource(part) }
      : // What has no word is refused before (historyFault).
        (foreignBlock(part, 'anthropic-messages') ?? part.block)
  return compact({ ...own, cache_control: part.cacheControl })
}

/** A text block of blanks alone is refused there, also in a result. */
const encodeParts = (parts: UserPart[]): JsonObject[] =>
  parts.filter((part) => part.type !== 'text' || !isBlank(part.text)).map(encodePart)

/** Thoughts take no mark: it stands behind what was said. */
function withMark(said: JsonObject[], { cacheControl }: Cacheable): JsonObject[] {
  const at = said.findLastIndex(({ type }) => type === 'text' || type === 'tool_use')
  const last = said[at]
  if (cacheControl === undefined || last === undefined) return said
  return said.with(at, { ...last, cache_control: cacheControl })
}

interface Turn {
  role: 'user' | 'assistant'
  content: JsonObject[]
}

function encodePiece(piece: Piece): JsonObject[] {
  switch (piece.type) {
    case 'opaque':
      return [piece.block.block]
    case 'text':
      return isBlank(piece.text) ? [] : [textBlock(piece.text)]
    case 'toolCall': {
      const { id, name, arguments: input } = piece.toolCall
      return [{ type: 'tool_use', id, name, input }]
    }
  }
}

const turnOf = (message: Exclude<Message, { role: 'system' }>, thinks: boolean): Turn => {
  switch (message.role) {
    case 'user': {
      const { content } = message
      return {
        role: 'user',
        content: encodeParts(typeof content === 'string' ? [{ type: 'text', text: content }] : content),
      }
    }
    case 'assistant': {
      const blocks = thinks ? blocksOf(message) : []
      const pieces = piecesOf({ text: message.content, toolCalls: message.toolCalls, opaque: blocks })
      return { role: 'assistant', content: withMark(pieces.flatMap(encodePiece), message) }
    }
    case 'tool':
      return {
        role: 'user',
        content: [
          compact({
            type: 'tool_result',
            tool_use_id: message.toolCallId,
            content: typeof message.content === 'string' ? message.content : encodeParts(message.content),
            is_error: message.isError || undefined,
            cache_control: message.cacheControl,
          }),
        ],
      }
  }
}

const isPlain = (block: JsonObject | undefined): block is { type: 'text'; text: string } =>
  block?.type === 'text' && typeof block.text === 'string' && block.cache_control === undefined

/** A lone text block is written as plain text. */
const encodeTurn = ({ role, content }: Turn): JsonObject => {
  const [only] = content
  return { role, content: content.length === 1 && isPlain(only) ? only.text : content }
}

/** The last words of a turn that the model is to go on with: blanks at their end are refused. */
function withoutLastBlanks(turns: Turn[]): void {
  const last = turns.at(-1)
  const block = last?.role === 'assistant' ? last.content.at(-1) : undefined
  if (block?.type === 'text' && typeof block.text === 'string') block.text = block.text.trimEnd()
}

type System = Extract<Message, { role: 'system' }>

/** One text, or blocks where one of them has a mark for the prompt cache. */
const encodeSystem = (messages: System[]): JsonValue | undefined => {
  if (messages.length === 0) return undefined
  if (messages.every(({ cacheControl }) => cacheControl === undefined))
    return messages.map(({ content }) => content).join('\n\n')
  return messages.map((message) => textBlock(message.content, message))
}

/** Calls and their results as Anthropic takes them: ids of its pattern, results right behind their calls. */
export const historyOf = (messages: readonly Message[]): Message[] =>
  withResultsInPlace(withIds(withoutNothing(messages), ANTHROPIC_IDS))

/** Why this history can't be said there, or null. */
export function historyFault(history: readonly Message[]): string | null {
  const turns = history.filter(({ role }) => role !== 'system')
  const { messages } = encodeMessages(history, false)
  if (messages.length === 0) return 'messages: none of them says anything'
  const foreign = history
    .flatMap(({ content }) => (Array.isArray(content) ? content : []))
    .map((part) => (part.type === 'image' ? imageSource(part).media_type : undefined))
    .find((type) => typeof type === 'string' && !IMAGE_TYPES.has(type))
  if (foreign !== undefined) return `images: ${foreign} is none of ${[...IMAGE_TYPES].join(', ')}`
  const unsaid = foreignFault(history, 'anthropic-messages')
  if (unsaid !== null) return unsaid
  const odd = unpaired(turns)
  return odd === null ? null : `messages: ${odd}`
}

/** `thinks`: this call does, so its signed thoughts go along. */
export const encodeMessages = (
  history: readonly Message[],
  thinks: boolean,
): { system: JsonValue | undefined; messages: { role: string; content: string | JsonObject[] }[] } => {
  const turns: Turn[] = []
  for (const message of history) {
    if (message.role === 'system') continue
    const turn = turnOf(message, thinks)
    const last = turns.at(-1)
    if (turn.content.length === 0) continue
    if (last?.role === turn.role) last.content.push(...turn.content)
    else turns.push(turn)
  }
  withoutLastBlanks(turns)
  return {
    system: encodeSystem(history.filter((message) => message.role === 'system')),
    messages: turns.map(encodeTurn) as { role: string; content: string | JsonObject[] }[],
  }
}
