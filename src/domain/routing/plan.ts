/**
 * The plan of one request: the route's candidates in the order in which they are to be called, less those that
 * can't serve it. What is unknown of a model never drops it.
 *
 * PLAN-1 The healthy ones stand first, in the order that is given (order.ts), else each in its own place of the route.
 * PLAN-2 One whose circuit is open or held goes last where the route tries everything (`whenAllOpen: try`),
 *    else out.
 * PLAN-3 One that an operator forced open is out.
 * PLAN-4 One that is held for lack of a valid key is out on a route that parks: a call could only be refused, and a crowd
 *    would make as many of them.
 */
import type { Spent } from '../budgets/budget'
import { type FailureClass, ruleOf } from '../failures/failure'
import { charactersAndImages } from '../request/measures'
import type { GenerationRequest } from '../request/request'
import type { ModelFacts, Route } from './route'

export interface Dropped {
  target: string
  reason: string
  /** `request`: the model can't do what is requested. `provider`: the provider can't be called at all. */
  because: 'request' | 'provider' | 'circuit'
}

/** A target that its circuit, or a hold, keeps from being called. */
export interface Blocked {
  target: string
  /** Epoch milliseconds: when it may be called again; null: not known. */
  until: number | null
  reason: string
  /** By an operator. */
  forced: boolean
  /** For which failure it is held. Absent: it is not. */
  hold?: FailureClass | undefined
}

/** Of a tenant's budget. `waits`: till it has room; else it ends. */
export interface PlanSpent extends Spent {
  tenant: string
  waits: boolean
}

/** Candidates by their place in the route, from 0. */
export interface Plan {
  ready: number[]
  /** To be called when all others have failed, although their circuits are open. */
  lastResort: number[]
  /** Out for now: their circuits may let them through later, at `until`. */
  blocked: { candidate: number; until: number | null }[]
  dropped: Dropped[]
  /** Its tenant's budget has no room: nobody may be called. Absent: it has. */
  spent?: PlanSpent | undefined
}

/** What the worker knows of the providers. */
export interface BoardView {
  /** Provider -> why it can't be called. */
  unusable: ReadonlyMap<string, string>
  blocked: readonly Blocked[]
}

/** When the first of them may be called again, epoch milliseconds; null: not known. */
export function firstAskable(blocked: Plan['blocked']): number | null {
  const moments = blocked.flatMap(({ until }) => (until === null ? [] : [until]))
  return moments.length === 0 ? null : Math.min(...moments)
}

/**
 * Text has at least one token per so many characters, whatever the tokenizer: English has about 4,
 * long runs of blanks up to 8 and more. Low on purpose: a call that might fit is made.
 */
const CHARACTERS_PER_TOKEN_AT_MOST = 8

/**
 * Orders and filters. `circuit: null`: no circuit counts.
 * @param order all candidates, by their places in the route. Default: as they stand there.
 */
export function makePlan(
  { candidates, circuit, park }: Pick<Route, 'candidates' | 'circuit' | 'park'>,
  request: GenerationRequest,
  view: BoardView,
  order: readonly number[] = candidates.map((_one, index) => index),
): Plan {
  const plan: Plan = { ready: [], lastResort: [], blocked: [], dropped: [] }
  const needs = needsOf(request)
  for (const index of order) {
    const candidate = candidates[index]
    if (candidate === undefined) continue
    const { target, provider, facts } = candidate
    const unusable = view.unusable.get(provider)
    const lack = lackOf(needs, facts)
    const blocked = circuit === null ? undefined : view.blocked.find((other) => other.target === target)
    if (unusable !== undefined) plan.dropped.push({ target, reason: unusable, because: 'provider' })
    else if (lack !== null) plan.dropped.push({ target, reason: lack, because: 'request' })
    else if (blocked === undefined) plan.ready.push(index)
    else if (circuit?.whenAllOpen === 'try' && !blocked.forced && !waitsForKey(blocked, park))
      plan.lastResort.push(index)
    else {
      plan.blocked.push({ candidate: index, until: blocked.until })
      plan.dropped.push({ target, reason: blocked.reason, because: 'circuit' })
    }
  }
  return plan
}

/** PLAN-4 */
const waitsForKey = ({ hold }: Blocked, park: Route['park']): boolean =>
  park?.noLastResort === true && hold !== undefined && ruleOf(hold).lacksKey

interface Needs {
  minimumTokens: number
  images: boolean
  tools: boolean
  jsonSchema: boolean
}

function needsOf(request: GenerationRequest): Needs {
  const { characters, images } = charactersAndImages(request)
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
