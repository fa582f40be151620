/**
 * From what a provider or a socket said to a class of failure: one table, read from the top, first match decides.
 *
 * K1 A provider's own word (code, type) beats the status: 429 `insufficient_quota` is no rate limit.
 * K2 Message patterns count only on the statuses where they can mean it; wording may change, so they come
 *    after codes, and no match leaves the class to the status.
 * K3 Every status has a class; without a status (an error inside a stream) the type decides, else `server_error`.
 */
import type { Failure, FailureClass } from './failure'
import { redact } from './redact'
import type { TransportError } from './transport'

export interface HttpFailure {
  /** null: the error came inside a 200 stream or body and told no status of its own. */
  status: number | null
  code?: string | null | undefined
  type?: string | null | undefined
  message?: string | null | undefined
  /** The request's parameter that the provider complains about. */
  param?: string | null | undefined
  retryAfterMs?: number | undefined
  requestId?: string | null | undefined
}

interface HttpRule {
  class: FailureClass
  status?: (status: number | null) => boolean
  /** Against code and type, each on its own. */
  word?: RegExp
  message?: RegExp
}

const refused = (status: number | null) => status === null || [400, 403, 422, 451].includes(status)
/** 403 is not among them: a country that is not supported is `forbidden`. 404 is: OpenRouter's "no endpoints". */
const cannot = (status: number | null) => status === null || [400, 404, 422].includes(status)
const badRequest = (status: number | null) => status === null || [400, 413, 422].includes(status)
const clientError = (status: number | null) => status === null || (status >= 400 && status < 500)
const noStatus = (status: number | null) => status === null
const is =
  (...statuses: number[]) =>
  (status: number | null) =>
    status !== null && statuses.includes(status)
const between = (from: number, to: number) => (status: number | null) =>
  status !== null && status >= from && status <= to

const HTTP_RULES: readonly HttpRule[] = [
  // Words that mean one thing wherever they stand.
  {
    class: 'quota_exhausted',
    word: /^(insufficient_quota|billing_hard_limit_reached|billing_not_active|billing_error|quota_exceeded|insufficient_(credits|balance|funds)|credit_limit|(contract|enforced|linked_organization)_spend_limit_reached|linked_organization_billing_unavailable|payment_required)$/i,
  },
  {
    class: 'content_refused',
    word: /^(content_policy_violation|content_filter(ed)?|responsibleaipolicyviolation|moderation_blocked|invalid_prompt|content_moderation)$/i,
  },
  {
    class: 'context_too_long',
    word: /^(context_length_exceeded|string_above_max_length|exceed_context_size_error|request_too_large|request_body_too_large_after_decoding)$/i,
  },
  {
    class: 'unsupported',
    word: /^(unsupported_(parameter|value|model)|unknown_parameter|thread_unsupported_request)$/i,
  },
  {
    class: 'model_not_found',
    word: /^(model_not_found|model_not_available|deploymentnotfound|unknown_model)$/i,
  },
  { class: 'unauthorized', word: /^(invalid_api_key|invalid_authentication)$/i },
  {
    class: 'overloaded',
    word: /^(overloaded_error|overloaded|engine_overloaded(_error)?|server_overloaded|slow_down)$/i,
  },

  // Wording, where no word tells.
  {
    class: 'quota_exhausted',
    status: clientError,
    message:
      /credit balance is too low|insufficient (credits?|balance|funds)|credit limit (has been )?(exceeded|reached)|key limit exceeded|reached your specified (API )?usage limits|billing hard limit/i,
  },
  {
    class: 'content_refused',
    status: refused,
    message:
      /content (management |moderation |filtering |safety )?polic|content[_ ]filter|safety system|flagged|violat\w+ .{0,40}polic/i,
  },
  {
    class: 'context_too_long',
    status: badRequest,
    message:
      /maximum (context|model) length|context (length|window|size|limit)|prompt is too long|longer than the maximum|inputs.{0,3} tokens (\+|and) .{0,3}max_new_tokens|(input|tokens) (is |are )?too long|too many (input |prompt )?tokens|too large for model/i,
  },
  {
    class: 'unsupported',
    status: cannot,
    message:
      /(not|n't) support|unsupported (parameter|value|content)|deprecated for this model|unrecognized request argument|extra inputs are not permitted|extra fields not permitted|endpoints found that support|requires --enable|not compatible with|only supported (by|on|with|for)|cannot both be specified|max_(completion_|output_)?tokens.{0,80}(too large|maximum allowed|at most)|not a multimodal model/i,
  },
  {
    class: 'model_not_found',
    status: is(400, 403, 422),
    message:
      /not a valid model|model .{1,120} (does not exist|not found|is not available)|unable to access model/i,
  },
  {
    class: 'unauthorized',
    status: is(400, 403),
    message:
      /(api|subscription) key (is )?(not valid|invalid|missing)|(invalid|incorrect|missing|no) api key/i,
  },

  // The status alone.
  { class: 'unauthorized', status: is(401) },
  { class: 'quota_exhausted', status: is(402) },
  { class: 'forbidden', status: is(403, 451) },
  { class: 'model_not_found', status: is(404) },
  // The server gave up waiting for the request: a silent route, not a wrong request.
  { class: 'timeout', status: is(408) },
  // A conflict, too early, hung up on by a proxy: each goes away by itself.
  { class: 'server_error', status: is(409, 425, 499) },
  { class: 'context_too_long', status: is(413) },
  { class: 'rate_limited', status: is(429) },
  { class: 'invalid_request', status: between(400, 499) },
  { class: 'overloaded', status: is(503, 529) },
  // 500, 502, 504, Cloudflare's 520 to 530 and whatever a proxy invents.
  { class: 'server_error', status: between(500, 599) },
  { class: 'bad_response', status: (status) => status !== null },

  // No status: an error inside a stream.
  { class: 'unauthorized', status: noStatus, word: /authentication/i },
  { class: 'forbidden', status: noStatus, word: /permission/i },
  { class: 'model_not_found', status: noStatus, word: /not_?found/i },
  { class: 'rate_limited', status: noStatus, word: /rate_?limit|too_?many_?requests|^(tokens|requests)$/i },
  { class: 'invalid_request', status: noStatus, word: /invalid_?request|bad_?request|validation/i },
  { class: 'overloaded', status: noStatus, message: /overloaded|server busy|capacity/i },
  { class: 'server_error' },
]

const matches = (rule: HttpRule, failure: HttpFailure): boolean =>
  (rule.status === undefined || rule.status(failure.status)) &&
  (rule.word === undefined || [failure.code, failure.type].some((word) => word && rule.word?.test(word))) &&
  (rule.message === undefined || rule.message.test(failure.message ?? ''))

const classOf = (failure: HttpFailure): FailureClass =>
  HTTP_RULES.find((rule) => matches(rule, failure))?.class ?? 'server_error'

/** Digits as a code (Azure's `"429"`) say nothing that the status doesn't. */
const tellingCode = ({ code, type }: HttpFailure): string | undefined =>
  [code, type].find((word) => word && !/^\d+$/.test(word)) ?? undefined

/**
 * What an HTTP error (or an error inside a stream, `status: null`) means. Never throws; the message is
 * redacted and bounded, names the status, and the parameter where the provider named one.
 */
export const classifyHttp = (failure: HttpFailure): Failure => {
  const { status, param, retryAfterMs, requestId } = failure
  const code = tellingCode(failure)
  const said = failure.message?.trim() || code || 'no message'
  const about = param && !said.includes(param) ? ` (parameter ${param})` : ''
  return {
    class: classOf(failure),
    message: redact(`${status === null ? 'in the response' : `HTTP ${status}`}: ${said}${about}`),
    ...(status === null ? {} : { status }),
    ...(code === undefined ? {} : { code: redact(code) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId ? { requestId } : {}),
  }
}

const REASONS = {
  dns: 'the host name could not be resolved',
  refused: 'the connection was refused',
  reset: 'the connection was reset',
  tls: 'the TLS handshake failed',
  unreachable: 'the host is unreachable',
  other: 'the connection failed',
} as const

const PHASES = {
  connect: 'no connection',
  headers: 'no response headers',
  first_token: 'no first token',
  idle: 'no further token',
  attempt: 'no whole answer',
} as const

/** What a failure below HTTP means. A cut body or one over the size bound is a `bad_response`. */
export const classifyTransport = (error: TransportError): Failure => {
  switch (error.kind) {
    case 'timeout':
      return {
        class: 'timeout',
        message: `${PHASES[error.phase]} within ${error.limitMs} ms`,
        timeoutPhase: error.phase,
        tokensFlowing: error.tokensFlowing,
      }
    case 'connection':
      return {
        class: 'connection',
        message: redact(`${REASONS[error.reason]}: ${error.message}`),
        ...(error.code === null ? {} : { code: error.code }),
      }
    case 'cut':
      return {
        class: 'bad_response',
        message: redact(`the response was cut: ${error.message}`),
        tokensFlowing: error.tokensFlowing,
      }
    case 'too_large':
      return { class: 'bad_response', message: `the response is larger than ${error.limitBytes} bytes` }
    case 'aborted':
      return { class: 'cancelled', message: 'the call was cancelled' }
  }
}
