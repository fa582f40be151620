/**
 * The dispatcher: which candidate starts when, and when the generation is over. A pure state machine;
 * the workflow carries out what it says and reports back.
 *
 * One rule covers all strategies: start the next candidate when the previous one has failed, or when
 * `after` has passed without an answer. `sequence`: after = never. `race`: after = 0. `hedge`: a duration.
 *
 * D1 A candidate starts at most once in a pass.
 * D2 The first success ends it.
 * D3 Nothing starts at or after the deadline.
 * D4 A failure that no other candidate could mend starts nothing more, in this pass or another; what
 *    runs already may still win.
 * D5 It ends: every step either waits for a running candidate, or for a moment to come before the
 *    deadline, or finishes.
 */
import { type Failure, isRequestFault, ruleOf } from './failure'
import type { Candidate, Strategy } from './route'

export interface DispatchPolicy {
  candidates: readonly Pick<Candidate, 'facts'>[]
  strategy: Strategy
  passes: number
  fallbackOnRefusal: boolean
  /** Epoch milliseconds. */
  deadlineAt: number
}

export interface DispatchState {
  pass: number
  /** Candidates of this pass that have not started, in order. */
  waiting: readonly number[]
  running: readonly number[]
  lastStartedAt: number
  /** The failures of this pass. */
  failures: readonly FailedCandidate[]
  /** Between two passes: when the next one begins. */
  pausedUntil: number | null
}

export interface FailedCandidate {
  candidate: number
  failure: Failure
  /** Epoch milliseconds. */
  failedAt: number
}

export type DispatchEvent =
  | { type: 'began' }
  | { type: 'woke' }
  | { type: 'succeeded'; candidate: number }
  | { type: 'failed'; candidate: number; failure: Failure }

export type DispatchAction =
  | { type: 'attempt'; candidates: number[]; wakeAt: number | null }
  | { type: 'wait'; wakeAt: number | null }
  | { type: 'finish'; end: DispatchEnd }

export type DispatchEnd =
  | { type: 'succeeded'; candidate: number }
  /** All have failed. */
  | { type: 'failed' }
  | { type: 'deadline' }

/** Between passes: from 1 s, doubling, at most 5 min. */
const PASS_PAUSE_MS = 1_000
const PASS_PAUSE_MAX_MS = 300_000

export const beginDispatch = (candidates: number): DispatchState => ({
  pass: 1,
  waiting: Array.from({ length: candidates }, (_, index) => index),
  running: [],
  lastStartedAt: 0,
  failures: [],
  pausedUntil: null,
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
  if (state.running.length === 0 && state.waiting.length === 0) return endPass(policy, state, now)
  if (state.pausedUntil !== null && now < state.pausedUntil)
    return { state, action: { type: 'wait', wakeAt: state.pausedUntil } }
  return start(policy, { ...state, pausedUntil: null }, event.type === 'failed', now)
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
  return {
    ...state,
    running: state.running.filter((other) => other !== candidate),
    failures: [...state.failures, { candidate, failure, failedAt }],
    waiting: state.waiting.filter((other) => couldMend(policy, failure, candidate, other)),
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
  if (begun.length === 0) return { state: next, action: { type: 'wait', wakeAt } as const }
  return { state: next, action: { type: 'attempt', candidates: begun, wakeAt } as const }
}

/** All that were left have failed: again from the first that could answer later, after a pause. */
function endPass(policy: DispatchPolicy, state: DispatchState, now: number) {
  const again = state.failures.filter(
    ({ candidate, failure }) =>
      !isRequestFault(failure.class) &&
      state.failures.every((other) => couldMend(policy, other.failure, other.candidate, candidate)),
  )
  if (state.pass >= policy.passes || again.length === 0) return finish(state, { type: 'failed' })
  const pausedUntil = nextPassAt(again, state.pass, now)
  if (pausedUntil >= policy.deadlineAt) return finish(state, { type: 'failed' })
  const next: DispatchState = {
    ...beginDispatch(0),
    pass: state.pass + 1,
    waiting: again.map(({ candidate }) => candidate).sort((a, b) => a - b),
    pausedUntil,
  }
  return { state: next, action: { type: 'wait', wakeAt: pausedUntil } as const }
}

/** The earliest moment at which one could succeed: its Retry-After's end, else after a pause that grows. */
function nextPassAt(again: readonly FailedCandidate[], pass: number, now: number): number {
  const grown = now + Math.min(PASS_PAUSE_MAX_MS, PASS_PAUSE_MS * 2 ** (pass - 1))
  const moments = again.map(({ failure, failedAt }) =>
    failure.retryAfterMs === undefined ? grown : failedAt + failure.retryAfterMs,
  )
  return Math.max(now + PASS_PAUSE_MS, Math.min(...moments))
}
