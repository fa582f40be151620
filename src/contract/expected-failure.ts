/** An expected failure as Temporal carries it. The one place where a failure becomes an exception's shape. */
import { ApplicationFailure, type Duration } from '@temporalio/common'

export interface ExpectedFailure {
  type: string
  message: string
  details: unknown
  /** Absent: not to be retried. */
  retryAfter?: Duration | undefined
}

/**
 * Without a stack: it was not thrown by a bug, and the stack of where it was made would fill the history
 * with this machine's paths.
 */
export function expectedFailure({ type, message, details, retryAfter }: ExpectedFailure): ApplicationFailure {
  const failure = ApplicationFailure.create({
    type,
    message,
    details: [details],
    nonRetryable: retryAfter === undefined,
    ...(retryAfter === undefined ? {} : { nextRetryDelay: retryAfter }),
  })
  failure.stack = ''
  return failure
}
