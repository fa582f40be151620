import { z } from 'zod'
import type { Usage } from '../../../domain/streaming/answer'

const count = z.number().int().nonnegative()
const optional = count.nullish().catch(null)

export const usageSchema = z.object({
  inputTokens: count,
  outputTokens: count.nullish(),
  cacheReadInputTokens: optional,
  cacheWriteInputTokens: optional,
  cacheDetails: z
    .array(z.object({ ttl: z.string().nullish(), inputTokens: optional }))
    .nullish()
    .catch(null),
})

/** `inputTokens` leaves out what was read from or written to the cache; ours has it all. Thoughts are not counted apart. */
export const usageOf = (raw: z.infer<typeof usageSchema>): Usage => {
  const cacheRead = raw.cacheReadInputTokens
  const cacheWrite = raw.cacheWriteInputTokens
  const long = raw.cacheDetails?.find(({ ttl }) => ttl === '1h')?.inputTokens
  return {
    inputTokens: raw.inputTokens + (cacheWrite ?? 0) + (cacheRead ?? 0),
    outputTokens: raw.outputTokens ?? 0,
    ...(typeof cacheRead === 'number' ? { cachedInputTokens: cacheRead } : {}),
    ...(cacheWrite ? { cacheWriteInputTokens: cacheWrite } : {}),
    ...(long ? { longCacheWriteInputTokens: long } : {}),
  }
}
