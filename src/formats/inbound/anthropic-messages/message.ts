/** A result as Anthropic's `message`. */

import type { JsonObject } from '../../../domain/request/json'
import { type OpaqueBlock, type Piece, piecesOf } from '../../../domain/request/opaque'
import type { ToolCall } from '../../../domain/request/request'
import type { FinishReason, UnifiedFinishReason, Usage } from '../../../domain/streaming/answer'
import { answerFields } from '../holdfast-fields'
import { thoughtText, wrap } from '../opaque'
import type { Answered } from '../types'

/** There is no word for `other`: `holdfast.finishReason.raw` has the provider's own. */
const STOP_WORDS = {
  stop: 'end_turn',
  length: 'max_tokens',
  tool_calls: 'tool_use',
  content_filter: 'refusal',
  other: 'end_turn',
} as const satisfies Record<UnifiedFinishReason, string>

/** Anthropic's own words that say more than the unified reason. */
const THEIR_WORDS: { readonly [raw: string]: UnifiedFinishReason } = {
  stop_sequence: 'stop',
  model_context_window_exceeded: 'length',
}

export function stopReason({ unified, raw }: FinishReason): string {
  return raw !== null && THEIR_WORDS[raw] === unified ? raw : STOP_WORDS[unified]
}

/** Anthropic's `input_tokens` leaves out what was read from the cache or written to it. Zeros where the provider sent none. */
export function encodeUsage(usage: Usage | null) {
  const { inputTokens = 0, outputTokens = 0, cachedInputTokens = 0, reasoningTokens } = usage ?? {}
  const { cacheWriteInputTokens: written = 0 } = usage ?? {}
  return {
    input_tokens: Math.max(0, inputTokens - cachedInputTokens - written),
    output_tokens: outputTokens,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cachedInputTokens,
    output_tokens_details: reasoningTokens === undefined ? null : { thinking_tokens: reasoningTokens },
    server_tool_use: null,
  }
}

/** Fields that we never have, and that clients may read. */
const NONE = { container: null, diagnostics: null, stop_details: null } as const

/** The part that is known before anything is said. */
export const messageHead = (id: string, model: string) => ({
  id: `msg_${id}`,
  type: 'message' as const,
  role: 'assistant' as const,
  model,
  ...NONE,
})

/** By how long it is kept. null: nothing was written. */
function creationOf(usage: Usage | null) {
  const { cacheWriteInputTokens: written = 0, longCacheWriteInputTokens: long = 0 } = usage ?? {}
  if (written === 0) return null
  return { ephemeral_5m_input_tokens: written - long, ephemeral_1h_input_tokens: long }
}

export const usageWhole = (usage: Usage | null) => ({
  ...encodeUsage(usage),
  cache_creation: creationOf(usage),
  inference_geo: null,
  service_tier: null,
  speed: null,
})

export const textBlock = (text: string) => ({ type: 'text' as const, text, citations: null })

export const toolUseBlock = ({ id, name }: ToolCall, input: JsonObject) => ({
  type: 'tool_use' as const,
  id,
  name,
  input,
  caller: { type: 'direct' as const },
})

/** Whose text a client carries beside its signature; all else of a block stands in the signature, or in redacted data. */
export function thoughtBlock(
  block: OpaqueBlock,
): { type: 'thinking'; thinking: string; signature: string } | { type: 'redacted_thinking'; data: string } {
  const thinking = thoughtText(block)
  if (thinking === '' && !signsText(block)) return { type: 'redacted_thinking', data: wrap(block) }
  return { type: 'thinking', thinking, signature: signatureOf(block) }
}

export const signsText = ({ api, block }: OpaqueBlock): boolean =>
  api === 'anthropic-messages' && block.type === 'thinking'

/** Of Anthropic's own it holds the provider's signature, and not the text. */
export const signatureOf = (block: OpaqueBlock): string => wrap(block, signsText(block) ? ['thinking'] : [])

const contentBlock = (piece: Piece) => {
  switch (piece.type) {
    case 'text':
      return textBlock(piece.text)
    case 'toolCall':
      return toolUseBlock(piece.toolCall, piece.toolCall.arguments)
    case 'opaque':
      return thoughtBlock(piece.block)
  }
}

/** The whole body. `model` names the target that answered. */
export function messageBody(result: Answered) {
  const { id, finishReason, usage, target } = result
  return {
    ...messageHead(id, target),
    content: piecesOf(result).map(contentBlock),
    stop_reason: stopReason(finishReason),
    stop_sequence: null,
    usage: usageWhole(usage),
    holdfast: answerFields(result),
  }
}
