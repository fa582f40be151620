/**
 * What Anthropic's own models take, by their names. The generation before 4.6 is listed, because it ends;
 * a name not known (a newer Claude) takes what the newest known ones do, and a name that is no Claude's
 * (another server with this format) is sent everything.
 * Sources: the `@anthropic-ai/sdk` types 0.95 and 1.12; from 4.6 on those of src/config/facts/anthropic.ts, and for how thoughts are
 * turned off platform.claude.com, whats-new-opus-5-5 (Opus 5 takes `disabled`), -sonnet-5-5 (`between_tools`) and
 * -haiku-5-5, read on 2026-11-28; the rest is general knowledge of these models, not checked against the live API.
 */
import type { GenerationRequest, Message, Params, ReasoningEffort } from '../../../domain/request/request'
import type { ModelFacts } from '../../../domain/routing/route'
import { isForced } from '../model-rules'
import type { Refusals } from '../refusals'
import { blocksOf } from './blocks'

export interface ModelKind {
  /** How reasoning effort is sent: by word, as a budget of thinking tokens, or not at all. */
  effort: 'word' | 'budget' | 'none'
  /** The words that it takes. `none`: it can do without thoughts. */
  efforts?: ReasoningEffort[]
  /** How it is switched to do without, where it thinks by default. */
  off?: 'disabled' | 'between_tools'
  /** Can it be made to call a tool? Absent: yes. */
  forcedTools?: false
  /** Temperature and top-p; `either`: one of the two. Models after Opus 4.6 take neither. */
  sampling: 'both' | 'either' | 'none'
  /** `output_config.format`. */
  jsonSchema: boolean
  /** Which of the ways to say `thinking` it takes: with a budget of tokens, or left to the model (`adaptive`). */
  thinking: readonly ('enabled' | 'adaptive')[]
}

const BUDGET = ['enabled'] as const
const BOTH = ['enabled', 'adaptive'] as const

export const TO_HIGH: ReasoningEffort[] = ['none', 'low', 'medium', 'high']
const TO_MAX: ReasoningEffort[] = [...TO_HIGH, 'xhigh', 'max']
const ALWAYS: ReasoningEffort[] = TO_MAX.filter((effort) => effort !== 'none')

const SINCE_4_7 = { effort: 'word', sampling: 'none', jsonSchema: true, thinking: ['adaptive'] } as const

/** First match decides. */
const KINDS: readonly [RegExp, ModelKind][] = [
  [
    /claude-(?:2|instant|3-(?:5-|opus|sonnet|haiku))/,
    { effort: 'none', sampling: 'both', jsonSchema: false, thinking: [] },
  ],
  [/claude-3-7-/, { effort: 'budget', sampling: 'both', jsonSchema: false, thinking: BUDGET }],
  [
    /claude-(?:opus|sonnet)-4-1(?!\d)/,
    { effort: 'budget', sampling: 'either', jsonSchema: true, thinking: BUDGET },
  ],
  [
    /claude-(?:opus|sonnet)-4(?:-0|-\d{8}|$|[@:])/,
    { effort: 'budget', sampling: 'both', jsonSchema: false, thinking: BUDGET },
  ],
  [
    /claude-(?:sonnet|haiku)-4-5/,
    { effort: 'budget', sampling: 'either', jsonSchema: true, thinking: BUDGET },
  ],
  [
    /claude-opus-4-5/,
    { effort: 'word', efforts: TO_HIGH, sampling: 'either', jsonSchema: true, thinking: BUDGET },
  ],
  [
    /claude-(?:opus|sonnet)-4-6/,
    { effort: 'word', efforts: [...TO_HIGH, 'max'], sampling: 'either', jsonSchema: true, thinking: BOTH },
  ],
  [/claude-opus-4-[78]/, { ...SINCE_4_7, efforts: TO_MAX }],
  [/claude-haiku-5-5/, { ...SINCE_4_7, efforts: TO_MAX, off: 'disabled' }],
  [/claude-sonnet-5-5/, { ...SINCE_4_7, efforts: TO_MAX, off: 'between_tools', forcedTools: false }],
  [/claude-(?:opus|sonnet)-5(?:-\d{8}|-v\d|$|[@:])/, { ...SINCE_4_7, efforts: TO_MAX, off: 'disabled' }],
  [/claude-(?:(?:fable|mythos)-5(?:-\d{8}|-v\d|$|[@:])|mythos-preview)/, { ...SINCE_4_7, efforts: ALWAYS }],
  [/claude/, { ...SINCE_4_7, efforts: ALWAYS, forcedTools: false }],
]

/** May there be thoughts in its answers that nobody has requested? */
export const thinksUnasked = (kind: ModelKind): boolean =>
  kind === NOT_CLAUDE || (kind.thinking.length > 0 && kind.thinking.every((way) => way === 'adaptive'))

const NOT_CLAUDE: ModelKind = {
  effort: 'word',
  efforts: TO_MAX,
  sampling: 'both',
  jsonSchema: true,
  thinking: BOTH,
}

export const kindOf = (model: string): ModelKind =>
  KINDS.find(([name]) => name.test(model))?.[1] ?? NOT_CLAUDE

/** The facts, over what the name says. */
export const factsWith = (kind: ModelKind, facts: ModelFacts): ModelFacts => ({
  ...(kind.efforts === undefined ? {} : { efforts: kind.efforts }),
  ...(kind.sampling === 'none' ? { sampling: 'never' as const } : {}),
  ...(kind.forcedTools === false ? { forcedTools: false } : {}),
  ...facts,
})

/** The smallest thinking budget that Anthropic takes, in tokens; it must stay below `max_tokens`. */
export const MIN_THINKING_TOKENS = 1024

/** It forbids forced tools. */
const budgetRefusal = (request: GenerationRequest, params: Params): string | undefined => {
  if (params.maxTokens !== undefined && params.maxTokens <= MIN_THINKING_TOKENS) {
    return `needs maxTokens above ${MIN_THINKING_TOKENS} on this model`
  }
  return isForced(request) ? 'can not be combined with a forced tool choice on this model' : undefined
}

/** Are we behind a tool's result, or words that are to be gone on with, without the signed thoughts that led to its call? Thinking by budget asks for them. */
export const lacksThoughts = (messages: readonly Message[]): boolean => {
  const last = messages.findLast((message) => message.role === 'assistant')
  const role = messages.at(-1)?.role
  return (role === 'tool' || role === 'assistant') && (last === undefined || blocksOf(last).length === 0)
}

/** Thinking needs its own earlier thoughts back beside tool calls: where they are not there, it is left off. */
const thinksWithBudget = (kind: ModelKind, { params = {}, messages }: GenerationRequest): boolean =>
  kind.effort === 'budget' &&
  params.reasoningEffort !== undefined &&
  params.reasoningEffort !== 'none' &&
  !lacksThoughts(messages)

/** The parameters that this model refuses. 1 is the default of temperature and top-p, and passes. */
export const refusalsOf = (kind: ModelKind, request: GenerationRequest): Refusals => {
  const params = request.params ?? {}
  const wantsThought = params.reasoningEffort !== undefined && params.reasoningEffort !== 'none'
  // The caller's own `thinking` gives way to the rest of the request (thinking.ts).
  const byEffort = params.thinking === undefined
  const budget =
    byEffort && kind.effort === 'budget' && wantsThought ? budgetRefusal(request, params) : undefined
  const thinks = byEffort && thinksWithBudget(kind, request) && budget === undefined
  // What takes none at all says so by its facts (`factsWith`).
  const noSampling = thinks ? 'can not be combined with reasoningEffort on this model' : undefined
  const both = kind.sampling === 'either' && params.temperature !== undefined && params.topP !== undefined
  return {
    seed: 'has no place in the Messages API',
    stop: params.stop?.some((one) => one.trim() === '') ? 'of blanks alone is not taken there' : undefined,
    frequencyPenalty: params.frequencyPenalty ? 'has no place in the Messages API' : undefined,
    presencePenalty: params.presencePenalty ? 'has no place in the Messages API' : undefined,
    logitBias:
      Object.keys(params.logitBias ?? {}).length > 0 ? 'has no place in the Messages API' : undefined,
    temperature:
      params.temperature === 1
        ? undefined
        : (noSampling ?? ((params.temperature ?? 0) > 1 ? 'is above 1' : undefined)),
    topP:
      params.topP === 1
        ? undefined
        : (noSampling ?? (both ? 'can not be combined with temperature on this model' : undefined)),
    reasoningEffort: kind.effort === 'none' && wantsThought ? 'is not taken by this model' : budget,
  }
}
