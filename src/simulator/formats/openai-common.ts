/** What OpenAI's two formats share: usage, the error shape, events without a name. */

import type { JsonObject, JsonValue } from '../../domain/request/json'
import type { Usage } from '../../domain/streaming/answer'
import { invalidRequest, type SimulatedError } from '../errors'
import { type Frame, isObject, type ParsedRequest, type Reply } from './format'

export const data = (value: JsonValue): string => `data: ${JSON.stringify(value)}\n\n`

export const DONE: Frame = { kind: 'end', sse: 'data: [DONE]\n\n' }

export function openAiUsage(usage: Usage): JsonObject {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteInputTokens, reasoningTokens } = usage
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    prompt_tokens_details: {
      cached_tokens: cachedInputTokens ?? 0,
      ...(cacheWriteInputTokens === undefined ? {} : { cache_write_tokens: cacheWriteInputTokens }),
    },
    completion_tokens_details: { reasoning_tokens: reasoningTokens ?? 0 },
  }
}

export const openAiError = ({ message, type, param, code }: SimulatedError): JsonObject => ({
  error: { message, type, param, code },
})

export const wantsUsage = (body: JsonObject): boolean =>
  isObject(body.stream_options) && body.stream_options.include_usage === true

/** Together and vLLM take `response_format` on `/completions` as well. */
export function responseSchema(body: JsonObject): ParsedRequest['schema'] {
  const format = body.response_format
  if (!isObject(format)) return null
  if (format.type === 'json_object') return { type: 'object' }
  if (format.type !== 'json_schema') return null
  const named = isObject(format.json_schema) ? format.json_schema.schema : format.schema
  return isObject(named) ? named : { type: 'object' }
}

/** The chunk that holds only the usage, which comes after the finish reason. */
export function usageFrames(
  reply: Reply,
  chunk: (choices: JsonValue[], more?: JsonObject) => JsonObject,
): Frame[] {
  if (!reply.includeUsage || reply.usage === null) return []
  return [{ kind: 'tail', sse: data(chunk([], { usage: openAiUsage(reply.usage) })) }]
}

export function missing(parameter: string): SimulatedError {
  return invalidRequest(
    `Missing required parameter: '${parameter}'.`,
    parameter,
    'missing_required_parameter',
  )
}
