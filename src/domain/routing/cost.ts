import type { Usage } from '../streaming/answer'
import type { ModelFacts } from './route'

/**
 * US dollars for one call, from prices per million tokens. Cached input is charged at its own price
 * where one is known, else as input. null: price or usage unknown.
 */
export function costUsd(usage: Usage | null, facts: ModelFacts): number | null {
  const { inputPerMillion, outputPerMillion, cachedInputPerMillion } = facts
  if (usage === null || inputPerMillion === undefined || outputPerMillion === undefined) return null
  const cached = Math.min(usage.cachedInputTokens ?? 0, usage.inputTokens)
  const input = (usage.inputTokens - cached) * inputPerMillion
  const cachedInput = cached * (cachedInputPerMillion ?? inputPerMillion)
  return (input + cachedInput + usage.outputTokens * outputPerMillion) / 1_000_000
}
