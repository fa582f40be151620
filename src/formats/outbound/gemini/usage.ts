import { z } from 'zod'
import type { Usage } from '../../../domain/streaming/answer'

/** Of a count of 0 the field is left out. */
const count = z.number().int().nonnegative().nullish().catch(null)

export const usageSchema = z.object({
  promptTokenCount: count,
  toolUsePromptTokenCount: count,
  cachedContentTokenCount: count,
  candidatesTokenCount: count,
  thoughtsTokenCount: count,
})

/** The prompt's count includes cached tokens; the candidates' leaves the thoughts out. */
export const usageOf = (raw: z.infer<typeof usageSchema>): Usage => {
  const { cachedContentTokenCount: cached, thoughtsTokenCount: thoughts } = raw
  return {
    inputTokens: (raw.promptTokenCount ?? 0) + (raw.toolUsePromptTokenCount ?? 0),
    outputTokens: (raw.candidatesTokenCount ?? 0) + (thoughts ?? 0),
    ...(typeof cached === 'number' ? { cachedInputTokens: cached } : {}),
    ...(typeof thoughts === 'number' ? { reasoningTokens: thoughts } : {}),
  }
}
