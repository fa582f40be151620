/**
 * Our messages in Converse's shape: the system prompt beside the messages, turns that alternate, blocks that are named by
 * their only field. Nothing that says anything is left out.
 */
import type { JsonObject } from '../../../domain/request/json'
import { type Piece, piecesOf } from '../../../domain/request/opaque'
import type { Cacheable, Message, UserPart } from '../../../domain/request/request'
import { foreignBlock, foreignFault } from '../foreign'
import { compact, isObject } from '../json'
import { type IdRule, mediaTypeOf, unpaired, withIds, withoutNothing, withResultsInPlace } from '../repair'
import { blocksOf } from './blocks'
import { createDocumentNames } from './document-names'

/** Letters, digits, `_` and `-`, 64 at most. */
const BEDROCK_IDS: IdRule = {
  fits: /^[a-zA-Z0-9_-]{1,64}$/,
  make: (id, n) => `${id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 50) || 'call'}${n === 0 ? '' : `_${n}`}`,
}

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+);base64,(.*)$/s

const IMAGE_FORMATS: ReadonlySet<string> = new Set(['jpeg', 'png', 'gif', 'webp'])

const isBlank = (text: string): boolean => text.trim() === ''

/** null: an image by its address, which Bedrock does not fetch. */
function imageOf(part: Extract<UserPart, { type: 'image' }>): { format: string; bytes: string } | null {
  const [, urlType = '', urlData = ''] = 'url' in part ? (DATA_URL.exec(part.url) ?? []) : []
  const [mediaType, bytes] = 'url' in part ? [urlType, urlData] : [part.mediaType, part.data]
  return bytes === '' ? null : { format: mediaTypeOf(mediaType, bytes).replace(/^image\//, ''), bytes }
}

function encodePart(part: UserPart): JsonObject {
  if (part.type === 'text') return { text: part.text }
  // What has no word is refused before (historyFault).
  if (part.type === 'foreign') return foreignBlock(part, 'bedrock') ?? part.block
  const image = imageOf(part)
  return { image: { format: image?.format ?? '', source: { bytes: image?.bytes ?? '' } } }
}

/** Converse's mark stands behind what is to be cached. Its `ttl` has the same words. */
export const cachePointOf = ({ cacheControl }: Cacheable, takesThem: boolean): JsonObject[] =>
  cacheControl === undefined || !takesThem
    ? []
    : [{ cachePoint: compact({ type: 'default', ttl: cacheControl.ttl }) }]

/** Blocks of blanks alone are refused there, also in a result. */
const saying = (content: string | UserPart[]): UserPart[] =>
  (typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content).filter(
    (part) => part.type !== 'text' || !isBlank(part.text),
  )

interface Turn {
  role: 'user' | 'assistant'
  content: JsonObject[]
}

function encodePiece(piece: Piece): JsonObject[] {
  switch (piece.type) {
    case 'opaque':
      return [piece.block.block]
    case 'text':
      return isBlank(piece.text) ? [] : [{ text: piece.text }]
    case 'toolCall': {
      const { id, name, arguments: input } = piece.toolCall
      return [{ toolUse: { toolUseId: id, name, input } }]
    }
  }
}

/** `cachePoints`: the model takes marks for the prompt cache. `thinks`: this call does, so its sealed thoughts go along. */
interface Takes {
  cachePoints: boolean
  thinks: boolean
}

const NOTHING: Takes = { cachePoints: false, thinks: false }

const turnOf = (message: Exclude<Message, { role: 'system' }>, { cachePoints, thinks }: Takes): Turn => {
  switch (message.role) {
    case 'user':
      return {
        role: 'user',
        content: saying(message.content).flatMap((part) => [
          encodePart(part),
          ...cachePointOf(part, cachePoints),
        ]),
      }
    case 'assistant': {
      const opaque = thinks ? blocksOf(message) : []
      const pieces = piecesOf({ text: message.content, toolCalls: message.toolCalls, opaque })
      return {
        role: 'assistant',
        content: [...pieces.flatMap(encodePiece), ...cachePointOf(message, cachePoints)],
      }
    }
    case 'tool': {
      const parts = saying(message.content)
      // A mark has no place within a result: it stands behind it.
      const marked = [message, ...parts].find(({ cacheControl }) => cacheControl !== undefined)
      return {
        role: 'user',
        content: [
          {
            toolResult: compact({
              toolUseId: message.toolCallId,
              content: parts.map(encodePart),
              status: message.isError ? 'error' : undefined,
            }),
          },
          ...cachePointOf(marked ?? message, cachePoints),
        ],
      }
    }
  }
}

/** The last words of a turn that the model is to go on with: blanks at their end are refused by Claude. */
function withoutLastBlanks(turns: Turn[]): void {
  const last = turns.at(-1)
  const block = last?.role === 'assistant' ? last.content.at(-1) : undefined
  if (typeof block?.text === 'string') block.text = block.text.trimEnd()
}

/** Calls and their results as Bedrock takes them: ids of its pattern, results right behind their calls. */
export const historyOf = (messages: readonly Message[]): Message[] =>
  withResultsInPlace(withIds(withoutNothing(messages), BEDROCK_IDS))

const documentIn = (block: JsonObject): JsonObject[] => (isObject(block.document) ? [block.document] : [])

const documentsIn = ({ content }: Turn): JsonObject[] =>
  content.flatMap((block) => {
    const result = isObject(block.toolResult) ? block.toolResult.content : undefined
    return Array.isArray(result) ? result.filter(isObject).flatMap(documentIn) : documentIn(block)
  })

const lacksText = ({ role, content }: Turn): boolean =>
  role === 'user' && content.some((block) => 'document' in block) && !content.some((block) => 'text' in block)

const imageFault = (image: ReturnType<typeof imageOf>): string | null => {
  if (image === null) return 'images: one by its address has no place in the Converse API'
  return IMAGE_FORMATS.has(image.format)
    ? null
    : `images: ${image.format} is none of ${[...IMAGE_FORMATS].join(', ')}`
}

/** Why this history can't be said there, or null. */
export function historyFault(history: readonly Message[]): string | null {
  const images = history
    .flatMap(({ content }) => (Array.isArray(content) ? content : []))
    .flatMap((part) => (part.type === 'image' ? [imageFault(imageOf(part))] : []))
  const fault = images.find((one) => one !== null) ?? foreignFault(history, 'bedrock')
  if (fault !== null) return fault
  const turns = turnsOf(history, NOTHING)
  if (turns.length === 0) return 'messages: none of them says anything'
  if (turns.some(lacksText))
    return 'messages: a document has no place in the Converse API without a text beside it'
  const odd = unpaired(history.filter(({ role }) => role !== 'system'))
  return odd === null ? null : `messages: ${odd}`
}

function turnsOf(history: readonly Message[], takes: Takes): Turn[] {
  const turns: Turn[] = []
  for (const message of history) {
    if (message.role === 'system') continue
    const turn = turnOf(message, takes)
    const last = turns.at(-1)
    if (turn.content.length === 0) continue
    if (last?.role === turn.role) last.content.push(...turn.content)
    else turns.push(turn)
  }
  return turns
}

export function encodeMessages(
  history: readonly Message[],
  takes: Takes,
): { system: JsonObject[] | undefined; messages: JsonObject[] } {
  const turns = turnsOf(history, takes)
  withoutLastBlanks(turns)
  const nameOf = createDocumentNames()
  for (const document of turns.flatMap(documentsIn)) document.name = nameOf(document.name)
  const system = history.flatMap((message) =>
    message.role === 'system' ? [{ text: message.content }, ...cachePointOf(message, takes.cachePoints)] : [],
  )
  return {
    system: system.length > 0 ? system : undefined,
    messages: turns.map(({ role, content }) => ({ role, content })),
  }
}
