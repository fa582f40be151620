import { z } from 'zod'
import type { Usage } from '../../../domain/streaming/answer'

const count = z.number().int().nonnegative()
const optional = count.nullish().catch(null)

export const usageSchema = z.object({
  inputTokens: count,
  outputTokens: count.nullish(),
  cacheReadInputTokens: optional,
  cacheWriteInputTokens: optional,
})

/** `inputTokens` leaves out what was read from or written to the cache; ours has it all. Thoughts are not counted apart. */
export const usageOf = (raw: z.infer<typeof usageSchema>): Usage => {
  const cacheRead = raw.cacheReadInputTokens
  return {
    inputTokens: raw.inputTokens + (raw.cacheWriteInputTokens ?? 0) + (cacheRead ?? 0),
    outputTokens: raw.outputTokens ?? 0,
    ...(typeof cacheRead === 'number' ? { cachedInputTokens: cacheRead } : {}),
  }
}
