/**
 * The plan of one request: the route's candidates, less those that can't serve it. What is unknown
 * of a model never drops it.
 */
import type { GenerationRequest } from './request'
import type { Candidate, ModelFacts } from './route'

export interface Dropped {
  target: string
  reason: string
  /** `request`: the model can't do what is asked. `provider`: the provider can't be asked at all. */
  because: 'request' | 'provider'
}

export interface Plan {
  candidates: Candidate[]
  dropped: Dropped[]
}

/**
 * Text has at least one token per so many characters, whatever the tokenizer: English has about 4,
 * long runs of blanks up to 8 and more. Low on purpose: a call that might fit is made.
 */
const CHARACTERS_PER_TOKEN_AT_MOST = 8

/**
 * Orders and filters. `unusable` names providers that this cluster can't ask, with the reason.
 * The order stays the route's.
 */
export function makePlan(
  candidates: readonly Candidate[],
  request: GenerationRequest,
  unusable: ReadonlyMap<string, string>,
): Plan {
  const plan: Plan = { candidates: [], dropped: [] }
  const needs = needsOf(request)
  for (const candidate of candidates) {
    const { target, facts } = candidate
    const unusableReason = unusable.get(candidate.provider)
    const lack = lackOf(needs, facts)
    if (unusableReason !== undefined)
      plan.dropped.push({ target, reason: unusableReason, because: 'provider' })
    else if (lack !== null) plan.dropped.push({ target, reason: lack, because: 'request' })
    else plan.candidates.push(candidate)
  }
  return plan
}

interface Needs {
  minimumTokens: number
  images: boolean
  tools: boolean
  jsonSchema: boolean
}

function needsOf(request: GenerationRequest): Needs {
  let characters = 0
  let images = false
  for (const { content } of request.messages) {
    if (typeof content === 'string') characters += content.length
    else
      for (const part of content) {
        if (part.type === 'text') characters += part.text.length
        else images = true
      }
  }
  return {
    minimumTokens: Math.floor(characters / CHARACTERS_PER_TOKEN_AT_MOST),
    images,
    tools: (request.tools ?? []).length > 0,
    jsonSchema: request.output !== undefined,
  }
}

/** Why a model of these facts can't serve, or null. */
function lackOf(needs: Needs, facts: ModelFacts): string | null {
  const { contextTokens } = facts
  if (contextTokens !== undefined && needs.minimumTokens > contextTokens)
    return `the prompt has at least ${needs.minimumTokens} tokens, its context window ${contextTokens}`
  if (needs.images && facts.images === false) return 'it takes no images'
  if (needs.tools && facts.tools === false) return 'it takes no tools'
  if (needs.jsonSchema && facts.jsonSchema === false) return 'it takes no JSON schema'
  return null
}
