/** A call in the words of the GenAI conventions (names.ts). Pure; content stands in content.ts alone. */
import type { CallProviderInput } from '../../contract/generation'
import { mergeParams } from '../../domain/request/params'
import type { Answer, Usage } from '../../domain/streaming/answer'
import { ATTRIBUTES, WELL_KNOWN_PROVIDERS } from './names'
import type { Attributes } from './types'

export type TracedCall = Pick<CallProviderInput, 'candidate' | 'request' | 'streaming'> & {
  /** The wire format. */
  api: string | undefined
}

/** `count_tokens` is no word of the registry's: it has none for that. */
export function operationOf({ request, api }: Pick<TracedCall, 'request' | 'api'>): string {
  if (request.task?.type === 'embed') return 'embeddings'
  if (request.task?.type === 'count') return 'count_tokens'
  return api === 'openai-completions' ? 'text_completion' : api === 'gemini' ? 'generate_content' : 'chat'
}

/** By the config's name of the provider; a wire format that is one provider's own says more. */
export function providerOf(provider: string, api: string | undefined): string {
  const byApi = api === 'bedrock' ? WELL_KNOWN_PROVIDERS.bedrock : undefined
  return (
    byApi ??
    (Object.hasOwn(WELL_KNOWN_PROVIDERS, provider) ? WELL_KNOWN_PROVIDERS[provider] : null) ??
    provider
  )
}

export function requestAttributes(call: TracedCall): Attributes {
  const { candidate, request, streaming } = call
  const params = mergeParams(candidate.params, request.params)
  return {
    [ATTRIBUTES.operation]: operationOf(call),
    [ATTRIBUTES.provider]: providerOf(candidate.provider, call.api),
    [ATTRIBUTES.requestModel]: candidate.model,
    [ATTRIBUTES.requestStream]: streaming || undefined,
    [ATTRIBUTES.maxTokens]: params.maxTokens,
    [ATTRIBUTES.temperature]: params.temperature,
    [ATTRIBUTES.topP]: params.topP,
    [ATTRIBUTES.topK]: params.topK,
    [ATTRIBUTES.seed]: params.seed,
    [ATTRIBUTES.frequencyPenalty]: params.frequencyPenalty,
    [ATTRIBUTES.presencePenalty]: params.presencePenalty,
    [ATTRIBUTES.reasoningLevel]: params.reasoningEffort,
    [ATTRIBUTES.outputType]: request.output === undefined ? undefined : 'json',
  }
}

export const usageAttributes = (usage: Usage | null | undefined): Attributes =>
  usage == null
    ? {}
    : {
        [ATTRIBUTES.inputTokens]: usage.inputTokens,
        [ATTRIBUTES.outputTokens]: usage.outputTokens,
        [ATTRIBUTES.cacheReadTokens]: usage.cachedInputTokens,
        [ATTRIBUTES.cacheWriteTokens]: usage.cacheWriteInputTokens,
        [ATTRIBUTES.reasoningTokens]: usage.reasoningTokens,
      }

/** A model's name or an id, as a provider writes it: what is no plain word could be anything, a prompt too. */
export const plainWord = (text: string | null | undefined): string | undefined =>
  text != null && /^[\w.:/@+-]{1,200}$/.test(text) ? text : undefined

export const answerAttributes = ({ model, responseId, finishReason }: Answer): Attributes => ({
  [ATTRIBUTES.responseModel]: plainWord(model),
  [ATTRIBUTES.responseId]: plainWord(responseId),
  [ATTRIBUTES.finishReasons]: [finishReason.unified],
})
