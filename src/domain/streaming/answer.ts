/** What a provider answered, in no provider's dialect. */
import type { JsonValue } from '../request/json'
import type { OpaqueBlock } from '../request/opaque'
import type { ToolCall } from '../request/request'

export type UnifiedFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'other'

/** `raw` is the provider's own word, null where it sent none. */
export interface FinishReason {
  unified: UnifiedFinishReason
  raw: string | null
}

/** Tokens. `inputTokens` includes those of the prompt cache, `outputTokens` the reasoning ones. */
export interface Usage {
  inputTokens: number
  outputTokens: number
  /** Read from the provider's prompt cache. */
  cachedInputTokens?: number | undefined
  /** Written to it. */
  cacheWriteInputTokens?: number | undefined
  /** Of those: what is kept for longer than the provider's shortest time (Anthropic: an hour), at a price of its own. */
  longCacheWriteInputTokens?: number | undefined
  reasoningTokens?: number | undefined
}

export interface Answer {
  text: string
  toolCalls: ToolCall[]
  finishReason: FinishReason
  /** null: the provider sent none. */
  usage: Usage | null
  /** The model's name as the provider reported it. */
  model: string | null
  /** The provider's id of the response. */
  responseId: string | null
  /** What the caller requested and this provider was not sent, because it changes nothing of the answer. */
  leftOut?: string[] | undefined
  /**
   * What the model thought, sealed by its provider. Send it back unchanged in the assistant's message, and the model goes on
   * from it behind its tool calls. Absent: none.
   */
  opaque?: OpaqueBlock[] | undefined
  /** The parsed and checked JSON where the request had an output schema. */
  output?: JsonValue | undefined
  /** The vectors of the inputs, in their order, where those were wanted: each as 32-bit floats, little-endian, in base64. */
  embeddings?: string[] | undefined
}

/**
 * One step of a streamed answer, the same for every wire format. A tool call comes as a start and
 * pieces of its JSON arguments, distinguished by `index`.
 */
export type StreamEvent =
  | { type: 'start'; model: string | null; responseId: string | null }
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  /** A whole block, behind the `reasoning` that it holds. Its place in the answer is counted (accumulate.ts). */
  | { type: 'opaque'; block: Omit<OpaqueBlock, 'at'> }
  | { type: 'toolCallStart'; index: number; id: string; name: string }
  | { type: 'toolCallDelta'; index: number; json: string }
  | { type: 'usage'; usage: Usage }
  | { type: 'finish'; finishReason: FinishReason }
