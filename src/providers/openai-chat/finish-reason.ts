import type { FinishReason, UnifiedFinishReason } from '../../domain/answer'

const UNIFIED: { readonly [raw: string]: UnifiedFinishReason } = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  // Together: the model's own end-of-sequence token.
  eos: 'stop',
}

/** The provider's word, or null where it sent none -> the unified reason; a word not known is `other`. */
export const finishReasonOf = (raw: string | null): FinishReason => ({
  unified: (raw !== null && UNIFIED[raw]) || 'other',
  raw,
})
