/** The activities: all I/O of a generation. The workflow knows them by `Activities` alone. */
import type { DrillActivities } from '../src/contract/drill'
import type { Activities } from '../src/contract/generation'
import { createCallProvider } from './call-provider'
import type { ActivityDeps } from './deps'
import { createDrillCall } from './drill-call'
import { createExpressCall } from './express-call'
import { createFailover, type DrillForces } from './failover'
import { createLastLook } from './last-look'
import { createLookupCache } from './lookup-cache'
import { createPlanDrill } from './plan-drill'
import { createReadCircuits } from './read-circuits'
import { createResolveRequest } from './resolve-request'

export type { CallContext } from './call-context'
export { callProvider } from './call-provider'
export type { ActivityDeps } from './deps'

export const createActivities = (deps: ActivityDeps): Activities => ({
  resolveRequest: createResolveRequest(deps),
  lookupCache: createLookupCache(deps),
  readCircuits: createReadCircuits(deps),
  callProvider: createCallProvider(deps),
  expressCall: createExpressCall(deps),
  lastLook: createLastLook(deps),
})

/** Those of drills. `delivery`: what they say while they run, apart from all others. */
export const createDrillActivities = (
  deps: ActivityDeps,
  delivery: ActivityDeps['delivery'],
  forces: DrillForces,
): DrillActivities => ({
  ...createFailover(deps, forces),
  planDrill: createPlanDrill(deps),
  drillCall: createDrillCall(deps, delivery),
})
