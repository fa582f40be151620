/**
 * What HTTP says of an error, the same in every dialect.
 *
 * ERROR-STATUS-1 429 and 503 carry `Retry-After`; nothing else does.
 * ERROR-STATUS-2 Where sending it again can't help, or would be paid again by the caller's own deadline, the
 *    official clients get `x-should-retry: false`: they retry 409, 429 and 5xx by themselves. So they
 *    are where the generation may go on: without an idempotency key the same request is another one, and paid
 *    twice. And so they are where a budget is spent for longer than they would wait.
 */
import type { HoldfastError } from '../../contract/errors'
import type { ErrorKind } from '../../contract/generation'
import { type FailureClass, ruleOf } from '../../domain/failures/failure'

export interface ErrorStatus {
  status: number
  headers: { [name: string]: string }
}

/** Where nobody knows when: short against an outage, long against a busy loop. */
const DEFAULT_RETRY_AFTER_S = 5

/** The official clients don't wait for a longer Retry-After, and send again at once. */
const LONGEST_CLIENT_WAIT_S = 60

const BY_KIND = {
  invalid_request: 400,
  not_found: 404,
  conflict: 409,
  all_failed: 503,
  deadline_exceeded: 504,
  // nginx's word for a caller that has gone; there is no standard one.
  cancelled: 499,
  unavailable: 503,
  budget_spent: 429,
} as const satisfies Record<ErrorKind, number>

/** Each says "not as things stand": one of them beside another is the operator's business still. */
const OPERATORS: ReadonlySet<number> = new Set([404, 502])

/** Of an `all_failed`, by how each candidate ended. */
function statusOfAll(classes: readonly FailureClass[]): number {
  const statuses = classes.map((failureClass) => ruleOf(failureClass).status)
  const [first, ...others] = statuses
  if (first === undefined) return BY_KIND.all_failed
  if (others.every((status) => status === first)) return first
  return statuses.every((status) => OPERATORS.has(status)) ? 502 : BY_KIND.all_failed
}

/** How each candidate ended. A call that was not made says nothing. */
function lastClasses({ attempts, failureClass }: HoldfastError): FailureClass[] {
  const last = new Map<number, FailureClass>()
  for (const { candidate, failure } of attempts)
    if (failure !== undefined && ruleOf(failure.class).counts) last.set(candidate, failure.class)
  if (last.size > 0) return [...last.values()]
  return failureClass === null ? [] : [failureClass]
}

function statusOf(error: HoldfastError): number {
  if (error.kind === 'invalid_request' && error.failureClass === 'model_not_found') return 404
  if (error.kind === 'invalid_request' && error.failureClass === 'request_too_large') return 413
  if (error.kind !== 'all_failed') return BY_KIND[error.kind]
  return statusOfAll(lastClasses(error))
}

const NO_RETRY: ReadonlySet<number> = new Set([409, 500, 502, 504])

/** `now` in epoch milliseconds. */
export function errorStatus(error: HoldfastError, now: number): ErrorStatus {
  const status = statusOf(error)
  if (NO_RETRY.has(status)) return { status, headers: { 'x-should-retry': 'false' } }
  if (status !== 429 && status !== 503) return { status, headers: {} }
  const { kind, accepted, retryAt } = error
  const seconds = retryAt === null ? DEFAULT_RETRY_AFTER_S : Math.ceil((retryAt.getTime() - now) / 1000)
  const headers = { 'retry-after': String(Math.max(1, seconds)) }
  const mayGoOn = kind === 'unavailable' && accepted !== false
  const isSpent = kind === 'budget_spent' && seconds > LONGEST_CLIENT_WAIT_S
  return { status, headers: mayGoOn || isSpent ? { ...headers, 'x-should-retry': 'false' } : headers }
}
