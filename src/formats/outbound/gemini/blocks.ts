/**
 * Gemini's thought signatures as opaque blocks: each with the kind of part that it stands in. Of a call it comes before that
 * call, of words behind them.
 */
import type { JsonObject } from '../../../domain/request/json'
import { type OpaqueBlock, opaqueOf } from '../../../domain/request/opaque'
import type { AssistantMessage } from '../../../domain/request/request'
import type { StreamEvent } from '../../../domain/streaming/answer'
import type { Part } from './schema'

const API = 'gemini'

export interface Signature extends JsonObject {
  part: 'functionCall' | 'text'
  thoughtSignature: string
}

/** Whatever else a caller puts into a block is not sent. */
export const signatureIn = ({ block }: OpaqueBlock): Signature => ({
  part: block.part === 'functionCall' ? 'functionCall' : 'text',
  thoughtSignature: String(block.thoughtSignature),
})

export const blocksOf = (message: AssistantMessage): OpaqueBlock[] =>
  opaqueOf(message).filter(
    ({ api, block }) =>
      api === API && typeof block.thoughtSignature === 'string' && block.thoughtSignature !== '',
  )

export const blockEvents = ({ functionCall, thoughtSignature }: Part): StreamEvent[] => {
  if (!thoughtSignature) return []
  const block: Signature = { part: functionCall ? 'functionCall' : 'text', thoughtSignature }
  return [{ type: 'opaque', block: { api: API, block } }]
}
