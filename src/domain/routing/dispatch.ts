/**
 * The dispatcher: which candidate starts when, and when the generation is over. A pure state machine;
 * the workflow carries out what it says and reports back.
 *
 * One rule covers all strategies: start the next candidate when the previous one has failed, or when
 * `after` has passed without an answer. `sequence`: after = never. `race`: after = 0. `hedge`: a duration.
 *
 * DISPATCH-1 A candidate starts at most once in a pass. One that its circuit refused made no call: it may
 *    start once more as a last resort. One that gave way may as well (DISPATCH-10).
 * DISPATCH-2 The first success ends it.
 * DISPATCH-3 Nothing starts at or after the deadline.
 * DISPATCH-4 A failure that no other candidate could mend starts nothing more, in this pass or another; what
 *    runs already may still win.
 * DISPATCH-5 It ends: every step either waits for a running candidate, or for a moment to come no later than
 *    the deadline, or finishes.
 * DISPATCH-6 Every pass begins with a plan of its own: circuits change. Where all are open and the route
 *    waits, it plans again until one may be called; that costs no pass.
 * DISPATCH-7 Last resorts start when all others have failed.
 * DISPATCH-8 In later passes no candidate is called before the moment that its own failure or its circuit has named;
 *    a circuit that lets it through earlier is noticed when the circuits are read again.
 * DISPATCH-9 A hedge starts only when the budget has room: the budget is queried once for each, and no more till the
 *    next plan once it was refused. What replaces a failed candidate is no hedge.
 * DISPATCH-10 One that gave way to another that was answering keeps its rank, and starts nothing: it is
 *    started once more when nobody runs any longer, before those that have not started. It gives way once a
 *    pass (call-provider.ts, CALL-PROVIDER-6).
 * DISPATCH-11 A request that one provider calls invalid, by rules that may be its own, goes to another
 *    provider; when a second one calls it invalid too, that proves it, and nothing more starts.
 * DISPATCH-12 Without room in its tenant's budget nothing starts: it ends, or waits for the word that there is room, up to
 *    the deadline. What has begun is not stopped by a budget.
 */

import { type Failure, gaveWay, refusedByCircuit } from '../failures/failure'
import { couldMend, endPass, isInvalidByTwo, nobodyReady, pause, withoutBudget } from './dispatch-passes'
import {
  type Calling,
  type DispatchEvent,
  type DispatchPolicy,
  type DispatchState,
  finish,
  type Passes,
  type Planning,
  passesOf,
  runningOf,
  type Step,
} from './dispatch-state'
import type { Plan } from './plan'
import type { Strategy } from './route'

export type {
  CarriedDispatch,
  DispatchAction,
  DispatchEnd,
  DispatchEvent,
  DispatchPolicy,
  DispatchState,
} from './dispatch-state'
export { beginDispatch, carryPause, resumePause, runningOf } from './dispatch-state'

/** One step. `now` in epoch milliseconds. */
export function dispatch(
  policy: DispatchPolicy,
  before: DispatchState,
  event: DispatchEvent,
  now: number,
): Step {
  if (event.type === 'succeeded') return finish(before, { type: 'succeeded', candidate: event.candidate })
  const state = before.phase === 'calling' ? noted(policy, before, event, now) : before
  if (now >= policy.deadlineAt && runningOf(state).length === 0) return finish(state, { type: 'deadline' })
  switch (state.phase) {
    case 'planning':
      return event.type === 'planned' ? planned(policy, state, event.plan, now) : plan(state, state.fresh)
    case 'paused': {
      const nudged = event.type === 'nudged' && state.nudge
      return now < state.until && !nudged ? pause(state, state.until, state.nudge) : plan(state, true)
    }
    case 'calling':
      return goOn(policy, state, causeOf(state, event), now)
  }
}

function noted(policy: DispatchPolicy, state: Calling, event: DispatchEvent, now: number): Calling {
  if (event.type === 'failed') return noteFailure(policy, state, event, now)
  return event.type === 'hedge' ? { ...state, hedge: event.allowed ? 'allowed' : 'refused' } : state
}

/** Why the next candidate may start: one has failed; the last one's time is up; or see what the clock says. */
type Cause = 'replaces' | 'due' | 'clock'

function causeOf({ running }: Calling, event: DispatchEvent): Cause {
  if (event.type === 'failed') return gaveWay(event.failure) ? 'clock' : 'replaces'
  if (event.type === 'hedge') return 'due'
  return event.type === 'due' && event.candidate === running.at(-1) ? 'due' : 'clock'
}

const plan = (passes: Passes, fresh: boolean): Step => ({
  state: { ...passesOf(passes), phase: 'planning', fresh },
  action: { type: 'plan', fresh },
})

/** DISPATCH-6 */
function planned(
  policy: DispatchPolicy,
  before: Planning,
  { ready, lastResort, blocked, spent }: Pick<Plan, 'ready' | 'lastResort' | 'blocked' | 'spent'>,
  now: number,
): Step {
  if (spent !== undefined) return withoutBudget(policy, before, spent, now)
  const among = (candidate: number): boolean => before.among === null || before.among.includes(candidate)
  const early = (candidate: number): boolean =>
    before.later.some((one) => one.candidate === candidate && one.at > now)
  // DISPATCH-8: an open circuit's word is void once it lets the candidate through.
  const freed = (candidate: number): boolean =>
    before.later.some((one) => one.candidate === candidate && one.circuit)
  const waiting = ready.filter((candidate) => among(candidate) && (!early(candidate) || freed(candidate)))
  const resorts = lastResort.filter((candidate) => among(candidate) && !early(candidate))
  const out = blocked.filter(({ candidate }) => among(candidate))
  if (waiting.length + resorts.length === 0)
    return out.length > 0 && !before.fresh ? plan(before, true) : nobodyReady(policy, before, out, now)
  const state: Calling = {
    ...passesOf(before),
    phase: 'calling',
    waiting,
    lastResort: resorts,
    blocked: out,
    resorting: false,
    running: [],
    gaveWay: [],
    lastStartedAt: 0,
    failures: [],
    hedge: 'unasked',
  }
  return goOn(policy, state, 'clock', now)
}

/** Starts what may start; ends the pass when nothing is left. */
function goOn(policy: DispatchPolicy, before: Calling, cause: Cause, now: number): Step {
  const state = before.running.length > 0 ? before : takenBack(before)
  if (state.running.length > 0 || state.waiting.length > 0) return start(policy, state, cause, now)
  if (state.lastResort.length === 0) return endPass(policy, state, now)
  // DISPATCH-7
  const resorting = { ...state, resorting: true, waiting: state.lastResort, lastResort: [] }
  return start(policy, resorting, cause, now)
}

/** DISPATCH-10 */
const takenBack = (state: Calling): Calling =>
  state.gaveWay.length === 0
    ? state
    : { ...state, gaveWay: [], waiting: [...state.gaveWay, ...state.waiting] }

function noteFailure(
  policy: DispatchPolicy,
  state: Calling,
  { candidate, failure }: { candidate: number; failure: Failure },
  failedAt: number,
): Calling {
  const running = state.running.filter((other) => other !== candidate)
  if (gaveWay(failure)) return { ...state, running, gaveWay: [...state.gaveWay, candidate] }
  const failures = [...state.failures, { candidate, failure, failedAt }]
  // DISPATCH-1: nothing refuses a last resort but an operator's word, and then it has failed. DISPATCH-4
  const again =
    refusedByCircuit(failure) &&
    !state.resorting &&
    policy.circuit?.whenAllOpen === 'try' &&
    !isInvalidByTwo(policy, failures) &&
    failures.every((other) => couldMend(policy, other.failure, other.candidate, candidate))
  const invalid = isInvalidByTwo(policy, failures)
  const canMend = (other: number): boolean => !invalid && couldMend(policy, failure, candidate, other)
  return {
    ...state,
    running,
    failures,
    waiting: state.waiting.filter(canMend),
    gaveWay: state.gaveWay.filter(canMend),
    lastResort: [...state.lastResort.filter(canMend), ...(again ? [candidate] : [])],
  }
}

/** How long after the last start the next candidate may start though none has failed; null: never. */
function overlapMs(strategy: Strategy): number | null {
  if (strategy.type === 'sequence') return null
  return strategy.type === 'race' ? 0 : strategy.afterMs
}

const isHedged = ({ strategy }: DispatchPolicy): boolean => strategy.type === 'hedge'

const hasRoom = ({ strategy }: DispatchPolicy, { running }: Calling): boolean =>
  strategy.type !== 'hedge' || running.length <= strategy.max

function start(policy: DispatchPolicy, before: Calling, cause: Cause, now: number): Step {
  const after = overlapMs(policy.strategy)
  const begun: number[] = []
  let state = before
  while (now < policy.deadlineAt && hasRoom(policy, state)) {
    const { waiting, running, lastStartedAt } = state
    const [next, ...rest] = waiting
    if (next === undefined) break
    const replaces = running.length === 0 || (cause === 'replaces' && begun.length === 0)
    // DISPATCH-10: somebody is answering.
    if (!replaces && state.gaveWay.length > 0) break
    if (!replaces) {
      const due = after !== null && (cause === 'due' || now >= lastStartedAt + after)
      // One hedge a step: the budget is queried for each, and a started call must be an event first.
      if (!due || (isHedged(policy) && (state.hedge === 'refused' || begun.length > 0))) break
      // DISPATCH-9
      if (isHedged(policy) && state.hedge === 'unasked') return { state, action: { type: 'hedge' } }
      state = { ...state, hedge: 'unasked' }
    }
    begun.push(next)
    state = { ...state, waiting: rest, running: [...running, next], lastStartedAt: now }
  }
  const wakeAt = nextStartAt(policy, state, after, now)
  if (begun.length === 0) return { state, action: { type: 'wait', wakeAt, nudge: false } }
  return { state, action: { type: 'attempt', candidates: begun, lastResort: state.resorting, wakeAt } }
}

/** When the next candidate may start although none has failed; null: never, or too late to start anything (DISPATCH-5). */
function nextStartAt(policy: DispatchPolicy, state: Calling, after: number | null, now: number) {
  const more =
    state.waiting.length > 0 &&
    state.gaveWay.length === 0 &&
    hasRoom(policy, state) &&
    state.hedge !== 'refused'
  if (!more || after === null) return null
  const at = Math.max(now + 1, state.lastStartedAt + after)
  return at < policy.deadlineAt ? at : null
}
