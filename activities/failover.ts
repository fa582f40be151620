/**
 * What a failover drill does outside of its workflow: it plans by this worker's config, and forces a circuit.
 *
 * FAILOVER-1 Its prompts are real calls, and paid: they are bounded, and read from no cache.
 */
import type {
  DrillActivities,
  DrillForceInput,
  FailoverInput,
  FailoverPlan,
  PlannedPrompt,
} from '../src/contract/drill'
import { HoldfastError } from '../src/contract/errors'
import { GOLDEN_PROMPTS, type GoldenPrompt, isMeant } from '../src/domain/drill/failover'
import type { Route } from '../src/domain/routing/route'
import { prepare } from '../src/request'
import type { ActivityDeps } from './deps'

/** FAILOVER-1 */
const MAX_CALLS = 200

/** How the worker reaches the circuits' entities. Both throw HoldfastError. */
export interface DrillForces {
  force(input: DrillForceInput): Promise<void>
  release(input: DrillForceInput): Promise<void>
}

type Deps = Pick<ActivityDeps, 'config' | 'searchAttributes'>

export const createFailover = (
  deps: Deps,
  forces: DrillForces,
): Pick<DrillActivities, 'planFailover' | 'forceForDrill' | 'releaseForDrill'> => ({
  async planFailover(input) {
    try {
      return planOf(deps, input)
    } catch (error) {
      if (error instanceof HoldfastError) return refused(error.message)
      throw error
    }
  },
  async forceForDrill(input) {
    try {
      await forces.force(input)
      return { forced: true }
    } catch (error) {
      // Whether it was changed is not known: it is tried again.
      if (!(error instanceof HoldfastError) || error.accepted !== false) throw error
      return { forced: false, message: error.message }
    }
  },
  releaseForDrill: (input) => forces.release(input),
})

const refused = (message: string): FailoverPlan => ({ ok: false, message })

/** Throws HoldfastError for a prompt that is no request. */
function planOf(
  { config, searchAttributes }: Deps,
  { target, routes, prompts = [...GOLDEN_PROMPTS] }: FailoverInput,
): FailoverPlan {
  const has = ({ candidates }: Route): boolean => candidates.some((one) => isMeant(target, one.target))
  const unknown = (routes ?? []).filter((name) => !Object.hasOwn(config.routes, name))
  if (unknown.length > 0) return refused(`the workers' config has no route ${unknown.join(', ')}`)
  const named = Object.values(config.routes).filter(
    (route) => (routes?.includes(route.name) ?? true) && has(route) && route.kind !== 'embeddings',
  )
  if (named.length === 0)
    return refused(`no ${routes === undefined ? 'route' : 'such route'} that answers messages has ${target}`)
  const off = named.filter(({ circuit }) => circuit === null).map(({ name }) => name)
  if (off.length > 0)
    return refused(`${off.join(', ')} has no circuits, so nothing can be forced there: name other routes`)
  if (named.length * prompts.length > MAX_CALLS)
    return refused(`${named.length * prompts.length} prompts are more than the ${MAX_CALLS} of one drill`)
  const planned = named.flatMap(({ name }) =>
    prompts.map((prompt): PlannedPrompt => {
      const { route, request } = prepare(config, { route: name, prompt: textOf(prompt), cache: 'no-store' })
      return { prompt, input: { route: { ...route, cache: null }, request, searchAttributes } }
    }),
  )
  return { ok: true, prompts: planned }
}

const textOf = ({ prompt }: GoldenPrompt): string => prompt
