/**
 * What the families of models on Bedrock take beside the fields that Converse has for all, by the names of the models. An
 * ARN of an inference profile or of provisioned throughput names none: it is sent what the newest Claude takes.
 * Sources: the types of `@aws-sdk/client-bedrock-runtime` 3.1164; for fields of a family langchain-ai/docs#5239,
 * stdapi-ai/stdapi.ai#283 and #7, UKGovernmentBEIS/inspect_ai#3767 and #5301. Not checked against the live API; 2026-11-28.
 */
import type { JsonObject } from '../../../domain/request/json'
import type { GenerationRequest, ReasoningEffort } from '../../../domain/request/request'
import { refusalsOf as claudeRefusals, kindOf } from '../anthropic-messages/models'
import type { Refusals } from '../refusals'

type Effort = Exclude<ReasoningEffort, 'none'>

export interface Family {
  /** Is it one of Anthropic's, or may it be? Then it takes `thinking` and effort as these do. */
  claude: boolean
  /** Does it take marks for the prompt cache? Others refuse them. */
  cachePoints: boolean
  topK: ((topK: number) => JsonObject) | null
  /** Fields of the model's own for an effort; null: it takes none. Of Claude's see `thinking.ts` there. */
  effort: ((effort: Effort) => JsonObject) | null
}

const OTHER: Family = { claude: false, cachePoints: false, topK: null, effort: null }

/** Nova and gpt-oss have three words. */
const NEAREST = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const satisfies Record<Effort, string>

const CLAUDE: Family = { claude: true, cachePoints: true, topK: (top_k) => ({ top_k }), effort: null }

const nova = (effort: Family['effort']): Family => ({
  ...OTHER,
  cachePoints: true,
  topK: (topK) => ({ inferenceConfig: { topK } }),
  effort,
})

/** First match decides. */
const FAMILIES: readonly [RegExp, Family][] = [
  [/claude/, CLAUDE],
  [
    /nova-2/,
    nova((effort) => ({ reasoningConfig: { type: 'enabled', maxReasoningEffort: NEAREST[effort] } })),
  ],
  [/amazon\.nova/, nova(null)],
  [/gpt-oss|kimi/, { ...OTHER, effort: (effort) => ({ reasoning_effort: NEAREST[effort] }) }],
  [
    /openai\.gpt-/,
    { ...OTHER, effort: (effort) => ({ reasoning: { effort: effort === 'minimal' ? 'low' : effort } }) },
  ],
  // The ARN of something that was made in an account.
  [/^arn:(?!.*foundation-model)(?!.*:inference-profile\/)/, CLAUDE],
]

export const familyOf = (model: string): Family => FAMILIES.find(([name]) => name.test(model))?.[1] ?? OTHER

const NO_PLACE = 'has no place in the Converse API'

/** The parameters that this model refuses, or that Converse can't say. */
export function refusalsOf(model: string, request: GenerationRequest): Refusals {
  const family = familyOf(model)
  const { topK, reasoningEffort, parallelToolCalls, frequencyPenalty, presencePenalty, logitBias } =
    request.params ?? {}
  const wantsThought = reasoningEffort !== undefined && reasoningEffort !== 'none'
  const ofFamily: Refusals = family.claude
    ? claudeRefusals(kindOf(model), request)
    : {
        topK: topK !== undefined && family.topK === null ? 'is not taken by this model' : undefined,
        reasoningEffort: wantsThought && family.effort === null ? 'is not taken by this model' : undefined,
      }
  return {
    ...ofFamily,
    seed: NO_PLACE,
    frequencyPenalty: frequencyPenalty ? NO_PLACE : undefined,
    presencePenalty: presencePenalty ? NO_PLACE : undefined,
    logitBias: Object.keys(logitBias ?? {}).length > 0 ? NO_PLACE : undefined,
    parallelToolCalls: parallelToolCalls === false ? NO_PLACE : undefined,
  }
}
