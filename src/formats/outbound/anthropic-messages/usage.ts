import { z } from 'zod'
import type { Usage } from '../../../domain/streaming/answer'

const count = z.number().int().nonnegative().nullish().catch(null)

/** In a stream it comes twice: the input's counts with `message_start`, the final ones with `message_delta`. */
export const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
  cache_creation: z.object({ ephemeral_1h_input_tokens: count }).nullish().catch(null),
  output_tokens_details: z.object({ thinking_tokens: count }).nullish().catch(null),
})

export type RawUsage = z.infer<typeof usageSchema>

type Count = number | null | undefined

const lastPositive = (earlier: Count, later: Count): Count => later || (earlier ?? later)

/**
 * A later count replaces an earlier one; a count that is not sent again stays, and so does one that a proxy sends again
 * as 0.
 */
export const mergeUsage = (earlier: RawUsage, later: RawUsage): RawUsage => ({
  input_tokens: lastPositive(earlier.input_tokens, later.input_tokens),
  output_tokens: lastPositive(earlier.output_tokens, later.output_tokens),
  cache_creation_input_tokens: lastPositive(
    earlier.cache_creation_input_tokens,
    later.cache_creation_input_tokens,
  ),
  cache_read_input_tokens: lastPositive(earlier.cache_read_input_tokens, later.cache_read_input_tokens),
  cache_creation: later.cache_creation ?? earlier.cache_creation,
  output_tokens_details: later.output_tokens_details ?? earlier.output_tokens_details,
})

/** Anthropic's `input_tokens` leaves out what was read from or written to the cache; ours has it all. */
export const usageOf = (raw: RawUsage): Usage => {
  const cacheRead = raw.cache_read_input_tokens
  const cacheWrite = raw.cache_creation_input_tokens
  const long = raw.cache_creation?.ephemeral_1h_input_tokens
  const thinking = raw.output_tokens_details?.thinking_tokens
  return {
    inputTokens: (raw.input_tokens ?? 0) + (cacheWrite ?? 0) + (cacheRead ?? 0),
    outputTokens: raw.output_tokens ?? 0,
    ...(typeof cacheRead === 'number' ? { cachedInputTokens: cacheRead } : {}),
    ...(cacheWrite ? { cacheWriteInputTokens: cacheWrite } : {}),
    ...(long ? { longCacheWriteInputTokens: long } : {}),
    ...(typeof thinking === 'number' ? { reasoningTokens: thinking } : {}),
  }
}
