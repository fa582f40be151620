import { z } from 'zod'
import type { Usage } from '../../../domain/streaming/answer'

const count = z.number().int().nonnegative()
const optional = count.nullish().catch(null)

/** The input's count includes cached tokens, the output's the reasoning ones. */
export const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count.nullish(),
  input_tokens_details: z
    .object({ cached_tokens: optional, cache_write_tokens: optional })
    .nullish()
    .catch(null),
  output_tokens_details: z.object({ reasoning_tokens: optional }).nullish().catch(null),
})

export const usageOf = (raw: z.infer<typeof usageSchema>): Usage => {
  const cached = raw.input_tokens_details?.cached_tokens
  const written = raw.input_tokens_details?.cache_write_tokens
  const reasoning = raw.output_tokens_details?.reasoning_tokens
  return {
    inputTokens: raw.input_tokens,
    outputTokens: raw.output_tokens ?? 0,
    ...(typeof cached === 'number' ? { cachedInputTokens: cached } : {}),
    ...(written ? { cacheWriteInputTokens: written } : {}),
    ...(typeof reasoning === 'number' ? { reasoningTokens: reasoning } : {}),
  }
}
