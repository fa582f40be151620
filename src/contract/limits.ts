/**
 * What workers and the entity of a provider's limits say to each other: names and messages. Workers of two builds may use
 * one entity: fields are added, never renamed.
 */
import type { PublishedLimit, PublishedLimits, WorkerReport } from '../domain/limits/sharing'
import { DEFAULT_TASK_QUEUE } from './generation'

export const LIMITS_WORKFLOW = 'limits'

/** As of CIRCUIT_BUILD: raise it with every change of what a history replays to. */
export const LIMITS_BUILD = 1

export const LIMITS_REPORT_SIGNAL = 'report'

/** Where the entity publishes its state. */
export const LIMITS_MEMO = 'holdfastLimits'

export const LIMITS_MAX_EVENTS = 4_000

/** One fleet of workers shares its limits: those of one task queue. */
export const limitsWorkflowId = (provider: string, taskQueue: string): string =>
  taskQueue === DEFAULT_TASK_QUEUE ? `limits-${provider}` : `limits-${provider}@${taskQueue}`

export interface LimitsMemo extends PublishedLimits {
  build: number
}

export interface LimitsInput {
  provider: string
  build: number
  maxEvents: number
  /** Of the run before, where it was continued as new. */
  reports?: readonly (WorkerReport & { at: number })[] | undefined
}

export const NO_LIMITS: LimitsMemo = { build: LIMITS_BUILD, at: 0, limits: {} }

const isObject = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0

/** What is damaged is left out. null: the memo is none of ours. */
export function readLimitsMemo(memo: unknown): LimitsMemo | null {
  if (!isObject(memo) || !isAmount(memo.build) || !isAmount(memo.at) || !isObject(memo.limits)) return null
  const limits = Object.entries(memo.limits).flatMap(([id, value]): [string, PublishedLimit][] => {
    const one = isObject(value) ? value : {}
    const { amount, windowMs, used, waiting, workers, spare, level, learned } = one
    if (![amount, windowMs, used, waiting, workers, spare].every(isAmount)) return []
    if (!(level === null || isAmount(level)) || Number(amount) <= 0 || Number(windowMs) <= 0) return []
    return [[id, { ...(one as unknown as PublishedLimit), learned: learned === true }]]
  })
  return { build: memo.build, at: memo.at, limits: Object.fromEntries(limits) }
}

/** Is it a report that the reducer can take? */
export const isLimitsReport = (value: unknown): value is WorkerReport =>
  isObject(value) &&
  typeof value.worker === 'string' &&
  isAmount(value.leaseMs) &&
  isObject(value.limits) &&
  Object.values(value.limits).every(
    (one) => isObject(one) && [one.amount, one.windowMs, one.used, one.waiting].every(isAmount),
  )
