/**
 * When nothing runs: is there another pass, which candidates may it call, and how long is the pause before the
 * circuits are read again.
 * The rules are DISPATCH-4, DISPATCH-5, DISPATCH-6 and DISPATCH-8 of dispatch.ts.
 */

import { type Failure, isRequestFault, refusedByCircuit, ruleOf } from '../failures/failure'
import {
  type Calling,
  type DispatchPolicy,
  type FailedCandidate,
  finish,
  type Later,
  type Passes,
  passesOf,
  type Step,
} from './dispatch-state'
import type { Plan, PlanSpent } from './plan'

/** Between passes: from 1 s, doubling, at most 5 min. */
const PASS_PAUSE_MS = 1_000
const PASS_PAUSE_MAX_MS = 300_000
/**
 * While it waits for a circuit it reads the circuits at least so often: a probe may have closed it long before `until`.
 */
const READ_CIRCUITS_AGAIN_MS = 15_000
/** When a circuit may be probed, all that wait would request a permit at once, and one gets it: the others try later. */
const REFUSED_PAUSE_MS = 500

/** Who waits for budget is signalled when there is some; so often it asks by itself whether it was forgotten. */
const ASK_BUDGET_AGAIN_MS = 60_000

/** DISPATCH-12 */
export const withoutBudget = (
  policy: DispatchPolicy,
  state: Passes,
  { waits }: PlanSpent,
  now: number,
): Step => (waits ? pause(state, Math.min(now + ASK_BUDGET_AGAIN_MS, policy.deadlineAt), true) : fail(state))

/** All that were left have failed: again from the first that could answer later, after a pause. */
export function endPass(policy: DispatchPolicy, state: Calling, now: number): Step {
  const { failures, pass, among, later } = state
  // DISPATCH-6: nobody was called. Another one has the permit, or a circuit opened just now.
  if (policy.circuit?.whenAllOpen === 'wait' && failures.every(({ failure }) => refusedByCircuit(failure))) {
    const ready = notHeld(untilOf(state), later, now)
    const until = [...byCircuit(ready, now), ...besides(later, ready, now + REFUSED_PAUSE_MS)]
    return pauseFor(policy, state, until, 'or till the deadline', now)
  }
  const left = (among ?? [...policy.candidates.keys()]).filter((one) => couldAnswer(policy, failures, one))
  const again = laterOf(state, now).filter(({ candidate }) => left.includes(candidate))
  if (pass >= policy.passes) return finish(state, { type: 'failed' })
  return pauseFor(policy, { pass: pass + 1, among: left, later: again }, again, 'or fail', now)
}

/** The plan lets nobody start now. `out`: those of this pass that their circuits keep out. */
export function nobodyReady(policy: DispatchPolicy, state: Passes, out: Plan['blocked'], now: number): Step {
  const early = state.later.filter(({ at }) => at > now)
  const shut = notHeld(out, early, now)
  const patient = policy.circuit?.whenAllOpen === 'wait' && shut.length > 0
  if (!patient && early.length === 0) return fail(state)
  // The newest `until` of a circuit counts, where it has one.
  const said = shut.filter(({ until }) => until !== null)
  const until = [...byCircuit(shut, now), ...besides(early, said, now)]
  return pauseFor(policy, state, until, patient ? 'or till the deadline' : 'or fail', now)
}

/** Pauses till the first of them may be called, or the circuits are to be read again. Too late: as `otherwise` says. */
function pauseFor(
  policy: DispatchPolicy,
  state: Passes,
  later: readonly Later[],
  otherwise: 'or fail' | 'or till the deadline',
  now: number,
): Step {
  const until = Math.min(...later.map(({ at }) => at))
  if (until >= policy.deadlineAt && otherwise === 'or fail') return fail(state)
  const forCircuit = policy.circuit !== null && later.some(({ circuit }) => circuit)
  const wakeAt = forCircuit ? Math.min(until, now + READ_CIRCUITS_AGAIN_MS) : until
  return pause(state, Math.min(wakeAt, policy.deadlineAt), forCircuit)
}

/** Waits with nothing running. `nudge`: a change of the circuits ends it. */
export const pause = (passes: Passes, until: number, nudge: boolean): Step => ({
  state: { ...passesOf(passes), phase: 'paused', until, nudge },
  action: { type: 'wait', wakeAt: until, nudge },
})

const fail = (passes: Passes): Step =>
  finish({ ...passesOf(passes), phase: 'planning', fresh: false }, { type: 'failed' })

const byCircuit = (blocked: Plan['blocked'], now: number): Later[] =>
  blocked.map(({ candidate, until }) => ({
    candidate,
    at: Math.max(now + REFUSED_PAUSE_MS, until ?? Number.POSITIVE_INFINITY),
    circuit: true,
  }))

/** Less those whose own earlier failure still says to wait, whatever their circuits say. */
const notHeld = (these: Plan['blocked'], later: readonly Later[], now: number): Plan['blocked'] =>
  these.filter(
    ({ candidate }) => !later.some((one) => one.candidate === candidate && !one.circuit && one.at > now),
  )

/** Those of earlier passes but for these. One whose time came meanwhile may be called at `soonest`. */
const besides = (later: readonly Later[], these: Plan['blocked'], soonest: number): Later[] =>
  later
    .filter(({ candidate }) => these.every((one) => one.candidate !== candidate))
    .map((one) => ({ ...one, at: Math.max(soonest, one.at) }))

/** DISPATCH-8: where nothing is named, after a pause that grows from pass to pass. */
function laterOf(state: Calling, now: number): Later[] {
  const soonest = now + PASS_PAUSE_MS
  const grown = now + Math.min(PASS_PAUSE_MAX_MS, PASS_PAUSE_MS * 2 ** (state.pass - 1))
  const ready = notHeld(untilOf(state), state.later, now)
  const again = ready.map(({ candidate, until }) => ({
    candidate,
    at: Math.max(soonest, until ?? grown),
    circuit: keptOut(state, candidate),
  }))
  return [...again, ...besides(state.later, ready, soonest)]
}

/** Each candidate of this pass, and when its last failure or its circuit says that it may be called again. */
function untilOf({ failures, blocked }: Calling): Plan['blocked'] {
  const failed = failures.map(({ candidate, failure: { retryAfterMs }, failedAt }) => ({
    candidate,
    until: retryAfterMs === undefined ? null : failedAt + retryAfterMs,
  }))
  return [...new Map([...blocked, ...failed].map((one) => [one.candidate, one])).values()]
}

/** By its circuit, at the plan or when it was to be called; and no call since has named a moment itself. */
function keptOut({ blocked, failures }: Calling, candidate: number): boolean {
  const own = failures.filter((one) => one.candidate === candidate).map(({ failure }) => failure)
  const last = own.at(-1)
  if (last?.retryAfterMs !== undefined && !refusedByCircuit(last)) return false
  return own.some(refusedByCircuit) || blocked.some((one) => one.candidate === candidate)
}

const providerOf = ({ candidates }: DispatchPolicy, candidate: number): string | undefined =>
  candidates[candidate]?.provider

/**
 * Have two providers called the request invalid? Then it is (DISPATCH-11).
 */
export const isInvalidByTwo = (policy: DispatchPolicy, failures: readonly FailedCandidate[]): boolean =>
  new Set(
    failures
      .filter(({ failure }) => ruleOf(failure.class).fallback === 'other_provider')
      .map(({ candidate }) => providerOf(policy, candidate)),
  ).size > 1

/** Could `other` succeed where `candidate` failed like this? */
export function couldMend(
  policy: DispatchPolicy,
  failure: Failure,
  candidate: number,
  other: number,
): boolean {
  switch (ruleOf(failure.class).fallback) {
    case 'yes':
      return true
    case 'no':
      return false
    case 'opt_in':
      return policy.fallbackOnRefusal
    case 'other_provider':
      return failure.proved !== true && providerOf(policy, candidate) !== providerOf(policy, other)
    case 'larger_context': {
      const had = policy.candidates[candidate]?.facts.contextTokens
      const has = policy.candidates[other]?.facts.contextTokens
      return had === undefined || has === undefined || has > had
    }
  }
}

/** Does no failure of this pass rule the candidate out, one of its own neither? */
const couldAnswer = (policy: DispatchPolicy, failures: readonly FailedCandidate[], candidate: number) =>
  !isInvalidByTwo(policy, failures) &&
  failures.every(
    (other) =>
      couldMend(policy, other.failure, other.candidate, candidate) &&
      !(other.candidate === candidate && isRequestFault(other.failure.class)),
  )
