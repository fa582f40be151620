/** An expected failure as Temporal carries it. The one place where a failure becomes an exception's shape. */
import { ApplicationFailure, type Duration } from '@temporalio/common'
import { wellFormed } from '../domain/request/text'

export interface ExpectedFailure {
  type: string
  message: string
  details: unknown
  /** Absent: not to be retried. */
  retryAfter?: Duration | undefined
}

/**
 * Without a stack: it was not thrown by a bug, and the stack of where it was made would fill the history
 * with this machine's paths. The message goes over the wire as it is, not as JSON: half a character in it
 * (a model's name is the caller's) would end the worker, and every other one that takes the call after it.
 */
export function expectedFailure({ type, message, details, retryAfter }: ExpectedFailure): ApplicationFailure {
  const failure = ApplicationFailure.create({
    type,
    message: wellFormed(message),
    details: [details],
    nonRetryable: retryAfter === undefined,
    ...(retryAfter === undefined ? {} : { nextRetryDelay: retryAfter }),
  })
  failure.stack = ''
  return failure
}
