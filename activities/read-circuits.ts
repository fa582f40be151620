/**
 * What this worker knows of the providers before it calls one, how long their calls took, and whether its tenant's budget
 * (`src/budgets`) and the route's hedge budget (`src/domain/routing/share-bucket.ts`) have room. A local activity: its result is
 * recorded, so that a replay takes the same way.
 */
import type { Activities, CircuitQuery, CircuitSnapshot } from '../src/contract/generation'
import type { ActivityDeps } from './deps'

type Deps = Pick<ActivityDeps, 'access' | 'budgets' | 'circuits' | 'hedges' | 'latencies' | 'observedTime'>

export function createReadCircuits({
  access,
  budgets,
  circuits,
  hedges,
  latencies,
  observedTime,
}: Deps): Activities['readCircuits'] {
  return async ({ targets, fresh, budget, latency, claim, at }: CircuitQuery): Promise<CircuitSnapshot> => {
    if (at !== undefined) observedTime(at)
    if (budget !== undefined && 'take' in budget) return { unusable: [], mayHedge: hedges.take(budget.route) }
    if (budget !== undefined) hedges.count(budget.route, budget.count.share)
    const providers = [...new Set(targets.map(({ provider }) => provider))]
    const [spent] = await Promise.all([
      claim === undefined ? null : budgets.claim(claim, fresh),
      circuits.fresh(providers, fresh ? 0 : undefined),
    ])
    const blocked = targets.flatMap(({ target, provider, model }) => {
      const obstacle = circuits.obstacle(provider, model)
      return obstacle === null ? [] : [{ target, ...obstacle }]
    })
    const unusable = providers.flatMap((provider) => {
      const reached = access(provider)
      return reached.ok ? [] : [{ provider, reason: reached.reason }]
    })
    const names = targets.map(({ target }) => target)
    return {
      unusable,
      ...(blocked.length === 0 ? {} : { blocked }),
      ...(latency === undefined
        ? {}
        : { latencies: latencies.known(latency.route, names, latency.streamed) }),
      ...(spent === null ? {} : { spent }),
    }
  }
}
