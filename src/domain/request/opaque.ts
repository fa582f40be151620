/**
 * What a model thought, sealed by its provider: signed or encrypted, so that the model goes on from it when the call's
 * result comes. Only its maker can read it.
 *
 * OPAQUE-1 A block is returned to its maker alone: the same provider, account, wire format and model. Others refuse it.
 * OPAQUE-2 A block is carried as it came: no text of it is changed, cut or put into words.
 * OPAQUE-3 A block stands in a whole answer, or nowhere; it is of the call that gave that answer.
 */
import type { JsonObject } from './json'
import type { AssistantMessage, Message, ToolCall } from './request'

/** Who made a block, and alone takes it back. */
export interface Maker {
  /** The provider's name in the config. */
  provider: string
  /** Distinguishes the accounts of one provider: a short hash of its base URL and of its key's variable, never of the key. */
  account: string
  /** The provider's own name for the model. */
  model: string
}

export interface OpaqueBlock {
  /** The wire format in whose words it is, e.g. `anthropic-messages`. */
  api: string
  /** Default: not known; it goes to any provider of that wire format. */
  maker?: Maker | undefined
  /** As the provider sent it. */
  block: JsonObject
  /** So much of its answer comes before it. Default: nothing. */
  at?: OpaquePlace | undefined
}

export interface OpaquePlace {
  /** Of the text, in UTF-16 units. */
  text: number
  /** Of the tool calls. */
  calls: number
}

/** A larger one could not be carried in an answer, in UTF-16 units. */
export const MAX_BLOCK_CHARS = 2 * 1024 * 1024

/** One thing that an answer has said, in the order in which it was said. */
export type Piece =
  | { type: 'text'; text: string }
  | { type: 'toolCall'; index: number; toolCall: ToolCall }
  | { type: 'opaque'; block: OpaqueBlock }

interface Pieces {
  text: string
  toolCalls?: readonly ToolCall[] | undefined
  opaque?: readonly OpaqueBlock[] | undefined
}

/** In their order. Between two blocks text comes before calls; an empty text is none. */
export function piecesOf({ text, toolCalls = [], opaque = [] }: Pieces): Piece[] {
  const pieces: Piece[] = []
  let textTo = 0
  let callsTo = 0
  const upTo = (place: OpaquePlace): void => {
    const said = text.slice(textTo, place.text)
    if (said !== '') pieces.push({ type: 'text', text: said })
    textTo = Math.max(textTo, place.text)
    for (const toolCall of toolCalls.slice(callsTo, place.calls)) {
      pieces.push({ type: 'toolCall', index: callsTo, toolCall })
      callsTo += 1
    }
  }
  for (const block of opaque) {
    upTo(block.at ?? { text: 0, calls: 0 })
    pieces.push({ type: 'opaque', block })
  }
  upTo({ text: text.length, calls: toolCalls.length })
  return pieces
}

/** The same for a message. */
export const piecesOfMessage = (message: AssistantMessage): Piece[] =>
  piecesOf({ text: message.content, toolCalls: message.toolCalls, opaque: opaqueOf(message) })

/** All blocks of a message: those that stand in its older field too. */
export function opaqueOf({ opaque = [], thinking = [] }: AssistantMessage): OpaqueBlock[] {
  let text = 0
  const older = thinking.flatMap((block): OpaqueBlock[] => {
    if (block.type !== 'text') return [{ api: 'anthropic-messages', block, at: { text, calls: 0 } }]
    text += String(block.text ?? '').length
    return []
  })
  return [...older, ...opaque]
}

const mayTake = (to: Maker & { api: string }, { api, maker }: OpaqueBlock): boolean =>
  api === to.api &&
  (maker === undefined ||
    (maker.provider === to.provider && maker.account === to.account && maker.model === to.model))

/** OPAQUE-1: the messages as they are for this maker. `dropped`: there were blocks of others. */
export function ownBlocks(
  messages: readonly Message[],
  to: Maker & { api: string },
): { messages: Message[]; kept: boolean; dropped: boolean } {
  return filterBlocks(messages, (block) => mayTake(to, block))
}

/** The messages without any block. */
export const withoutBlocks = (
  messages: readonly Message[],
): { messages: Message[]; kept: boolean; dropped: boolean } => filterBlocks(messages, () => false)

function filterBlocks(messages: readonly Message[], keeps: (block: OpaqueBlock) => boolean) {
  let kept = false
  let dropped = false
  const filtered = messages.map((message): Message => {
    if (message.role !== 'assistant') return message
    const blocks = opaqueOf(message)
    if (blocks.length === 0) return message
    const own = blocks.filter(keeps)
    kept ||= own.length > 0
    dropped ||= own.length < blocks.length
    const { opaque: _opaque, thinking: _thinking, ...rest } = message
    return own.length === 0 ? rest : { ...rest, opaque: own }
  })
  return { messages: filtered, kept, dropped }
}
