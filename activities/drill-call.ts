/**
 * A call of a drill: the attempt as it always is, but at a provider that is made for it and has the fault.
 *
 * DRILL-CALL-1 Nothing reaches a provider: the worker's own HTTP client, keys, URLs and headers are not used. What the
 *    call has in their place knows one address, on this host.
 * DRILL-CALL-2 What the worker's calls share is not used either. Circuits, cache and hedge budgets throw where a drill comes
 *    to them; no tenant is billed for it; keys, slots and the delivery log are the drill's own.
 * DRILL-CALL-3 The provider lives as long as the call, and plays the one step of the call's number: nothing is kept from one
 *    attempt to the next, so any worker may make it.
 */
import { Context } from '@temporalio/activity'
import { readAttemptDetails } from '../src/contract/attempt-details'
import type { DrillActivities, DrillCallInput, DrillMark } from '../src/contract/drill'
import { type FaultStep, faultOf, HEALTHY_STEP, stepOf } from '../src/domain/drill/faults'
import { countCalls } from '../src/domain/routing/attempt'
import { createHttpClient } from '../src/http'
import { createMetrics } from '../src/telemetry/metrics'
import type { CallContext } from './call-context'
import { callProvider } from './call-provider'
import type { ActivityDeps } from './deps'
import { UNLIMITED } from './take-of-limits'

/** The simulated provider's name: it has one only. */
const PROVIDER = 'drill'

/** Nobody listens there. */
const REFUSING_URL = `http://127.0.0.1:1/${PROVIDER}/v1`

/** `delivery`: the drills' own. */
export const createDrillCall = (
  deps: ActivityDeps,
  delivery: ActivityDeps['delivery'],
): DrillActivities['drillCall'] => {
  // DRILL-CALL-2. Nobody reads these metrics, and a drill is in nobody's trace.
  const uncounted = { metrics: createMetrics(), tracing: null }
  return (input) => drillCall({ ...deps, ...uncounted, delivery }, Context.current(), input)
}

/** Throws as `callProvider` does. */
export async function drillCall(deps: ActivityDeps, context: CallContext, input: DrillCallInput) {
  const { drill, ...call } = input
  // Only drills need it.
  const { startSimulator } = await import('../src/simulator')
  const simulator = await startSimulator()
  const http = createHttpClient({ env: {} })
  try {
    const step = stepOfCall(drill, input, context)
    if (step !== null) simulator.script(PROVIDER, [step])
    const baseUrl = step === null ? REFUSING_URL : simulator.baseUrl(PROVIDER)
    return await callProvider({ ...deps, ...isolated(deps, baseUrl), http }, context, call)
  } finally {
    await http.close()
    await simulator.close()
  }
}

/** DRILL-CALL-3 */
function stepOfCall(
  { fault, victims, scale }: DrillMark,
  { candidateIndex }: DrillCallInput,
  { info }: Pick<CallContext, 'info'>,
): FaultStep | null {
  if (!victims.includes(candidateIndex)) return HEALTHY_STEP
  const { records } = readAttemptDetails(info.heartbeatDetails)
  const step = stepOf(faultOf(fault), countCalls(records))
  if (step?.retryAfterMs === undefined) return step
  return { ...step, retryAfterMs: Math.max(1, Math.round(step.retryAfterMs * scale)) }
}

const untouched = (what: string) => (): never => {
  throw new Error(`a drill came to the worker's ${what}`)
}

/** DRILL-CALL-1, DRILL-CALL-2 */
function isolated(deps: ActivityDeps, baseUrl: string): Partial<ActivityDeps> {
  return {
    access(provider) {
      const access = deps.access(provider)
      if (!access.ok) return access
      return { ...access, baseUrl, auth: { type: 'none' }, headers: {}, query: {}, keys: [] }
    },
    expandHeaders(provider, headers) {
      const expanded = deps.expandHeaders(provider, headers)
      return expanded.ok ? { ok: true, headers: {} } : expanded
    },
    keyRing: { usable: () => [], choose: () => null, hold: () => false, worked: () => undefined },
    circuits: {
      admit: untouched('circuits'),
      obstacle: untouched('circuits'),
      fresh: untouched('circuits'),
    },
    budgets: { claim: untouched('budgets'), use: () => undefined, release: () => undefined },
    slots: { take: async () => () => undefined },
    limits: { take: () => ({ ok: true, permission: UNLIMITED }) },
    // A drill is no call of the route's, and shows what its policy does with room for a retry.
    retries: { count: () => undefined, take: () => true },
    hedges: { count: untouched('hedge budgets'), take: untouched('hedge budgets') },
    cache: { get: untouched('cache'), put: untouched('cache'), claim: untouched('cache') },
    probes: { began: untouched('probes') },
    logger: deps.logger.child({ drill: true }),
  }
}
