import type { FinishReason, UnifiedFinishReason } from '../../domain/answer'

const UNIFIED: { readonly [raw: string]: UnifiedFinishReason } = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/** Anthropic's word -> the unified reason. `pause_turn` (its own server tools) and words not known are `other`. */
export const finishReasonOf = (raw: string | null): FinishReason => ({
  unified: (raw !== null && UNIFIED[raw]) || 'other',
  raw,
})
