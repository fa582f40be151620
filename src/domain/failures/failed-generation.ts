/** Why a generation could not be answered: from its end, its plan and its attempts to one error. */
import { spentText } from '../budgets/budgets-report'
import type { AttemptRecord } from '../routing/attempt'
import type { DispatchEnd } from '../routing/dispatch'
import { type Dropped, firstAskable, type Plan, type PlanSpent } from '../routing/plan'
import { type Failure, type FailureClass, isRequestFault, refusedByCircuit, ruleOf } from './failure'

export interface FailedGeneration {
  kind: 'invalid_request' | 'all_failed' | 'deadline_exceeded' | 'unavailable' | 'budget_spent'
  message: string
  failureClass: FailureClass | null
  /** Epoch milliseconds; null: nothing is known. */
  retryAt: number | null
}

/** `now` in epoch milliseconds. */
export function failedGeneration(
  end: Exclude<DispatchEnd, { type: 'succeeded' }>,
  plan: Plan,
  records: readonly AttemptRecord[],
  now: number,
): FailedGeneration {
  const { spent } = plan
  if (spent !== undefined) return spentGeneration(spent, end.type === 'deadline')
  const last = lastFailures(records)
  const keptOut = plan.blocked.length > 0
  const decisive = last.at(-1)?.failure.class ?? (keptOut ? 'not_admitted' : null)
  const retryAt = earliestRetry(last, plan, now)
  const failures = [
    ...last.map(({ target, failure }) => `${target}: ${failure.class}: ${failure.message}`),
    ...reasonsOf(plan, ({ because }) => because === 'circuit'),
  ]
  if (end.type === 'deadline')
    return {
      kind: 'deadline_exceeded',
      message: sentence('No answer before the deadline', failures),
      failureClass: decisive,
      retryAt,
    }
  if (last.length === 0) return noCandidate(plan, retryAt)
  const invalid = invalidBy(last)
  const atFault = last.every(({ failure }) => isRequestFault(failure.class))
  // What these models can't do, one that its circuit kept out might.
  const mightServe = keptOut && last.every(({ failure }) => ruleOf(failure.class).fallback !== 'opt_in')
  if (invalid !== undefined || (atFault && !mightServe))
    return {
      kind: 'invalid_request',
      message: sentence('The request was refused', failures),
      failureClass: invalid ?? decisive,
      retryAt: null,
    }
  return {
    kind: 'all_failed',
    message: sentence('All candidates failed', failures),
    failureClass: decisive,
    retryAt,
  }
}

/** `late`: it waited for budget up to its deadline. */
export const spentGeneration = (spent: PlanSpent, late = false): FailedGeneration => ({
  kind: late ? 'deadline_exceeded' : 'budget_spent',
  message: sentence(late ? 'No answer before the deadline' : 'Nothing was called', [spentText(spent)]),
  failureClass: null,
  retryAt: spent.until,
})

/**
 * The request is at fault at every provider: it was proved, or two providers say so. Others were not called then.
 */
function invalidBy(last: readonly CandidateFailure[]): FailureClass | undefined {
  const invalid = last.filter(({ failure }) => failure.class === 'invalid_request')
  const providers = new Set(invalid.map(({ target }) => target.slice(0, target.indexOf('/'))))
  const proved = invalid.some(({ failure }) => failure.proved === true) || providers.size > 1
  return proved ? 'invalid_request' : undefined
}

function noCandidate(plan: Plan, retryAt: number | null): FailedGeneration {
  const reasons = reasonsOf(plan)
  if (plan.blocked.length > 0)
    return {
      kind: 'all_failed',
      message: sentence('No candidate may be called now', reasons),
      failureClass: 'not_admitted',
      retryAt,
    }
  const requestAtFault = plan.dropped.length > 0 && plan.dropped.every(({ because }) => because === 'request')
  if (requestAtFault)
    return {
      kind: 'invalid_request',
      message: sentence('No candidate can serve this request', reasons),
      failureClass: 'unsupported',
      retryAt: null,
    }
  return {
    kind: 'unavailable',
    message: `${sentence('No provider of this route can be called', reasons)}. Set one of these variables where the worker runs, or start it with --demo to use the simulator`,
    failureClass: null,
    retryAt: null,
  }
}

const reasonsOf = ({ dropped }: Plan, which: (one: Dropped) => boolean = () => true): string[] =>
  dropped.filter(which).map(({ target, reason }) => `${target}: ${reason}`)

const sentence = (head: string, parts: readonly string[]): string =>
  parts.length === 0 ? head : `${head}: ${parts.join('; ')}`

interface CandidateFailure {
  candidate: number
  target: string
  failure: Failure
  endedAt: number
}

/**
 * Each candidate's last failure, in the order of the plan. Where its circuit then refused a further call, that says
 * when, and not why.
 */
export function lastFailures(records: readonly AttemptRecord[]): CandidateFailure[] {
  const byCandidate = new Map<number, CandidateFailure>()
  for (const { candidate, target, failure, startedAt, durationMs } of records)
    if (failure !== undefined && failure.class !== 'cancelled') {
      const known = refusedByCircuit(failure) ? byCandidate.get(candidate)?.failure : undefined
      const latest = known === undefined ? failure : { ...known, retryAfterMs: failure.retryAfterMs }
      byCandidate.set(candidate, { candidate, target, failure: latest, endedAt: startedAt + durationMs })
    }
  return [...byCandidate.values()].sort((a, b) => a.candidate - b.candidate)
}

/** When the first may be called again: of those that failed, and of those that were kept out. */
function earliestRetry(failures: readonly CandidateFailure[], { blocked }: Plan, now: number): number | null {
  const failed = failures.map(({ candidate, failure: { retryAfterMs }, endedAt }) => ({
    candidate,
    until: retryAfterMs === undefined ? null : endedAt + retryAfterMs,
  }))
  const first = firstAskable([...failed, ...blocked])
  return first === null ? null : Math.max(now, first)
}
