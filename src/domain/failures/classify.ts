/**
 * From what a provider said to a class of failure: the tables of `word-rules.ts`, `wording-rules.ts` and
 * `status-rules.ts`, one after the other, read from the top; the first match decides.
 *
 * CLASSIFY-1 A provider's own word (code, type, reason) beats the status: 429 `insufficient_quota` is no rate
 *    limit.
 * CLASSIFY-2 Message patterns count only on the statuses where they can mean it; wording may change, so they
 *    come after codes, and no match leaves the class to the status.
 * CLASSIFY-3 Every status has a class; without a status (an error inside a stream) the type decides, else
 *    `server_error`.
 * CLASSIFY-4 A 400 that no rule knows is `invalid_request`, and not proved: only words that name a fault
 *    against every provider's rules prove that the request is at fault (`proved.ts`; decision 0020).
 */

import type { Failure, FailureClass } from './failure'
import type { HttpRule } from './http-rule'
import { provesFault } from './proved'
import { redact } from './redact'
import { STATUS_RULES } from './status-rules'
import { WORD_RULES } from './word-rules'
import { WORDING_RULES } from './wording-rules'

export interface HttpFailure {
  /** null: the error came inside a 200 stream or body and has no status of its own. */
  status: number | null
  code?: string | null | undefined
  type?: string | null | undefined
  /** Further words that name a reason, e.g. Gemini's `API_KEY_INVALID` in its details. */
  reasons?: readonly string[] | undefined
  message?: string | null | undefined
  /** The request's parameter that the provider complains about. */
  param?: string | null | undefined
  retryAfterMs?: number | undefined
  requestId?: string | null | undefined
}

const wordsOf = ({ code, type, reasons = [] }: HttpFailure): string[] =>
  [code, type, ...reasons].filter((word) => word != null)

/** CLASSIFY-1, CLASSIFY-2: read in this order, the first match decides. */
const HTTP_RULES: readonly HttpRule[] = [...WORD_RULES, ...WORDING_RULES, ...STATUS_RULES]

const matches = (rule: HttpRule, failure: HttpFailure): boolean =>
  (rule.status === undefined || rule.status(failure.status)) &&
  (rule.waits === undefined || failure.retryAfterMs !== undefined) &&
  (rule.word === undefined || wordsOf(failure).some((word) => rule.word?.test(word))) &&
  (rule.message === undefined || rule.message.test(failure.message ?? ''))

const classOf = (failure: HttpFailure): FailureClass =>
  HTTP_RULES.find((rule) => matches(rule, failure))?.class ?? 'server_error'

/** Digits as a code (Azure's `"429"`, Zhipu's `"1113"`) say nothing to people. */
const namedCode = (failure: HttpFailure): string | undefined =>
  wordsOf(failure).find((word) => !/^\d+$/.test(word))

/**
 * What an HTTP error (or an error inside a stream, `status: null`) means. Never throws; the message is
 * redacted and bounded, names the status, and the parameter where the provider named one.
 */
export const classifyHttp = (failure: HttpFailure): Failure => {
  const { status, param, retryAfterMs, requestId } = failure
  const code = namedCode(failure)
  const said = failure.message?.trim() || code || 'no message'
  const about = param && !said.includes(param) ? ` (parameter ${param})` : ''
  const failureClass = classOf(failure)
  return {
    class: failureClass,
    message: redact(`${status === null ? 'in the response' : `HTTP ${status}`}: ${said}${about}`),
    ...(status === null ? {} : { status }),
    ...(code === undefined ? {} : { code: redact(code) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId ? { requestId } : {}),
    ...(failureClass === 'invalid_request' && provesFault(wordsOf(failure), failure) ? { proved: true } : {}),
  }
}
