/**
 * The dispatcher: which candidate starts when, and when the generation is over. A pure state machine;
 * the workflow carries out what it says and reports back.
 *
 * One rule covers all strategies: start the next candidate when the previous one has failed, or when
 * `after` has passed without an answer. `sequence`: after = never. `race`: after = 0. `hedge`: a duration.
 *
 * D1 A candidate starts at most once in a pass. One that its circuit refused made no call: it may start once
 *    more as a last resort.
 * D2 The first success ends it.
 * D3 Nothing starts at or after the deadline.
 * D4 A failure that no other candidate could mend starts nothing more, in this pass or another; what
 *    runs already may still win.
 * D5 It ends: every step either waits for a running candidate, or for a moment to come no later than the
 *    deadline, or finishes.
 * D6 Every pass begins with a plan of its own: circuits change. Where all are open and the route waits, it
 *    plans again until one may be asked; that costs no pass.
 * D7 Last resorts start when all others have failed.
 */
import { type Failure, isRequestFault, refusedByCircuit, ruleOf } from './failure'
import { firstAskable, type Plan } from './plan'
import type { Candidate, CircuitPolicy, Strategy } from './route'

export interface DispatchPolicy {
  /** The route's, by whose places all others name them. */
  candidates: readonly Pick<Candidate, 'facts'>[]
  strategy: Strategy
  passes: number
  circuit: Pick<CircuitPolicy, 'whenAllOpen'> | null
  fallbackOnRefusal: boolean
  /** Epoch milliseconds. */
  deadlineAt: number
}

export interface DispatchState {
  pass: number
  /** Which candidates this pass may ask; null: all. */
  among: readonly number[] | null
  /** Candidates of this pass that have not started, in order. */
  waiting: readonly number[]
  /** To be asked after all the others (D7). */
  lastResort: readonly number[]
  /** Those of this pass that their circuits keep out. */
  blocked: Plan['blocked']
  /** All the others have failed: those that wait or run now are last resorts. */
  resorting: boolean
  running: readonly number[]
  lastStartedAt: number
  /** The failures of this pass. */
  failures: readonly FailedCandidate[]
  /** Nothing runs: when to plan again. */
  pausedUntil: number | null
  /** Was the plan made by a fresh view? By an old one nobody is turned away. */
  planFresh: boolean
  /** A change of the circuits ends the pause. */
  nudgeable: boolean
}

export interface FailedCandidate {
  candidate: number
  failure: Failure
  /** Epoch milliseconds. */
  failedAt: number
}

export type DispatchEvent =
  | { type: 'began' }
  | { type: 'planned'; plan: Pick<Plan, 'ready' | 'lastResort' | 'blocked'> }
  | { type: 'woke' }
  /** Somebody says that the circuits have changed. */
  | { type: 'nudged' }
  | { type: 'succeeded'; candidate: number }
  | { type: 'failed'; candidate: number; failure: Failure }

export type DispatchAction =
  /** Make a plan and tell it. `fresh`: an earlier view of the circuits won't do. */
  | { type: 'plan'; fresh: boolean }
  | { type: 'attempt'; candidates: number[]; lastResort: boolean; wakeAt: number | null }
  /** `nudge`: a change of the circuits would matter. */
  | { type: 'wait'; wakeAt: number | null; nudge: boolean }
  | { type: 'finish'; end: DispatchEnd }

export type DispatchEnd =
  | { type: 'succeeded'; candidate: number }
  /** All have failed, or none could be asked. */
  | { type: 'failed' }
  | { type: 'deadline' }

/** Between passes: from 1 s, doubling, at most 5 min. */
const PASS_PAUSE_MS = 1_000
const PASS_PAUSE_MAX_MS = 300_000
/** While it waits for a circuit it looks again at least so often: a probe may have closed it long before `until`. */
const LOOK_AGAIN_MS = 15_000
/** At the end of an opening all who wait would ask at once, and one gets the permit: the others come back later. */
const REFUSED_PAUSE_MS = 500

export const beginDispatch = (): DispatchState => ({
  pass: 1,
  among: null,
  waiting: [],
  lastResort: [],
  blocked: [],
  resorting: false,
  running: [],
  lastStartedAt: 0,
  failures: [],
  pausedUntil: null,
  nudgeable: false,
  planFresh: false,
})

/** One step. `now` in epoch milliseconds. */
export function dispatch(
  policy: DispatchPolicy,
  before: DispatchState,
  event: DispatchEvent,
  now: number,
): { state: DispatchState; action: DispatchAction } {
  if (event.type === 'succeeded') return finish(before, { type: 'succeeded', candidate: event.candidate })
  const state = event.type === 'failed' ? noteFailure(policy, before, event, now) : before
  if (now >= policy.deadlineAt && state.running.length === 0) return finish(state, { type: 'deadline' })
  if (event.type === 'began') return { state, action: { type: 'plan', fresh: false } }
  if (event.type === 'planned') return planned(policy, state, event.plan, now)
  if (state.pausedUntil !== null) {
    const nudged = event.type === 'nudged' && state.nudgeable
    if (now < state.pausedUntil && !nudged) return pause(state, state.pausedUntil, state.nudgeable)
    return planAnew({ ...state, pausedUntil: null })
  }
  return goOn(policy, state, event.type === 'failed', now)
}

const planAnew = (state: DispatchState) => ({
  state: { ...state, planFresh: true },
  action: { type: 'plan', fresh: true } as const,
})

/** D6 */
function planned(
  policy: DispatchPolicy,
  before: DispatchState,
  { ready, lastResort, blocked }: Pick<Plan, 'ready' | 'lastResort' | 'blocked'>,
  now: number,
) {
  const mayAsk = (candidate: number): boolean => before.among === null || before.among.includes(candidate)
  const later = blocked.filter(({ candidate }) => mayAsk(candidate))
  const state = {
    ...before,
    waiting: ready.filter(mayAsk),
    lastResort: lastResort.filter(mayAsk),
    blocked: later,
  }
  if (state.waiting.length + state.lastResort.length > 0) return goOn(policy, state, false, now)
  if (later.length > 0 && !state.planFresh) return planAnew(state)
  if (policy.circuit?.whenAllOpen !== 'wait' || later.length === 0) return finish(state, { type: 'failed' })
  return waitForCircuit(policy, state, firstAskable(later), now)
}

/** `askableAt`: when the first may be asked; null: nobody knows. Epoch milliseconds. */
function waitForCircuit(policy: DispatchPolicy, state: DispatchState, askableAt: number | null, now: number) {
  const lookAgainAt = Math.min(askableAt ?? Number.POSITIVE_INFINITY, now + LOOK_AGAIN_MS)
  const wakeAt = Math.min(Math.max(now + REFUSED_PAUSE_MS, lookAgainAt), policy.deadlineAt)
  return pause(state, wakeAt, true)
}

const pause = (state: DispatchState, wakeAt: number, nudge: boolean) => ({
  state: { ...state, pausedUntil: wakeAt, nudgeable: nudge },
  action: { type: 'wait', wakeAt, nudge } as const,
})

/** Starts what may start; ends the pass when nothing is left. */
function goOn(policy: DispatchPolicy, state: DispatchState, replaces: boolean, now: number) {
  if (state.running.length > 0 || state.waiting.length > 0) return start(policy, state, replaces, now)
  if (state.lastResort.length === 0) return endPass(policy, state, now)
  // D7
  const resorting = { ...state, resorting: true, waiting: state.lastResort, lastResort: [] }
  return start(policy, resorting, replaces, now)
}

const finish = (state: DispatchState, end: DispatchEnd) => ({
  state,
  action: { type: 'finish', end } as const,
})

function noteFailure(
  policy: DispatchPolicy,
  state: DispatchState,
  { candidate, failure }: { candidate: number; failure: Failure },
  failedAt: number,
): DispatchState {
  const running = state.running.filter((other) => other !== candidate)
  const failures = [...state.failures, { candidate, failure, failedAt }]
  // D1: nothing refuses a last resort but an operator's word, and then it has failed. D4
  const again =
    refusedByCircuit(failure) &&
    !state.resorting &&
    policy.circuit?.whenAllOpen === 'try' &&
    failures.every((other) => couldMend(policy, other.failure, other.candidate, candidate))
  const canMend = (other: number): boolean => couldMend(policy, failure, candidate, other)
  return {
    ...state,
    running,
    failures,
    waiting: state.waiting.filter(canMend),
    lastResort: [...state.lastResort.filter(canMend), ...(again ? [candidate] : [])],
  }
}

/** Could `other` succeed where `candidate` failed like this? */
function couldMend(policy: DispatchPolicy, failure: Failure, candidate: number, other: number): boolean {
  switch (ruleOf(failure.class).fallback) {
    case 'yes':
      return true
    case 'no':
      return false
    case 'opt_in':
      return policy.fallbackOnRefusal
    case 'larger_context': {
      const had = policy.candidates[candidate]?.facts.contextTokens
      const has = policy.candidates[other]?.facts.contextTokens
      return had === undefined || has === undefined || has > had
    }
  }
}

/** How long after the last start the next candidate may start though none has failed; null: never. */
function overlapMs(strategy: Strategy): number | null {
  if (strategy.type === 'sequence') return null
  return strategy.type === 'race' ? 0 : strategy.afterMs
}

const mostRunning = (strategy: Strategy): number =>
  strategy.type === 'hedge' ? strategy.max + 1 : Number.POSITIVE_INFINITY

function start(policy: DispatchPolicy, state: DispatchState, replaces: boolean, now: number) {
  const after = overlapMs(policy.strategy)
  const begun: number[] = []
  let { waiting, running, lastStartedAt } = state
  let replacing = replaces
  while (waiting.length > 0 && now < policy.deadlineAt) {
    const room = running.length < mostRunning(policy.strategy)
    const due = running.length === 0 || replacing || (after !== null && now >= lastStartedAt + after)
    if (!room || !due) break
    const [next, ...rest] = waiting
    if (next === undefined) break
    begun.push(next)
    running = [...running, next]
    waiting = rest
    lastStartedAt = now
    replacing = false
  }
  const more = waiting.length > 0 && running.length < mostRunning(policy.strategy)
  const nextAt = after === null ? Number.POSITIVE_INFINITY : Math.max(now, lastStartedAt + after)
  // D5: a wake at the deadline or later could start nothing.
  const wakeAt = more && nextAt < policy.deadlineAt ? nextAt : null
  const next: DispatchState = { ...state, waiting, running, lastStartedAt }
  if (begun.length === 0) return { state: next, action: { type: 'wait', wakeAt, nudge: false } as const }
  return {
    state: next,
    action: { type: 'attempt', candidates: begun, lastResort: state.resorting, wakeAt } as const,
  }
}

/** All that were left have failed: again from the first that could answer later, after a pause. */
function endPass(policy: DispatchPolicy, state: DispatchState, now: number) {
  const { failures, pass, among } = state
  const later = askableLater(state)
  // D6: nobody was called. Another one has the permit, or a circuit opened just now.
  if (policy.circuit?.whenAllOpen === 'wait' && failures.every(({ failure }) => refusedByCircuit(failure)))
    return waitForCircuit(policy, { ...beginDispatch(), pass, among }, firstAskable(later), now)
  const left = (among ?? [...policy.candidates.keys()]).filter((one) => couldAnswer(policy, failures, one))
  const again = later.filter(({ candidate }) => left.includes(candidate))
  if (pass >= policy.passes || again.length === 0) return finish(state, { type: 'failed' })
  const pausedUntil = nextPassAt(again, pass, now)
  if (pausedUntil >= policy.deadlineAt) return finish(state, { type: 'failed' })
  const waitsForCircuit = policy.circuit !== null && again.some(({ candidate }) => keptOut(state, candidate))
  return pause({ ...beginDispatch(), pass: pass + 1, among: left }, pausedUntil, waitsForCircuit)
}

/** By its circuit: at the plan, or when it was to be called. */
const keptOut = ({ blocked, failures }: DispatchState, candidate: number): boolean =>
  blocked.some((one) => one.candidate === candidate) ||
  failures.some((one) => one.candidate === candidate && refusedByCircuit(one.failure))

/** Each candidate of this pass, and when its last failure or its circuit says that it may be asked again. */
function askableLater({ failures, blocked }: DispatchState): Plan['blocked'] {
  const failed = failures.map(({ candidate, failure: { retryAfterMs }, failedAt }) => ({
    candidate,
    until: retryAfterMs === undefined ? null : failedAt + retryAfterMs,
  }))
  return [...new Map([...blocked, ...failed].map((one) => [one.candidate, one])).values()]
}

/** Does no failure of this pass rule the candidate out, one of its own neither? */
const couldAnswer = (policy: DispatchPolicy, failures: readonly FailedCandidate[], candidate: number) =>
  failures.every(
    (other) =>
      couldMend(policy, other.failure, other.candidate, candidate) &&
      !(other.candidate === candidate && isRequestFault(other.failure.class)),
  )

/** The earliest moment at which one could succeed: a known end of its pause, else after one that grows. */
function nextPassAt(again: Plan['blocked'], pass: number, now: number): number {
  const grown = now + Math.min(PASS_PAUSE_MAX_MS, PASS_PAUSE_MS * 2 ** (pass - 1))
  return Math.max(now + PASS_PAUSE_MS, Math.min(...again.map(({ until }) => until ?? grown)))
}
