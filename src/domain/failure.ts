/**
 * Why an attempt did not succeed, and what follows from it. RULES is the one place that says so:
 * the activity (retry), the dispatcher (fall back) and the circuits read it, nothing else decides.
 */

export const FAILURE_CLASSES = [
  'invalid_request',
  'content_refused',
  'context_too_long',
  'unsupported',
  'unauthorized',
  'forbidden',
  'quota_exhausted',
  'model_not_found',
  'rate_limited',
  'overloaded',
  'server_error',
  'connection',
  'timeout',
  'bad_response',
  'schema_mismatch',
  'answer_too_large',
  'internal_error',
  'not_admitted',
  'worker_lost',
  'cancelled',
] as const

export type FailureClass = (typeof FAILURE_CLASSES)[number]

/** The guard that fired. `headers`: connected, but no status line in time. */
export type TimeoutPhase = 'connect' | 'headers' | 'first_token' | 'idle' | 'attempt'

export interface Failure {
  class: FailureClass
  /** For people. Never holds a secret or the prompt. */
  message: string
  /** HTTP status, where there was one. */
  status?: number | undefined
  /** The provider's own code or error type, e.g. `insufficient_quota`. */
  code?: string | undefined
  /** The pause that the provider asked for. */
  retryAfterMs?: number | undefined
  timeoutPhase?: TimeoutPhase | undefined
  /** Whether tokens had arrived before it failed. */
  tokensFlowing?: boolean | undefined
  /** The provider's request id, for its support desk. */
  requestId?: string | undefined
  /**
   * Of `invalid_request`: every provider would say the same. Our own checks found it, or the provider's words name a
   * fault that is none of its own rules (classify.ts). Absent: it may be a limit of this provider alone.
   */
  proved?: true | undefined
}

export interface Rule {
  /** Ask the same target again? `once`: one retry at the most. `after_wait`: when the pause that was asked for is over. */
  retry: 'no' | 'yes' | 'once' | 'after_wait'
  /**
   * Go to the next candidate? `opt_in`: where the route says so. `other_provider`: where the fault is not proved and one
   * provider alone has found it.
   */
  fallback: 'no' | 'yes' | 'opt_in' | 'larger_context' | 'other_provider'
  /** What it means to the target's circuit. */
  circuit: 'ignore' | 'failure' | 'hold'
  /** What is to be left alone for a while. */
  hold: 'none' | 'key' | 'model' | 'provider'
  /** Did a call reach out to the provider, so that it counts against `retry.maximumAttempts`? */
  counts: boolean
  /** Does somebody have to act before it goes away? */
  alert: boolean
}

const rule = (
  retry: Rule['retry'],
  fallback: Rule['fallback'],
  circuit: Rule['circuit'],
  more: Partial<Pick<Rule, 'hold' | 'counts' | 'alert'>> = {},
): Rule => ({ retry, fallback, circuit, hold: 'none', counts: true, alert: false, ...more })

export const RULES = {
  invalid_request: rule('no', 'other_provider', 'ignore'),
  content_refused: rule('no', 'opt_in', 'ignore'),
  context_too_long: rule('no', 'larger_context', 'ignore'),
  unsupported: rule('no', 'yes', 'ignore'),
  unauthorized: rule('no', 'yes', 'ignore', { hold: 'key', alert: true }),
  forbidden: rule('no', 'yes', 'ignore', { hold: 'model', alert: true }),
  quota_exhausted: rule('no', 'yes', 'ignore', { hold: 'provider' }),
  model_not_found: rule('no', 'yes', 'ignore', { hold: 'model', alert: true }),
  rate_limited: rule('after_wait', 'yes', 'hold', { hold: 'model' }),
  overloaded: rule('yes', 'yes', 'failure'),
  server_error: rule('yes', 'yes', 'failure'),
  connection: rule('yes', 'yes', 'failure'),
  timeout: rule('no', 'yes', 'failure'),
  bad_response: rule('once', 'yes', 'failure'),
  schema_mismatch: rule('once', 'yes', 'ignore'),
  answer_too_large: rule('no', 'yes', 'ignore'),
  internal_error: rule('no', 'yes', 'ignore', { alert: true }),
  not_admitted: rule('no', 'yes', 'ignore', { counts: false }),
  worker_lost: rule('yes', 'yes', 'ignore', { counts: false }),
  cancelled: rule('no', 'no', 'ignore', { counts: false }),
} as const satisfies Record<FailureClass, Rule>

/** The code of a `not_admitted` that a circuit or a hold said: no call was made. */
export const CIRCUIT_CODE = 'circuit'

export const refusedByCircuit = (failure: Failure): boolean =>
  failure.class === 'not_admitted' && failure.code === CIRCUIT_CODE

/** The code of a `cancelled` that the call itself chose: another one was answering already. */
export const GAVE_WAY_CODE = 'gave_way'

/** It reached out to the provider, and could have answered: it keeps its place. */
export const gaveWay = (failure: Failure): boolean =>
  failure.class === 'cancelled' && failure.code === GAVE_WAY_CODE

/** The rule of a class, as the general type (RULES keeps the literal ones). */
export const ruleOf = (failureClass: FailureClass): Rule => RULES[failureClass]

/** The request is at fault: the same target would fail the same way again, however long one waits. */
const REQUEST_FAULTS: ReadonlySet<FailureClass> = new Set([
  'invalid_request',
  'content_refused',
  'context_too_long',
  'unsupported',
])

export const isRequestFault = (failureClass: FailureClass): boolean => REQUEST_FAULTS.has(failureClass)
