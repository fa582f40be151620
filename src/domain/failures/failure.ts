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
  'request_too_large',
  'internal_error',
  'not_admitted',
  'worker_lost',
  'cancelled',
] as const

export type FailureClass = (typeof FAILURE_CLASSES)[number]

export const isFailureClass = (text: string | undefined): text is FailureClass =>
  (FAILURE_CLASSES as readonly (string | undefined)[]).includes(text)

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
  /** The pause that the provider requested. */
  retryAfterMs?: number | undefined
  timeoutPhase?: TimeoutPhase | undefined
  /** Whether tokens had arrived before it failed. */
  tokensFlowing?: boolean | undefined
  /** The provider's request id, for its support desk. */
  requestId?: string | undefined
  /**
   * Of `invalid_request`: every provider would say the same. Our own checks failed it, or the provider's words name a
   * fault that is none of its own rules (classify.ts). Absent: it may be a limit of this provider alone.
   */
  proved?: true | undefined
}

export interface Rule {
  /** Call the same target again? `once`: one retry at the most. `after_wait`: when the requested pause is over. */
  retry: 'no' | 'yes' | 'once' | 'after_wait'
  /**
   * Go to the next candidate? `opt_in`: where the route says so. `other_provider`: where the fault is not proved and one
   * provider alone has refused it.
   */
  fallback: 'no' | 'yes' | 'opt_in' | 'larger_context' | 'other_provider'
  /** What it means to the target's circuit. */
  circuit: 'ignore' | 'failure' | 'hold'
  /** What is to be left alone for a while. */
  hold: 'none' | 'key' | 'model' | 'provider'
  /** What of several keys is left alone: the key, or the key for this model; null: the failure says nothing of keys. */
  keyHold: 'key' | 'model' | null
  /** Does a person mend it, by another key or by paying? A route may wait for that (`onUnauthorized: park`). */
  lacksKey: boolean
  /** Did a call reach out to the provider, so that it counts against `retry.maximumAttempts`? */
  counts: boolean
  /** Is it only ever read from a provider's answer? Then the way there works, whatever the answer says. */
  answered: boolean
  /**
   * The caller's error where every candidate failed of such: the request is at fault (and no old answer may take the
   * error's place), or all have failed.
   */
  kind: 'invalid_request' | 'all_failed'
  /** The HTTP status of `all_failed` where every candidate failed of it: 404, 429, 500, 502 (not to be sent again) or 503. */
  status: 404 | 429 | 500 | 502 | 503
  /** The level of the attempt's line. `error`: somebody has to act before it goes away. */
  log: 'info' | 'warn' | 'error'
}

/** Most failures of a call that was answered: the next candidate is called, and nothing is held. */
const ANSWERED: Rule = {
  retry: 'no',
  fallback: 'yes',
  circuit: 'ignore',
  hold: 'none',
  keyHold: null,
  lacksKey: false,
  counts: true,
  answered: true,
  kind: 'all_failed',
  status: 503,
  log: 'warn',
}
const UNANSWERED: Rule = { ...ANSWERED, answered: false }
/** No call was made, or its end says nothing of the provider. */
const UNCOUNTED: Rule = { ...UNANSWERED, counts: false }
/** The same target would fail the same way again, however long one waits. */
const REQUEST: Rule = { ...UNANSWERED, kind: 'invalid_request' }

/** Everything that a class of failure decides. Nothing else decides by a class. */
export const RULES = {
  invalid_request: { ...REQUEST, fallback: 'other_provider' },
  content_refused: { ...REQUEST, fallback: 'opt_in', answered: true },
  context_too_long: { ...REQUEST, fallback: 'larger_context' },
  unsupported: REQUEST,
  unauthorized: { ...ANSWERED, hold: 'key', keyHold: 'key', lacksKey: true, status: 502, log: 'error' },
  forbidden: { ...ANSWERED, hold: 'model', status: 502, log: 'error' },
  quota_exhausted: { ...ANSWERED, hold: 'provider', keyHold: 'key', lacksKey: true, status: 502 },
  model_not_found: { ...ANSWERED, hold: 'model', status: 404, log: 'error' },
  rate_limited: {
    ...ANSWERED,
    retry: 'after_wait',
    circuit: 'hold',
    hold: 'model',
    keyHold: 'model',
    status: 429,
  },
  overloaded: { ...ANSWERED, retry: 'yes', circuit: 'failure' },
  server_error: { ...ANSWERED, retry: 'yes', circuit: 'failure' },
  connection: { ...UNANSWERED, retry: 'yes', circuit: 'failure' },
  timeout: { ...UNANSWERED, circuit: 'failure' },
  bad_response: { ...ANSWERED, retry: 'once', circuit: 'failure' },
  schema_mismatch: { ...ANSWERED, retry: 'once' },
  answer_too_large: { ...ANSWERED, status: 502 },
  request_too_large: REQUEST,
  internal_error: { ...UNANSWERED, status: 500, log: 'error' },
  not_admitted: UNCOUNTED,
  worker_lost: { ...UNCOUNTED, retry: 'yes' },
  cancelled: { ...UNCOUNTED, fallback: 'no', log: 'info' },
} satisfies Record<FailureClass, Rule>

/** The code of a `not_admitted` that a circuit or a hold said: no call was made. */
export const CIRCUIT_CODE = 'circuit'

export const refusedByCircuit = (failure: Failure): boolean =>
  failure.class === 'not_admitted' && failure.code === CIRCUIT_CODE

/** The code of a `not_admitted` that had no slot of the worker: no call was made, and one may be free soon. */
export const SLOTS_CODE = 'slots'

/** The code of a `not_admitted` that could not read its request in the payload store for now: it is waited for as a slot is. */
export const PAYLOADS_CODE = 'payloads'

/** The code of a `not_admitted` that found no room in a limit of the provider's: no call was made. */
export const LIMIT_CODE = 'limit'

const WAITED_FOR = new Set<string | undefined>([SLOTS_CODE, PAYLOADS_CODE, LIMIT_CODE])

/** No call was made for now: it lacked a slot of the worker, room within a limit of the provider's, or its stored request. */
export const lackedTurn = (failure: Failure | undefined): boolean =>
  failure?.class === 'not_admitted' && WAITED_FOR.has(failure.code)

/** The code of a `cancelled` that the call itself chose: another one was answering already. */
export const GAVE_WAY_CODE = 'gave_way'

/** It reached out to the provider, and could have answered: it keeps its place. */
export const gaveWay = (failure: Failure): boolean =>
  failure.class === 'cancelled' && failure.code === GAVE_WAY_CODE

export const ruleOf = (failureClass: FailureClass): Rule => RULES[failureClass]

/** The same target would fail the same way again, however long one waits. */
export const isRequestFault = (failureClass: FailureClass): boolean =>
  ruleOf(failureClass).kind === 'invalid_request'
