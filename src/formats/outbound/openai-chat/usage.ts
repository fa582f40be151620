import { z } from 'zod'
import type { Usage } from '../../../domain/streaming/answer'
import { isObject } from '../json'

/** A server in PHP may send it as a text. */
const count = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.number().int().nonnegative())
const optional = count.nullish().catch(null)

/** OpenAI's usage: the prompt's count includes cached tokens, the completion's the reasoning ones. */
const counts = z.object({
  prompt_tokens: count,
  completion_tokens: count.nullish(),
  prompt_tokens_details: z
    .object({ cached_tokens: optional, cache_write_tokens: optional })
    .nullish()
    .catch(null),
  completion_tokens_details: z.object({ reasoning_tokens: optional }).nullish().catch(null),
  // Together reports cached tokens here.
  cached_tokens: optional,
})

/** Anthropic's names for the same. */
const named = (value: unknown): unknown =>
  isObject(value) && value.prompt_tokens === undefined && value.input_tokens !== undefined
    ? { ...value, prompt_tokens: value.input_tokens, completion_tokens: value.output_tokens ?? null }
    : value

export const usageSchema = z.preprocess(named, counts)

export type RawUsage = z.infer<typeof usageSchema>

/** Some servers send it with every chunk, growing; some send zeros at the end. What was used does not become less. */
export const largerUsage = (earlier: Usage | null, later: Usage): Usage => {
  if (earlier === null) return later
  const most = (name: keyof Usage) => {
    const larger = Math.max(earlier[name] ?? -1, later[name] ?? -1)
    return larger < 0 ? {} : { [name]: larger }
  }
  return {
    inputTokens: Math.max(earlier.inputTokens, later.inputTokens),
    outputTokens: Math.max(earlier.outputTokens, later.outputTokens),
    ...most('cachedInputTokens'),
    ...most('cacheWriteInputTokens'),
    ...most('reasoningTokens'),
  }
}

export const usageOf = (raw: RawUsage): Usage => {
  const cached = raw.prompt_tokens_details?.cached_tokens ?? raw.cached_tokens
  const written = raw.prompt_tokens_details?.cache_write_tokens
  const reasoning = raw.completion_tokens_details?.reasoning_tokens
  return {
    inputTokens: raw.prompt_tokens,
    outputTokens: raw.completion_tokens ?? 0,
    ...(typeof cached === 'number' ? { cachedInputTokens: cached } : {}),
    ...(written ? { cacheWriteInputTokens: written } : {}),
    ...(typeof reasoning === 'number' ? { reasoningTokens: reasoning } : {}),
  }
}
