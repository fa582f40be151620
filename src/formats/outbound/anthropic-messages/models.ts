/**
 * What Anthropic's own models take, by their names. The generation before 4.6 is listed, because it ends;
 * a name not known (a newer Claude) takes what the newest known ones do, and a name that is no Claude's
 * (another server with this format) is sent everything.
 * Sources: the `@anthropic-ai/sdk` types 0.95 and 1.12; the rest is general knowledge of these models, not
 * checked against the live API.
 */
import type { GenerationRequest, Message, Params } from '../../../domain/request/request'
import type { Refusals } from '../refusals'
import { blocksOf } from './blocks'

export interface ModelKind {
  /** How reasoning effort is sent: by word, as a budget of thinking tokens, or not at all. */
  effort: 'word' | 'budget' | 'none'
  /** What is said in place of words that this model lacks: the nearest below. */
  instead?: { readonly xhigh?: 'high'; readonly max?: 'high' }
  /** Temperature and top-p; `either`: one of the two. Models after Opus 4.6 take neither. */
  sampling: 'both' | 'either' | 'none'
  /** `output_config.format`. */
  jsonSchema: boolean
  /** Which of the ways to say `thinking` it takes: with a budget of tokens, or left to the model (`adaptive`). */
  thinking: readonly ('enabled' | 'adaptive')[]
}

const BUDGET = ['enabled'] as const
const BOTH = ['enabled', 'adaptive'] as const

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
    {
      effort: 'word',
      instead: { xhigh: 'high', max: 'high' },
      sampling: 'either',
      jsonSchema: true,
      thinking: BUDGET,
    },
  ],
  [
    /claude-(?:opus|sonnet)-4-6/,
    { effort: 'word', instead: { xhigh: 'high' }, sampling: 'either', jsonSchema: true, thinking: BOTH },
  ],
  [/claude/, { effort: 'word', sampling: 'none', jsonSchema: true, thinking: ['adaptive'] }],
]

/** May there be thoughts in its answers that nobody has requested? */
export const thinksUnasked = (kind: ModelKind): boolean =>
  kind === NOT_CLAUDE || (kind.thinking.length > 0 && kind.thinking.every((way) => way === 'adaptive'))

const NOT_CLAUDE: ModelKind = { effort: 'word', sampling: 'both', jsonSchema: true, thinking: BOTH }

export const kindOf = (model: string): ModelKind =>
  KINDS.find(([name]) => name.test(model))?.[1] ?? NOT_CLAUDE

/** The smallest thinking budget that Anthropic takes, in tokens; it must stay below `max_tokens`. */
export const MIN_THINKING_TOKENS = 1024

/** It forbids forced tools. */
const budgetRefusal = (request: GenerationRequest, params: Params): string | undefined => {
  if (params.maxTokens !== undefined && params.maxTokens <= MIN_THINKING_TOKENS) {
    return `needs maxTokens above ${MIN_THINKING_TOKENS} on this model`
  }
  const forced =
    request.toolChoice !== undefined && request.toolChoice !== 'auto' && request.toolChoice !== 'none'
  return forced ? 'can not be combined with a forced tool choice on this model' : undefined
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
  const noSampling =
    kind.sampling === 'none'
      ? 'is not taken by this model'
      : thinks
        ? 'can not be combined with reasoningEffort on this model'
        : undefined
  const both = kind.sampling === 'either' && params.temperature !== undefined && params.topP !== undefined
  return {
    seed: 'has no place in the Messages API',
    stop: params.stop?.some((one) => one.trim() === '') ? 'of blanks alone is not taken there' : undefined,
    frequencyPenalty: params.frequencyPenalty ? 'has no place in the Messages API' : undefined,
    presencePenalty: params.presencePenalty ? 'has no place in the Messages API' : undefined,
    logitBias:
      Object.keys(params.logitBias ?? {}).length > 0 ? 'has no place in the Messages API' : undefined,
    topK: kind.sampling === 'none' ? 'is not taken by this model' : undefined,
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
