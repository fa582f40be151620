/**
 * Puts tool calls together from the pieces that servers send: with an index or without, with one id, with an id in each
 * piece or none at all, several in one piece, the name or the id after the arguments.
 *
 * TOOL-CALLS-1 Calls are numbered from 0 in the order of their first pieces, whatever index the server gives
 *    them.
 * TOOL-CALLS-2 A piece belongs to the call of its id; else to the last call of its index; else to the last
 *    call.
 * TOOL-CALLS-3 It begins a new call where it brings another id, or a name although the call it would belong
 *    to is whole. Another id alone, behind arguments that are not whole, is made up for each piece.
 * TOOL-CALLS-4 A piece that says nothing begins no call.
 */
import type { StreamEvent } from '../../../domain/streaming/answer'
import { isObject, parseJson } from '../json'
import type { ChatMessage } from './schema'

export type ToolCallPiece = NonNullable<ChatMessage['tool_calls']>[number]

interface OpenCall {
  /** The server's index. */
  theirs: number | null
  id: string | null
  name: string
  json: string
}

const isWhole = (json: string): boolean => json.trimEnd().endsWith('}') && isObject(parseJson(json))

/** TOOL-CALLS-3: the same call sent again, or its rest, or another one? */
const isAnother = (open: OpenCall, { id, function: called }: ToolCallPiece): boolean => {
  const name = called?.name
  if (id && open.id !== null) {
    const goesOn =
      !name && open.json !== '' && !isWhole(open.json) && !called?.arguments?.trimStart().startsWith('{')
    return id !== open.id && !goesOn
  }
  if (!name || open.name === '') return false
  const begins = !called?.arguments || called.arguments.trimStart().startsWith('{')
  return begins && (isWhole(open.json) || (open.json !== '' && name !== open.name))
}

/** Some servers send the whole name with each piece, or grow it; others send it in pieces. */
const nameAfter = (before: string, piece: string): string =>
  before === '' || piece.startsWith(before) ? piece : before.endsWith(piece) ? before : before + piece

export const createToolCalls = () => {
  const calls: OpenCall[] = []

  /** TOOL-CALLS-2 */
  const find = ({ id, index }: ToolCallPiece): number => {
    const byId = id ? calls.findLastIndex((call) => call.id === id) : -1
    if (byId !== -1) return byId
    return calls.findLastIndex((call) => index == null || call.theirs === index)
  }

  const start = (at: number): StreamEvent => {
    const { id, name } = calls[at] as OpenCall
    return { type: 'toolCallStart', index: at, id: id || `call_${at}`, name }
  }

  return {
    any: () => calls.length > 0,
    count: () => calls.length,
    /** `whole`: of a message that is not streamed, where each entry is a call of its own. */
    read(piece: ToolCallPiece, whole: boolean): StreamEvent[] {
      const position = whole ? -1 : find(piece)
      const open = calls[position]
      const { name, arguments: json } = piece.function ?? {}
      // TOOL-CALLS-4
      if (open === undefined && !piece.id && !name && !json) return []
      if (open === undefined || isAnother(open, piece)) {
        calls.push({ theirs: piece.index ?? null, id: piece.id || null, name: name ?? '', json: json ?? '' })
        const at = calls.length - 1
        return json ? [start(at), { type: 'toolCallDelta', index: at, json }] : [start(at)]
      }
      const events: StreamEvent[] = []
      const known = { id: open.id, name: open.name }
      if (piece.id) open.id = piece.id
      if (name) open.name = nameAfter(open.name, name)
      if (open.id !== known.id || open.name !== known.name) events.push(start(position))
      // Some servers send the whole arguments once more at the end.
      if (json && !(json === open.json && isWhole(json))) {
        open.json += json
        events.push({ type: 'toolCallDelta', index: position, json })
      }
      return events
    },
  }
}
