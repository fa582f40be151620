/**
 * A run without the texts that others wrote: what is shown where no prompt may ever stand.
 *
 * WITHOUT-MESSAGES-1 A provider may quote the prompt in its error, and a caller may write anything as the cause of a cancel: of
 *    both only the class and the status stay.
 */
import type { Failure } from '../domain/failures/failure'
import type { Run, RunOutcome } from './types'

export function withoutMessages(run: Run): Run {
  return {
    ...run,
    input: null,
    answer: null,
    attempts: run.attempts.map((attempt) => ({ ...attempt, failure: quiet(attempt.failure) })),
    cache: run.cache.map((one) => (one.error === null ? one : { ...one, error: 'an error' })),
    cancels: run.cancels.map((cancel) => ({ ...cancel, cause: null })),
    taskFailures: run.taskFailures.map((failure) => ({ ...failure, message: '' })),
    outcome: quietOutcome(run.outcome),
  }
}

const quiet = (failure: Failure | null): Failure | null => {
  if (failure === null) return null
  const { code: _written, ...rest } = failure
  return { ...rest, message: '' }
}

function quietOutcome(outcome: RunOutcome): RunOutcome {
  if (outcome.type === 'running') return { ...outcome, next: { ...outcome.next, message: null } }
  return 'message' in outcome ? { ...outcome, message: '' } : outcome
}
