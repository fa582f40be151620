/** How many tokens, and how much of them for thinking. */
import type { JsonObject } from '../../domain/json'
import type { Params } from '../../domain/request'
import type { ModelFacts } from '../../domain/route'
import { MIN_THINKING_TOKENS, type ModelKind } from './models'

/**
 * Anthropic insists on `max_tokens`. Where neither the caller nor the model's facts tell one, this: every Claude
 * since 3.5 takes it, and a longer answer ends with the finish reason `length`, which callers see.
 */
export const DEFAULT_MAX_TOKENS = 8192

/** There is no word below `low`. */
const EFFORT_WORDS = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'max',
} as const

/** Tokens of thinking by effort, from Anthropic's smallest to what its guides use for hard tasks. */
export const BUDGET_TOKENS = {
  minimal: MIN_THINKING_TOKENS,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_768,
} as const

export interface TokenFields {
  maxTokens: number
  thinking?: JsonObject | undefined
  effort?: string | undefined
}

/**
 * The fields for a request's `maxTokens` and `reasoningEffort`. A budget counts towards `max_tokens`: it comes on
 * top of the default, and takes at most half of a limit that the caller or the facts set.
 */
export const tokenFields = (
  params: Params,
  facts: ModelFacts,
  kind: ModelKind,
  afterTool: boolean,
): TokenFields => {
  const { maxTokens: asked, reasoningEffort } = params
  const limit = asked ?? facts.maxOutputTokens
  const off = reasoningEffort === undefined || reasoningEffort === 'none' || kind.effort === 'none'
  if (off || (kind.effort === 'budget' && afterTool)) return { maxTokens: limit ?? DEFAULT_MAX_TOKENS }
  if (kind.effort === 'word') {
    return { maxTokens: limit ?? DEFAULT_MAX_TOKENS, effort: EFFORT_WORDS[reasoningEffort] }
  }
  const wanted = BUDGET_TOKENS[reasoningEffort]
  const budget =
    limit === undefined ? wanted : Math.min(wanted, Math.max(MIN_THINKING_TOKENS, Math.floor(limit / 2)))
  return {
    maxTokens: limit ?? DEFAULT_MAX_TOKENS + budget,
    thinking: { type: 'enabled', budget_tokens: budget },
  }
}
