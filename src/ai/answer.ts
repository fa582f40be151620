/** Our answer in the AI SDK's words: those that version 3 and version 4 of its specification share. */
import type {
  LanguageModelV3FinishReason,
  LanguageModelV3GenerateResult,
  LanguageModelV3Reasoning,
  LanguageModelV3ResponseMetadata,
  LanguageModelV3StreamPart,
  LanguageModelV3Text,
  LanguageModelV3ToolCall,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider'
import type { Answer, Generation, ToolCall } from '../client'

type Content = LanguageModelV3Reasoning | LanguageModelV3Text | LanguageModelV3ToolCall

export type GenerateResult = Omit<LanguageModelV3GenerateResult, 'content'> & { content: Content[] }

/** We have no files, and the versions write them differently. */
export type StreamPart = Exclude<LanguageModelV3StreamPart, { type: 'file' }>

const FINISH_REASONS = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
  other: 'other',
} as const satisfies Record<Answer['finishReason']['unified'], LanguageModelV3FinishReason['unified']>

export const finishReasonOf = ({ unified, raw }: Answer['finishReason']): LanguageModelV3FinishReason => ({
  unified: FINISH_REASONS[unified],
  raw: raw ?? undefined,
})

const less = (total: number, part: number | undefined): number | undefined =>
  part === undefined ? undefined : Math.max(0, total - part)

/** Of those that are known; undefined: none is. */
const sumOf = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined && other === undefined ? undefined : (one ?? 0) + (other ?? 0)

export function usageOf(usage: Answer['usage']): LanguageModelV3Usage {
  if (usage === null)
    return {
      inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
      outputTokens: { total: undefined, text: undefined, reasoning: undefined },
    }
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteInputTokens, reasoningTokens } = usage
  return {
    inputTokens: {
      total: inputTokens,
      noCache: less(inputTokens, sumOf(cachedInputTokens, cacheWriteInputTokens)),
      cacheRead: cachedInputTokens,
      cacheWrite: cacheWriteInputTokens,
    },
    outputTokens: {
      total: outputTokens,
      text: less(outputTokens, reasoningTokens),
      reasoning: reasoningTokens,
    },
  }
}

export const toolCallOf = ({ id, name, arguments: input }: ToolCall): LanguageModelV3ToolCall => ({
  type: 'tool-call',
  toolCallId: id,
  toolName: name,
  input: JSON.stringify(input),
})

/**
 * What the AI SDK's reasoning part carries, and sends back with the message: the answer's sealed thoughts, all in one part.
 * null: there are none.
 */
export const sealedOf = ({ opaque = [] }: Generation): SharedV3ProviderMetadata | null =>
  opaque.length === 0 ? null : { holdfast: { opaque: JSON.parse(JSON.stringify(opaque)) } }

const reasoningOf = (providerMetadata: SharedV3ProviderMetadata | null): Content[] =>
  providerMetadata === null ? [] : [{ type: 'reasoning', text: '', providerMetadata }]

export const contentOf = (result: Generation): Content[] => [
  ...reasoningOf(sealedOf(result)),
  ...(result.text === '' ? [] : [{ type: 'text', text: result.text } as const]),
  ...result.toolCalls.map(toolCallOf),
]

/** `modelId` names the target that answered: the route is what the caller named. */
export const responseOf = ({
  id,
  responseId,
  target,
  timings,
}: Generation): LanguageModelV3ResponseMetadata => ({
  id: responseId ?? id,
  modelId: target,
  timestamp: new Date(timings.finishedAt),
})

export function metadataOf(result: Generation): SharedV3ProviderMetadata {
  const { id, route, target, served, attempts, costUsd, webUrl, rescue, cacheAgeMs, durable } = result
  const metadata = { id, route, target, served, attempts, costUsd, webUrl, rescue, cacheAgeMs, durable }
  // As JSON has it: what is undefined is not there.
  return { holdfast: JSON.parse(JSON.stringify(metadata)) }
}
