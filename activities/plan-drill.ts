/** The routes of a drill by this worker's config, as they run there. A local activity: what it finds is recorded. */
import type { DrillActivities, DrillPlan, PlannedRoute } from '../src/contract/drill'
import type { ProviderUnusable } from '../src/contract/generation'
import { FAULT_NAMES, type FaultName, faultOf, isFaultName } from '../src/domain/drill/faults'
import { scaledRoute, scaleOf } from '../src/domain/drill/scale'
import type { Route } from '../src/domain/routing/route'
import type { ActivityDeps } from './deps'

/** Each is a run of its own in Temporal, and the drill's history holds them all. */
const MAX_CASES = 2_000

export function createPlanDrill({
  config,
  access,
}: Pick<ActivityDeps, 'config' | 'access'>): DrillActivities['planDrill'] {
  return async ({ routes = Object.keys(config.routes), faults = FAULT_NAMES, unscaled }) => {
    const unknown = routes.filter((name) => !Object.hasOwn(config.routes, name))
    if (unknown.length > 0)
      return refused(
        `the workers' config has no route ${unknown.join(', ')}, but ${Object.keys(config.routes).join(', ')}`,
      )
    const known = faults.filter(isFaultName)
    if (known.length < faults.length) {
      const others = faults.filter((name) => !isFaultName(name))
      return refused(`there is no fault ${others.join(', ')}, but ${FAULT_NAMES.join(', ')}`)
    }
    const planned = routes.flatMap((name) => {
      const route = config.routes[name]
      return route === undefined ? [] : [plannedRoute(route, known, unscaled === true, access)]
    })
    const cases = planned.reduce((sum, one) => sum + one.faults.length, 0)
    if (cases > MAX_CASES)
      return refused(`${cases} cases are more than the ${MAX_CASES} of one drill: name routes or faults`)
    if (cases === 0) return refused('none of these faults can be met on these routes')
    return { ok: true, routes: planned }
  }
}

const refused = (message: string): DrillPlan => ({ ok: false, message })

function plannedRoute(
  { shadow: _shadow, order: _order, sticky: _sticky, ...given }: Route,
  faults: readonly FaultName[],
  unscaled: boolean,
  access: ActivityDeps['access'],
): PlannedRoute {
  const scale = unscaled ? 1 : scaleOf(given)
  // Each fault is met by the candidate that is listed first, whoever would be called first on another day.
  // What is shared stays out of it, so that it can't be touched: circuits and cache. Each attempt gets a provider of its
  // own, where nothing goes on by itself.
  const bare: Route = {
    ...given,
    circuit: null,
    cache: null,
    candidates: given.candidates.map(({ background: _background, ...candidate }) => candidate),
  }
  const providers = [...new Set(given.candidates.map(({ provider }) => provider))]
  return {
    route: scaledRoute(bare, scale),
    scale,
    unusable: providers.flatMap((provider): ProviderUnusable[] => {
      const reached = access(provider)
      return reached.ok ? [] : [{ provider, reason: reached.reason }]
    }),
    // Vectors are not streamed.
    faults: faults.filter((name) => given.kind !== 'embeddings' || !faultOf(name).streamed),
  }
}
