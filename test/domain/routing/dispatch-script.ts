/** A dispatcher that gets one event at a time, and what it is expected to answer. */

import { CIRCUIT_CODE, type Failure } from '../../../src/domain/failures/failure'
import {
  beginDispatch,
  type DispatchAction,
  type DispatchEvent,
  type DispatchPolicy,
  dispatch,
} from '../../../src/domain/routing/dispatch'
import type { Plan } from '../../../src/domain/routing/plan'
import type { Strategy } from '../../../src/domain/routing/route'
import { failureOf } from './arbitraries'

export const T0 = 1_000_000
export const RACE: Strategy = { type: 'race' }
export const HEDGE = { type: 'hedge', afterMs: 800, max: 1, budget: 0.1 } as const satisfies Strategy
export const OVERLOADED = failureOf('overloaded')
export const limited = (retryAfterMs: number): Failure => failureOf('rate_limited', { retryAfterMs })
/** No call was made: its circuit is open, for so long. */
export const refusal = (retryAfterMs?: number): Failure =>
  failureOf('not_admitted', { code: CIRCUIT_CODE, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })

/** Candidates with these context windows; three of unknown ones if none are given. */
export const policyOf = (
  more: Partial<DispatchPolicy> = {},
  windows: (number | undefined)[] = Array(3),
): DispatchPolicy => ({
  candidates: Array.from(windows, (contextTokens) => ({ provider: 'p', facts: { contextTokens } })),
  strategy: { type: 'sequence' },
  passes: 1,
  circuit: { whenAllOpen: 'try' },
  fallbackOnRefusal: false,
  deadlineAt: T0 + 600_000,
  ...more,
})

export interface Planned {
  ready?: number[]
  lastResort?: number[]
  /** By place in the route: when it may be called, milliseconds after T0; null: nobody knows. */
  blocked?: { [candidate: number]: number | null }
}

/** A dispatcher that has begun: each call is one event, `afterMs` in milliseconds after T0. */
export function scripted(policy: DispatchPolicy) {
  let state = beginDispatch()
  const on = (event: DispatchEvent, afterMs: number): DispatchAction => {
    const step = dispatch(policy, state, event, T0 + afterMs)
    state = step.state
    return step.action
  }
  return {
    begins: (afterMs: number) => on({ type: 'began' }, afterMs),
    planned: ({ ready = [], lastResort = [], blocked = {} }: Planned, afterMs: number) =>
      on(
        { type: 'planned', plan: { ready, lastResort, blocked: Object.entries(blocked).map(blockedOf) } },
        afterMs,
      ),
    fails: (candidate: number, failure: Failure, afterMs: number) =>
      on({ type: 'failed', candidate, failure }, afterMs),
    succeeds: (candidate: number, afterMs: number) => on({ type: 'succeeded', candidate }, afterMs),
    wakes: (afterMs: number) => on({ type: 'woke' }, afterMs),
    nudged: (afterMs: number) => on({ type: 'nudged' }, afterMs),
    due: (candidate: number, afterMs: number) => on({ type: 'due', candidate }, afterMs),
    hedge: (allowed: boolean, afterMs: number) => on({ type: 'hedge', allowed }, afterMs),
  }
}

const blockedOf = ([candidate, afterMs]: [string, number | null]): Plan['blocked'][number] => ({
  candidate: Number(candidate),
  until: afterMs === null ? null : T0 + afterMs,
})

/** A dispatcher whose first plan, at T0, is this one, by a fresh view too; what it answers stands in `first`. */
export function planned(policy: DispatchPolicy, plan: Planned) {
  const run = scripted(policy)
  run.begins(0)
  const first = run.planned(plan, 0)
  return { ...run, first: first.type === 'plan' ? run.planned(plan, 0) : first }
}

/**
 * The same with every plan answered at once, by this one or with all candidates ready, and every hedge allowed.
 * `first`: what follows the first plan.
 */
export function begin(
  policy: DispatchPolicy,
  at = 0,
  plan: Planned = { ready: [...policy.candidates.keys()] },
) {
  const run = scripted(policy)
  const answered = (action: DispatchAction, afterMs: number): DispatchAction =>
    action.type === 'plan'
      ? run.planned(plan, afterMs)
      : action.type === 'hedge'
        ? run.hedge(true, afterMs)
        : action
  return {
    ...run,
    first: answered(run.begins(at), at),
    wakes: (afterMs: number) => answered(run.wakes(afterMs), afterMs),
    nudged: (afterMs: number) => answered(run.nudged(afterMs), afterMs),
    due: (candidate: number, afterMs: number) => answered(run.due(candidate, afterMs), afterMs),
  }
}

const at = (afterMs: number | null): number | null => (afterMs === null ? null : T0 + afterMs)

export const plans = (fresh: boolean): DispatchAction => ({ type: 'plan', fresh })
export const starts = (candidates: number[], wakeAfterMs: number | null = null): DispatchAction => ({
  type: 'attempt',
  candidates,
  lastResort: false,
  wakeAt: at(wakeAfterMs),
})
export const resorts = (candidates: number[], wakeAfterMs: number | null = null): DispatchAction => ({
  type: 'attempt',
  candidates,
  lastResort: true,
  wakeAt: at(wakeAfterMs),
})
/** For a candidate that runs, or to start the next one. */
export const waits = (wakeAfterMs: number | null): DispatchAction => ({
  type: 'wait',
  wakeAt: at(wakeAfterMs),
  nudge: false,
})
/** With nothing running: a nudge would matter. */
export const pauses = (wakeAfterMs: number): DispatchAction => ({
  type: 'wait',
  wakeAt: at(wakeAfterMs),
  nudge: true,
})
/** For the word of the hedge budget. */
export const QUERIES_BUDGET: DispatchAction = { type: 'hedge' }
export const FAILED: DispatchAction = { type: 'finish', end: { type: 'failed' } }
export const DEADLINE: DispatchAction = { type: 'finish', end: { type: 'deadline' } }
export const won = (candidate: number): DispatchAction => ({
  type: 'finish',
  end: { type: 'succeeded', candidate },
})
