/** What the facts of a model say of one request, the same for every format. A fact that is not known refuses nothing. */
import {
  type GenerationRequest,
  type Params,
  REASONING_EFFORTS,
  type ReasoningEffort,
} from '../../domain/request/request'
import type { ModelFacts } from '../../domain/routing/route'
import type { Refusals } from './refusals'

/**
 * The word that is sent for one that the model does not take: the nearest below, so that nobody pays for more than was
 * wanted; below all of them the lowest. `none` stands for itself alone: who wants little thought wants some.
 */
export function nearestEffort(
  wanted: ReasoningEffort,
  taken: readonly ReasoningEffort[] = REASONING_EFFORTS,
): ReasoningEffort {
  if (taken.length === 0 || taken.includes(wanted)) return wanted
  const thinking = REASONING_EFFORTS.filter((word) => word !== 'none' && taken.includes(word))
  const limit = REASONING_EFFORTS.indexOf(wanted)
  const below = thinking.findLast((word) => REASONING_EFFORTS.indexOf(word) < limit)
  return below ?? thinking[0] ?? wanted
}

/** Is a tool to be called, whatever the model thinks? */
export const isForced = ({ toolChoice }: Pick<GenerationRequest, 'toolChoice'>): boolean =>
  toolChoice === 'required' || typeof toolChoice === 'object'

const SAMPLING_REFUSED = {
  never: 'is not taken by this model',
  'without-reasoning': 'is taken by this model only with reasoningEffort none',
} as const

/** Why it takes no sampling now, or undefined. */
function samplingRefusal(params: Params, facts: ModelFacts): string | undefined {
  const { sampling, defaultEffort, efforts } = facts
  if (sampling === undefined || sampling === 'always') return undefined
  const wanted = params.reasoningEffort ?? defaultEffort
  const effort = wanted && nearestEffort(wanted, efforts)
  return sampling === 'without-reasoning' && effort === 'none' ? undefined : SAMPLING_REFUSED[sampling]
}

/** A temperature or top-p of 1 is the default, and passes. */
export function factRefusals(params: Params, facts: ModelFacts): Refusals {
  const { maxTokens, temperature, topP } = params
  const sampling = samplingRefusal(params, facts)
  const max = facts.maxOutputTokens
  return {
    maxTokens:
      maxTokens !== undefined && max !== undefined && maxTokens > max
        ? `is above the model's maximum of ${max}`
        : undefined,
    temperature: temperature === 1 ? undefined : sampling,
    topP: topP === 1 ? undefined : sampling,
    topK: sampling,
  }
}
