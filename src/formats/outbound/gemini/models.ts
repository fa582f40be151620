/**
 * What Google's own models take, by their names. The generations before 3 are listed, because they end; a name not known (a
 * newer Gemini, an alias like `gemini-pro-latest`) takes what the newest known ones do.
 * Sources, read on 2026-11-28: ai.google.dev/gemini-api/docs, "Gemini thinking", "Thought signatures", "OpenAI
 * compatibility" (efforts in levels and budgets) and "What's new in Gemini 4 Argon"; not checked against the live API.
 */
import type { JsonObject } from '../../../domain/request/json'
import type { GenerationRequest, ReasoningEffort } from '../../../domain/request/request'
import type { Refusals } from '../refusals'

export interface ModelKind {
  /** How reasoning effort is sent: as a level, as a budget of tokens, or not at all. Both at once are refused. */
  effort: 'level' | 'budget' | 'none'
  /** The lowest level. */
  least: 'MINIMAL' | 'LOW'
  /** Can it do without thoughts? */
  off: boolean
  /** Takes JSON as the response's type beside functions. */
  jsonBesideTools: boolean
  /** Refuses a call in the history that has no thought signature. */
  signs: boolean
}

const OLDER = { least: 'LOW', jsonBesideTools: false, signs: false } as const
const NEWEST: ModelKind = { effort: 'level', least: 'LOW', off: false, jsonBesideTools: true, signs: true }

/** First match decides. */
const KINDS: readonly [RegExp, ModelKind][] = [
  [/gemma|gemini-(?:1|2\.0|pro-vision|pro$)/, { ...OLDER, effort: 'none', off: true }],
  [/gemini-2\.5-pro/, { ...OLDER, effort: 'budget', off: false }],
  [/gemini-2/, { ...OLDER, effort: 'budget', off: true }],
  [/flash/, { ...NEWEST, least: 'MINIMAL' }],
]

export const kindOf = (model: string): ModelKind => KINDS.find(([names]) => names.test(model))?.[1] ?? NEWEST

/** As Google's own OpenAI endpoint translates the words; there is none above `high`. */
const BUDGET_TOKENS = {
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 24_576,
  max: 24_576,
} as const
const LEVELS = { low: 'LOW', medium: 'MEDIUM', high: 'HIGH', xhigh: 'HIGH', max: 'HIGH' } as const

/** Thoughts are shown where the caller has said how much of them it wants. undefined: as the model likes. */
export function thinkingConfig(
  { effort, least }: ModelKind,
  wanted: ReasoningEffort | undefined,
): JsonObject | undefined {
  if (wanted === undefined || effort === 'none') return undefined
  if (wanted === 'none') return { thinkingBudget: 0 }
  const amount =
    effort === 'budget'
      ? { thinkingBudget: BUDGET_TOKENS[wanted] }
      : { thinkingLevel: wanted === 'minimal' ? least : LEVELS[wanted] }
  return { ...amount, includeThoughts: true }
}

const NO_PLACE = "has no place in Gemini's API"

/** So many it takes (ai.google.dev/api/generate-content, `stopSequences`). */
const MAX_STOP_SEQUENCES = 5

function effortRefusal({ effort, off }: ModelKind, wanted: ReasoningEffort | undefined): string | undefined {
  // To do without what it can't do is no wish that could be lost.
  if (wanted === 'none') return off ? undefined : 'none: this model always thinks'
  return effort === 'none' ? 'is taken by models that think only' : undefined
}

/** The parameters that this model, or the format, refuses. */
export const refusalsOf = (kind: ModelKind, { params = {}, tools = [] }: GenerationRequest): Refusals => ({
  logitBias: Object.keys(params.logitBias ?? {}).length > 0 ? NO_PLACE : undefined,
  parallelToolCalls: params.parallelToolCalls === false && tools.length > 0 ? NO_PLACE : undefined,
  stop:
    (params.stop?.length ?? 0) > MAX_STOP_SEQUENCES
      ? `has more than the ${MAX_STOP_SEQUENCES} that are taken`
      : undefined,
  reasoningEffort: effortRefusal(kind, params.reasoningEffort),
})
