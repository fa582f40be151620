/**
 * Why a model stopped, in the words of all providers and proxies: any server may pass on the word of the one behind it.
 * A word that is no known success is a failure (WIRE-FORMAT-5): half an answer that ends with `network_error` is not whole.
 *
 * Words are compared without their case and separators: `MAX_TOKENS`, `maxTokens` and `max-tokens` are one word.
 */

import type { Failure, FailureClass } from '../../domain/failures/failure'
import type { FinishReason, UnifiedFinishReason } from '../../domain/streaming/answer'

const SUCCESS: { readonly [word: string]: UnifiedFinishReason } = {
  stop: 'stop',
  // Together, SGLang, TGI: the model's own token for the end of a sequence.
  eos: 'stop',
  eos_token: 'stop',
  stop_token: 'stop',
  eos_found: 'stop',
  stop_str: 'stop',
  stop_string_found: 'stop',
  // Anthropic, Cohere, Gemini, AI21.
  end_turn: 'stop',
  stop_sequence: 'stop',
  complete: 'stop',
  completed: 'stop',
  endoftext: 'stop',
  end_of_text: 'stop',
  // llama.cpp: a stop sequence.
  word: 'stop',
  // Baidu.
  normal: 'stop',
  length: 'length',
  max_tokens: 'length',
  maximum_tokens: 'length',
  // llama.cpp; Reka.
  limit: 'length',
  context: 'length',
  max_length: 'length',
  max_output_tokens: 'length',
  max_new_tokens: 'length',
  max_len: 'length',
  // Gemini 4: more would come by another call with its token.
  continuation: 'length',
  token_limit: 'length',
  error_limit: 'length',
  // LM Studio.
  max_predicted_tokens_reached: 'length',
  context_length_reached: 'length',
  max_context: 'length',
  // Mistral; Z.ai and Anthropic: the window was full.
  model_length: 'length',
  model_context_window_exceeded: 'length',
  context_length_exceeded: 'length',
  tool_calls: 'tool_calls',
  tool_call: 'tool_calls',
  tool_use: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  content_filtered: 'content_filter',
  refusal: 'content_filter',
  // Z.ai and other Chinese providers.
  sensitive: 'content_filter',
  // Gemini, Cohere, Bedrock.
  safety: 'content_filter',
  recitation: 'content_filter',
  blocklist: 'content_filter',
  prohibited_content: 'content_filter',
  spii: 'content_filter',
  image_safety: 'content_filter',
  image_prohibited_content: 'content_filter',
  image_recitation: 'content_filter',
  jailbreak: 'content_filter',
  language: 'content_filter',
  model_armor: 'content_filter',
  error_toxic: 'content_filter',
  guardrail_intervened: 'content_filter',
}

/** What is known to mean a failure, where its class is not `bad_response`. */
const FAILURES: { readonly [word: string]: FailureClass } = {
  insufficient_system_resource: 'overloaded',
  overloaded: 'overloaded',
  error: 'server_error',
  network_error: 'server_error',
  internal_error: 'server_error',
  server_error: 'server_error',
  abort: 'server_error',
  aborted: 'server_error',
  cancelled: 'server_error',
  canceled: 'server_error',
  timeout: 'server_error',
  time_limit: 'server_error',
  failed: 'server_error',
  rate_limit: 'rate_limited',
  rate_limited: 'rate_limited',
  rate_limit_exceeded: 'rate_limited',
  unknown: 'server_error',
  // Its own server tools need another turn, which this call can't take.
  pause_turn: 'unsupported',
  // Gemini: of the request, which another call would bring again.
  missing_thought_signature: 'unsupported',
}

const normalized = (raw: string): string =>
  raw
    .trim()
    .replace(/([a-z])(?=[A-Z])/g, '$1_')
    .toLowerCase()
    .replace(/[\s-]+/g, '_')
    // Python's name of an enum's word: `FinishReason.STOP`.
    .replace(/^\w+\./, '')
    .replace(/^(?:finish_)?reason_/, '')

/** Words for "not yet": DashScope sends its null as text. */
export const isNoReason = (raw: string | null | undefined): boolean =>
  raw === null || raw === undefined || ['', 'null', 'none'].includes(raw.trim().toLowerCase())

/** The provider's word, or null where it sent none -> the unified reason, or the failure that it means. */
export const finishReasonOf = (raw: string | null): FinishReason | Failure => {
  if (raw === null) return { unified: 'other', raw }
  const word = normalized(raw)
  const unified = Object.hasOwn(SUCCESS, word) ? SUCCESS[word] : undefined
  if (unified !== undefined) return { unified, raw }
  return {
    class: (Object.hasOwn(FAILURES, word) && FAILURES[word]) || 'bad_response',
    message: `cut: the answer ended with the reason "${raw.slice(0, 60)}", which is no known success`,
    code: raw.slice(0, 60),
  }
}

/** A router says `stop` for what its provider ended with `network_error`: the provider's word is the truer one. */
export const failureBehind = (native: string | null | undefined): Failure | null => {
  const reason = isNoReason(native) ? null : finishReasonOf(native ?? null)
  if (reason === null || isFinishReason(reason)) return null
  return ['bad_response', 'unsupported'].includes(reason.class) || normalized(native ?? '') === 'unknown'
    ? null
    : reason
}

export const isFinishReason = (reason: FinishReason | Failure): reason is FinishReason => 'unified' in reason
