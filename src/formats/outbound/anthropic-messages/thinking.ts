/** How many tokens, and how much of them for thinking. */
import type { JsonObject } from '../../../domain/request/json'
import type { GenerationRequest, Params, ReasoningEffort } from '../../../domain/request/request'
import type { ModelFacts } from '../../../domain/routing/route'
import { isForced, nearestEffort } from '../model-rules'
import { lacksThoughts, MIN_THINKING_TOKENS, type ModelKind, TO_HIGH } from './models'

/**
 * Anthropic insists on `max_tokens`. Where neither the caller nor the model's facts give one, this: every Claude
 * since 3.5 takes it, and a longer answer ends with the finish reason `length`, which callers see.
 */
const DEFAULT_MAX_TOKENS = 8192

/** Tokens of thinking by effort, from Anthropic's smallest to what its guides use for hard tasks. */
const BUDGET_TOKENS = {
  minimal: MIN_THINKING_TOKENS,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 24_576,
  max: 32_768,
} as const

/** The largest effort that a budget pays for, by the table above; a smaller one is the smallest. */
export const effortOfBudget = (tokens: number): 'minimal' | 'low' | 'medium' | 'high' =>
  (['high', 'medium', 'low'] as const).find((effort) => BUDGET_TOKENS[effort] <= tokens) ?? 'minimal'

export interface TokenFields {
  maxTokens: number
  thinking?: JsonObject | undefined
  effort?: string | undefined
}

/**
 * The fields for a request's `maxTokens`, `reasoningEffort` and `thinking`. A budget counts towards `max_tokens`: it comes
 * on top of the default, and takes at most half of a limit that the caller or the facts set.
 */
export const tokenFields = (
  params: Params,
  facts: ModelFacts,
  kind: ModelKind,
  request: GenerationRequest,
): TokenFields => {
  const { maxTokens, reasoningEffort } = params
  const limit = maxTokens ?? facts.maxOutputTokens
  if (params.thinking !== undefined) return ownThinking(params.thinking, params, limit, kind, request)
  const off = reasoningEffort === undefined || reasoningEffort === 'none' || kind.effort === 'none'
  if (off || (kind.effort === 'budget' && lacksThoughts(request.messages)))
    return {
      maxTokens: limit ?? DEFAULT_MAX_TOKENS,
      ...(reasoningEffort === 'none' ? withoutThoughts(kind) : {}),
    }
  if (kind.effort === 'word') {
    return { maxTokens: limit ?? DEFAULT_MAX_TOKENS, effort: reasoningEffort }
  }
  const wanted = BUDGET_TOKENS[reasoningEffort]
  const budget =
    limit === undefined ? wanted : Math.min(wanted, Math.max(MIN_THINKING_TOKENS, Math.floor(limit / 2)))
  return {
    maxTokens: limit ?? DEFAULT_MAX_TOKENS + budget,
    thinking: { type: 'enabled', budget_tokens: budget },
  }
}

/** For one that thinks by default. */
const withoutThoughts = ({ off }: ModelKind): Pick<TokenFields, 'thinking'> =>
  off === undefined ? {} : { thinking: { type: off } }

/** The caller's own `thinking`, as far as this model and the rest of the request let it stand. */
function ownThinking(
  own: JsonObject,
  params: Params,
  limit: number | undefined,
  kind: ModelKind,
  request: GenerationRequest,
): TokenFields {
  const maxTokens = limit ?? DEFAULT_MAX_TOKENS
  const { type, budget_tokens: budget = BUDGET_TOKENS.medium } = own
  const derived = type === 'enabled' && effortOfBudget(Number(budget)) === params.reasoningEffort
  const word: { effort?: ReasoningEffort } =
    kind.effort !== 'word' ||
    derived ||
    params.reasoningEffort === undefined ||
    params.reasoningEffort === 'none'
      ? {}
      : { effort: params.reasoningEffort }
  if (kind.thinking.length === 0) return { maxTokens, ...word }
  if (type === 'disabled' || type === 'between_tools') {
    // One that always thinks refuses the wish.
    if (kind.efforts !== undefined && !kind.efforts.includes('none')) return { maxTokens, ...word }
    // Without thoughts no more than `high` is taken.
    const effort = word.effort && nearestEffort(word.effort, TO_HIGH)
    return { maxTokens, ...(effort && { effort }), thinking: own, ...withoutThoughts(kind) }
  }
  if (type !== 'enabled' && type !== 'adaptive') return { maxTokens, ...word, thinking: own }
  // It goes with neither a forced tool nor a temperature; a budget not without the thoughts before a tool's result.
  const sampled = [params.temperature, params.topP].some((value) => value !== undefined && value !== 1)
  if (isForced(request) || sampled) return { maxTokens, ...word }
  if (type === 'adaptive')
    return kind.thinking.includes('adaptive') ? { maxTokens, ...word, thinking: own } : { maxTokens, ...word }
  if (!kind.thinking.includes('enabled')) return { maxTokens, ...word, thinking: { type: 'adaptive' } }
  if (lacksThoughts(request.messages) || maxTokens <= MIN_THINKING_TOKENS) return { maxTokens, ...word }
  const tokens = Math.max(MIN_THINKING_TOKENS, Math.min(Number(budget), maxTokens - 1))
  return { maxTokens, ...word, thinking: { ...own, budget_tokens: tokens } }
}
