/** Why a generation could not be answered: from its end, its plan and its attempts to one error. */
import type { AttemptRecord } from './attempt'
import type { DispatchEnd } from './dispatch'
import { type Failure, type FailureClass, isRequestFault, ruleOf } from './failure'
import type { Plan } from './plan'

export interface FailedGeneration {
  kind: 'invalid_request' | 'all_failed' | 'deadline_exceeded' | 'unavailable'
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
  const last = lastFailures(records)
  const decisive = last.at(-1)?.failure.class ?? null
  const retryAt = earliestRetry(last, now)
  const told = last.map(({ target, failure }) => `${target}: ${failure.class}: ${failure.message}`)
  if (end.type === 'deadline')
    return {
      kind: 'deadline_exceeded',
      message: sentence('No answer before the deadline', told),
      failureClass: decisive,
      retryAt,
    }
  if (last.length === 0) return nothingToAsk(plan)
  // Where one provider calls it invalid, the others were not asked: they would say the same.
  const invalid = last.find(({ failure }) => ruleOf(failure.class).fallback === 'no')?.failure.class
  if (invalid !== undefined || last.every(({ failure }) => isRequestFault(failure.class)))
    return {
      kind: 'invalid_request',
      message: sentence('The request was refused', told),
      failureClass: invalid ?? decisive,
      retryAt: null,
    }
  return {
    kind: 'all_failed',
    message: sentence('All candidates failed', told),
    failureClass: decisive,
    retryAt,
  }
}

function nothingToAsk(plan: Plan): FailedGeneration {
  const reasons = plan.dropped.map(({ target, reason }) => `${target}: ${reason}`)
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
    message: `${sentence('No provider of this route can be asked', reasons)}. Set one of these variables where the worker runs, or start it with --demo to use the simulator`,
    failureClass: null,
    retryAt: null,
  }
}

const sentence = (head: string, parts: readonly string[]): string =>
  parts.length === 0 ? head : `${head}: ${parts.join('; ')}`

interface CandidateFailure {
  candidate: number
  target: string
  failure: Failure
  endedAt: number
}

/** Each candidate's last failure, in the order of the plan. */
function lastFailures(records: readonly AttemptRecord[]): CandidateFailure[] {
  const byCandidate = new Map<number, CandidateFailure>()
  for (const { candidate, target, failure, startedAt, durationMs } of records)
    if (failure !== undefined && failure.class !== 'cancelled')
      byCandidate.set(candidate, { candidate, target, failure, endedAt: startedAt + durationMs })
  return [...byCandidate.values()].sort((a, b) => a.candidate - b.candidate)
}

function earliestRetry(failures: readonly CandidateFailure[], now: number): number | null {
  const moments = failures.flatMap(({ failure, endedAt }) =>
    failure.retryAfterMs === undefined ? [] : [endedAt + failure.retryAfterMs],
  )
  return moments.length === 0 ? null : Math.max(now, Math.min(...moments))
}
