import type { Usage } from '../streaming/answer'
import type { ModelFacts } from './route'

/**
 * US dollars for one call, from prices per million tokens. What is read from a prompt cache or written to it is charged at
 * its own price where one is known, else as input. null: price or usage unknown.
 */
export function costUsd(usage: Usage | null, facts: ModelFacts): number | null {
  const { inputPerMillion, outputPerMillion } = facts
  if (usage === null || inputPerMillion === undefined) return null
  // Vectors have no tokens of an answer, and their models no price for any.
  if (outputPerMillion === undefined && usage.outputTokens > 0) return null
  const {
    cachedInputPerMillion = inputPerMillion,
    cacheWritePerMillion = inputPerMillion,
    longCacheWritePerMillion = cacheWritePerMillion,
  } = facts
  const read = Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens)
  const written = Math.min(usage.cacheWriteInputTokens ?? 0, usage.inputTokens - read)
  const long = Math.min(usage.longCacheWriteInputTokens ?? 0, written)
  return (
    ((usage.inputTokens - read - written) * inputPerMillion +
      read * cachedInputPerMillion +
      (written - long) * cacheWritePerMillion +
      long * longCacheWritePerMillion +
      usage.outputTokens * (outputPerMillion ?? 0)) /
    1_000_000
  )
}
