/** A result as a `chat.completion`. */

import type { OpaqueBlock } from '../../../domain/request/opaque'
import type { ToolCall } from '../../../domain/request/request'
import type { UnifiedFinishReason, Usage } from '../../../domain/streaming/answer'
import { answerFields } from '../holdfast-fields'
import { wrap } from '../opaque'
import type { Answered } from '../types'

/** There is no word for `other`: `holdfast.finishReason.raw` has the provider's own. */
export const FINISH_WORDS = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
  other: 'stop',
} as const satisfies Record<UnifiedFinishReason, string>

const promptDetails = (cached: number | undefined, written: number | undefined) =>
  cached === undefined && written === undefined
    ? {}
    : {
        prompt_tokens_details: {
          cached_tokens: cached ?? 0,
          ...(written === undefined ? {} : { cache_write_tokens: written }),
        },
      }

export const encodeUsage = ({
  inputTokens,
  outputTokens,
  cachedInputTokens,
  cacheWriteInputTokens,
  reasoningTokens,
}: Usage) => ({
  prompt_tokens: inputTokens,
  completion_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
  ...promptDetails(cachedInputTokens, cacheWriteInputTokens),
  ...(reasoningTokens === undefined
    ? {}
    : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
})

export const encodeToolCall = ({ id, name, arguments: given }: ToolCall) => ({
  id,
  type: 'function' as const,
  function: { name, arguments: JSON.stringify(given) },
})

/** The older way to say a call: one, without an id. */
export const encodeFunctionCall = (call: ToolCall) => encodeToolCall(call).function

/** OpenRouter's field for thoughts, which its clients send back: all of a block stands in `data`. */
export const encodeDetails = (opaque: readonly OpaqueBlock[]) =>
  opaque.map((block, index) => ({
    type: 'reasoning.encrypted' as const,
    data: wrap(block),
    format: DETAILS_FORMAT,
    index,
  }))

const DETAILS_FORMAT = 'holdfast-v1'

/** In the older words a call ends an answer by another name. */
export const finishWord = (
  unified: UnifiedFinishReason,
  functions: boolean,
): (typeof FINISH_WORDS)[UnifiedFinishReason] | 'function_call' =>
  functions && unified === 'tool_calls' ? 'function_call' : FINISH_WORDS[unified]

/** `functions`: requested in the older fields, which hold one call. */
function callsOf(
  toolCalls: ToolCall[],
  functions: boolean,
): {
  function_call?: ReturnType<typeof encodeFunctionCall>
  tool_calls?: ReturnType<typeof encodeToolCall>[]
} {
  const [first] = toolCalls
  if (first === undefined) return {}
  return functions
    ? { function_call: encodeFunctionCall(first) }
    : { tool_calls: toolCalls.map(encodeToolCall) }
}

export const completionId = (generationId: string): string => `chatcmpl-${generationId}`

/** The whole body. `model` names the target that answered; `usage` is left out where the provider sent none. */
export function chatCompletion(result: Answered, functions = false) {
  const { id, text, toolCalls, opaque = [], finishReason, usage, target, timings } = result
  return {
    id: completionId(id),
    object: 'chat.completion' as const,
    created: Math.floor(timings.startedAt / 1000),
    model: target,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant' as const,
          content: text === '' && toolCalls.length > 0 ? null : text,
          refusal: null,
          ...callsOf(toolCalls, functions),
          ...(opaque.length === 0 ? {} : { reasoning_details: encodeDetails(opaque) }),
        },
        logprobs: null,
        finish_reason: finishWord(finishReason.unified, functions),
      },
    ],
    ...(usage === null ? {} : { usage: encodeUsage(usage) }),
    holdfast: answerFields(result),
  }
}
