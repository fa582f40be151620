/**
 * What drills are started with and say (docs/drills.md): names, messages, and what of them stands in a memo.
 *
 * DRILL-1 The mark stands on the input of a workflow type of its own. `generation` reads none, so nothing that a caller
 *    sends can make a request of his a drill.
 * DRILL-2 A call with the mark is another activity: a worker of an older build, which knows neither, can't make it.
 */
import type { DrillForce } from '../domain/circuits/circuit'
import type { GoldenPrompt } from '../domain/drill/failover'
import type { FaultName } from '../domain/drill/faults'
import type { Route } from '../domain/routing/route'
import type { CallProviderInput, CallProviderResult, GenerationInput, ProviderUnusable } from './generation'

export const DRILL_WORKFLOW = 'drill'
export const FAILOVER_WORKFLOW = 'failoverDrill'
/** DRILL-1. As GENERATION_WORKFLOW, with the mark. */
export const DRILL_GENERATION_WORKFLOW = 'drillGeneration'
/** Answers with the DrillReport, or the FailoverReport, so far. */
export const DRILL_PROGRESS_QUERY = 'drillProgress'
/** The type of the ApplicationFailure of a drill that could not begin. */
export const DRILL_REFUSED = 'DrillRefused'

/** One drill of one fault is a generation with this. */
export interface DrillMark {
  fault: FaultName
  /** Candidates that have the fault, by their place in the route. */
  victims: number[]
  /** As of the worker that planned it. */
  unusable: ProviderUnusable[]
  /** Of the route's durations: scale.ts. */
  scale: number
}

/** The input of DRILL_GENERATION_WORKFLOW. */
export type DrilledInput = GenerationInput & { drill: DrillMark }

/** DRILL-2. The input of `drillCall`. */
export type DrillCallInput = CallProviderInput & { drill: DrillMark }

/** The input of DRILL_WORKFLOW. */
export interface DrillInput {
  /** Default: all of the workers' config. */
  routes?: string[] | undefined
  /** Default: all. */
  faults?: string[] | undefined
  /** Faults that can be survived have to be answered, by whatever policy. */
  strict?: boolean | undefined
  /** Durations as they stand in the config. */
  unscaled?: boolean | undefined
}

/** One route of a drill, as it runs there. */
export interface PlannedRoute {
  route: Route
  scale: number
  unusable: ProviderUnusable[]
  faults: FaultName[]
}

/** What `planDrill` recorded. */
export type DrillPlan = { ok: true; routes: PlannedRoute[] } | { ok: false; message: string }

/** The input of FAILOVER_WORKFLOW. */
export interface FailoverInput {
  /** `provider/model`, or `provider`: its account. */
  target: string
  /** Default: all that have the target. */
  routes?: string[] | undefined
  /** Default: GOLDEN_PROMPTS. */
  prompts?: GoldenPrompt[] | undefined
  /** From the forcing to its end, whatever happens. */
  limitMs: number
}

/** One request of a failover drill. */
export interface PlannedPrompt {
  prompt: GoldenPrompt
  input: Pick<GenerationInput, 'route' | 'request' | 'searchAttributes'>
}

/** What `planFailover` recorded. */
export type FailoverPlan = { ok: true; prompts: PlannedPrompt[] } | { ok: false; message: string }

/** The input of `forceForDrill` and `releaseForDrill`. */
export interface DrillForceInput {
  target: string
  drill: DrillForce
}

/** What `forceForDrill` recorded. false: nothing was changed. */
export type DrillForced = { forced: true } | { forced: false; message: string }

/** The activities of drills, as their workflows see them. */
export interface DrillActivities {
  planFailover(input: FailoverInput): Promise<FailoverPlan>
  forceForDrill(input: DrillForceInput): Promise<DrillForced>
  releaseForDrill(input: DrillForceInput): Promise<void>
  planDrill(input: DrillInput): Promise<DrillPlan>
  /** DRILL-2 */
  drillCall(input: DrillCallInput): Promise<CallProviderResult>
}

/** Which drill a run's end counts for: the `drill` of the metrics. */
export type DrillKind = 'faults' | 'failover'

const DRILL_MEMO = 'holdfastDrill'

export interface DrillMemo {
  /** null: it was of a part only, by hand, and says nothing of the whole. */
  kind: DrillKind | null
  /** Absent: it has not ended, or not by itself. */
  passed?: boolean | undefined
}

export const drillMemo = (memo: DrillMemo): { [name: string]: DrillMemo } => ({ [DRILL_MEMO]: memo })

/** null: none, or damaged. */
export function readDrillMemo(memo: { [name: string]: unknown } | undefined): DrillMemo | null {
  const value = memo?.[DRILL_MEMO]
  if (typeof value !== 'object' || value === null || !('kind' in value)) return null
  const { kind } = value
  if (kind !== null && kind !== 'faults' && kind !== 'failover') return null
  const passed = 'passed' in value && typeof value.passed === 'boolean' ? value.passed : undefined
  return { kind, passed }
}
