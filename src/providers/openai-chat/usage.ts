import { z } from 'zod'
import type { Usage } from '../../domain/answer'

const count = z.number().int().nonnegative()
const optional = count.nullish().catch(null)

/** OpenAI's usage: the prompt's count includes cached tokens, the completion's the reasoning ones. */
export const usageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: optional }).nullish().catch(null),
  completion_tokens_details: z.object({ reasoning_tokens: optional }).nullish().catch(null),
  // Together tells cached tokens here.
  cached_tokens: optional,
})

export const usageOf = (raw: z.infer<typeof usageSchema>): Usage => {
  const cached = raw.prompt_tokens_details?.cached_tokens ?? raw.cached_tokens
  const reasoning = raw.completion_tokens_details?.reasoning_tokens
  return {
    inputTokens: raw.prompt_tokens,
    outputTokens: raw.completion_tokens ?? 0,
    ...(typeof cached === 'number' ? { cachedInputTokens: cached } : {}),
    ...(typeof reasoning === 'number' ? { reasoningTokens: reasoning } : {}),
  }
}
