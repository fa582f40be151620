/**
 * From what a provider or a socket said to a class of failure: one table, read from the top, first match decides.
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
import { provesFault } from './proved'
import { redact } from './redact'
import type { TransportError } from './transport'

export interface HttpFailure {
  /** null: the error came inside a 200 stream or body and told no status of its own. */
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

interface HttpRule {
  class: FailureClass
  status?: (status: number | null) => boolean
  /** Against code, type and reasons, each on its own. */
  word?: RegExp
  message?: RegExp
  /** Does the provider tell how long to wait? */
  waits?: true
}

const refused = (status: number | null) => status === null || [400, 403, 422, 451].includes(status)
/** 403 is not among them: a country that is not supported is `forbidden`. 404 is: OpenRouter's "no endpoints". */
const cannot = (status: number | null) => status === null || [400, 404, 405, 422, 501].includes(status)
/** Together says 403 where an input is too long. */
const tooLong = (status: number | null) => status === null || [400, 403, 413, 422].includes(status)
/** Cohere says 498 where it blocks, Cloudflare's gateway 424. */
const blocked = (status: number | null) => refused(status) || status === 424 || status === 498
const clientError = (status: number | null) => status === null || (status >= 400 && status < 500)
const noStatus = (status: number | null) => status === null
const is =
  (...statuses: number[]) =>
  (status: number | null) =>
    status !== null && statuses.includes(status)
const between = (from: number, to: number) => (status: number | null) =>
  status !== null && status >= from && status <= to

/** Of a server, a model, an engine; a tool may have the word in its name. */
const OVERLOADED =
  /(^|server|servers|model|engine|system|service|api|is|are|currently|temporarily) (is |are |currently |temporarily |being )*overloaded|^overloaded|(server|system|service) (is )?(too )?busy|no capacity|capacity temporarily exceeded|high (demand|traffic)/i

const HTTP_RULES: readonly HttpRule[] = [
  // OpenAI has one code for every text that is too long; the parameter tells which.
  {
    class: 'unsupported',
    status: (status) => status === 400,
    message: /^invalid '(?!messages|input|prompt|instructions)[^']*': string too long/i,
  },

  // Words that mean one thing wherever they stand.
  {
    class: 'quota_exhausted',
    word: /^(insufficient_(quota|user_quota|credits|balance|funds)|insufficientbalance|exceeded_current_quota_error|billing_hard_limit_reached|billing_not_active|billing_error|quota_exceeded|budget_exceeded|spend_limit_exceeded|credit_limit|credit_balance_exhausted|credits_exhausted|(contract|enforced|linked_organization)_spend_limit_reached|linked_organization_billing_unavailable|payment_required|arrearage|allocationquota\.freetieronly|1113|1008)$/i,
  },
  {
    class: 'content_refused',
    word: /^(content_policy_violation|content_filter(ed)?|responsibleaipolicyviolation|moderation_blocked|invalid_prompt|content_moderation|data_?inspection_?failed|prohibited_content|image_safety|input_moderation|sensitive_words_detected|1301|1026|1027)$/i,
  },
  {
    class: 'context_too_long',
    word: /^(context_length_exceeded|context_window_exceeded|contextwindowexceedederror|context_exceeded|model_max_prompt_tokens_exceeded|tokens_too_long|tokens_limit_reached|prompt_too_long|input_too_long|string_above_max_length|exceed_context_size_error|request_too_large|request_body_too_large_after_decoding|1261)$/i,
  },
  {
    class: 'schema_mismatch',
    word: /^(json_validate_failed|tool_use_failed|output_parse_failed)$/i,
  },
  {
    class: 'unsupported',
    word: /^(unsupported_(parameter|value|model|content|media_type)|unknown_parameter|thread_unsupported_request|array_above_max_length|invalid_json_schema|json_mode_not_supported)$/i,
  },
  {
    class: 'model_not_found',
    word: /^(model_not_(found|available|exist|exists|supported)|modelnotfound(exception|error)?|model_(decommissioned|deprecated|retired|terminated)|deploymentnotfound|(unknown|unavailable|invalid)_model|invalidmodel|1211)$/i,
  },
  {
    class: 'unauthorized',
    word: /^(invalid_api_key|invalidapikey|api_key_invalid|invalid_authentication(_error)?|expired_api_key|access_token_expired|unauthenticated|unrecognizedclientexception|expiredtokenexception|invalidsignatureexception|incorrect_api_key|unauthori[sz]ed|auth_error|authentication_error)$/i,
  },
  {
    class: 'overloaded',
    word: /^(overloaded_error|overloaded|engine_overloaded(_error)?|server_overloaded|model_overloaded|slow_down|capacity_exceeded|modelnotreadyexception|serviceunavailableexception|1305)$/i,
  },
  {
    class: 'rate_limited',
    word: /^(throttlingexception|toomanyrequestsexception|throttling(\..+)?|1302|1303)$/i,
  },

  // Wording, where no word tells.
  // Before the limits of the output: what does not fit beside the prompt fits into a larger window.
  {
    class: 'context_too_long',
    status: tooLong,
    message: /maximum context length is|max_\w*tokens must be at least 1, got -\d/i,
  },
  {
    class: 'unsupported',
    status: cannot,
    message:
      /maximum tokens you requested|range of max_\w*tokens|max[_ ]?(completion[_ ]?|output[_ ]?)?tokens\b.{0,120}(too large|maximum allowed|maximum output|at most|must be less than or|above maximum|supported range|<=)/i,
  },
  // An amount that is over a whole minute's budget never fits, however long one waits.
  { class: 'unsupported', status: is(400, 413, 429), message: /request too large .{0,200}tokens per min/i },
  // Money that is gone does not come back by waiting, whatever `Retry-After` a proxy adds.
  {
    class: 'quota_exhausted',
    status: clientError,
    message:
      /credit balance is too low|insufficient.{0,20}(credits?|balance|funds)|(balance|credits?|funds) (is |are )?(insufficient|exhausted|depleted|used up)|not have any credits|no resource package|budget has been exceeded|(exceeded|crossed|over) (the )?budget|out of credits/i,
  },
  // MiniMax says it with a 500. Only a message that begins with it: a 500 is an outage by all else.
  {
    class: 'quota_exhausted',
    status: is(500),
    message: /^insufficient (account )?(balance|credits?|funds|quota)/i,
  },
  {
    class: 'quota_exhausted',
    status: clientError,
    message: /used up your .{0,40}(allocation|credits|quota)|past the per month/i,
  },
  // Nobody's share is used up: the server has no room.
  {
    class: 'overloaded',
    status: is(429),
    message: OVERLOADED,
  },
  // Gemini says "exceeded your current quota" of a minute's budget too, and when it is there again.
  { class: 'rate_limited', status: is(429), waits: true },
  {
    class: 'quota_exhausted',
    status: clientError,
    message:
      /insufficient.{0,20}quota|reached the set .{0,20}limit|(monthly|spending) (usage )?limit (was |has been )?(reached|exceeded)|credit limit (has been )?(exceeded|reached)|key limit exceeded|reached your specified (API )?usage limits|billing hard limit|suspended.{0,120}(billing|payment|invoice|spending|balance|recharge)|(spending|budget) (limit|cap)|check your plan and billing|past due|overdue|recharge|top up/i,
  },
  {
    class: 'content_refused',
    status: blocked,
    message:
      /(prompt|input|output|response|text|content) (was |is |has been )?blocked|blocked (the )?(input|output|prompt|response)|content exists risk|considered high risk|content (management |moderation |filtering |safety |usage )?polic|content[_ ]filter|safety system|flagged|violat\w+ .{0,40}(polic|guideline)|inappropriate content|(sensitive|prohibited|unsafe) (content|words?|information)|data inspection/i,
  },
  {
    class: 'rate_limited',
    status: is(400, 403),
    message: /too many requests|rate limit (exceeded|reached)/i,
  },
  {
    class: 'context_too_long',
    status: tooLong,
    message:
      /maximum (context|model) length|max\w* (context |sequence )?length exceeded|(length of (the |your )?(messages|prompt|input)|(token count|(input|prompt|total) tokens)) .{0,40}exceed|context (length|window|size|limit|overflow)|prompt (is too long|exceeds max|contains too many)|longer than the (maximum|model)|maximum (prompt|input) length|exceed\w* .{0,20}(maximum|max|model'?s?) .{0,20}(tokens?|context|length)|exceed\w* model token limit|(input|prompt) token count|range of input length|input length .{0,40}exceed|must have less than \d+ tokens|inputs.{0,3} tokens (\+|and) .{0,3}max_new_tokens|(input|prompt|tokens|messages) (is |are )?too (long|large)|too many (input |prompt )?tokens|too large for model|reduce (the length of )?(the|your) (messages|prompt|input)|max_model_len|only supports up to \d+ tokens|expected maxlength|value at '(body|messages|prompt|inputs?)'.{0,80}length less than/i,
  },
  {
    class: 'forbidden',
    status: is(400),
    message: /(location|country|region|territory) .{0,20}not supported/i,
  },
  // It goes away by itself, whatever the status says: a 400 of NVIDIA's for a function that is down.
  {
    class: 'overloaded',
    status: is(400, 404, 422),
    message:
      /degraded function|(not|n't) ready for inference|(temporarily|currently) (unavailable|not available)|is (still |currently )?(loading|warming up|starting up)/i,
  },
  { class: 'overloaded', status: is(400, 500), message: OVERLOADED },
  // Gemini goes on: "or is not supported for generateContent".
  {
    class: 'model_not_found',
    status: is(404),
    message: /^models?\/?\S* .{0,40}(is |was )?not found/i,
  },
  // Of the model itself, and not of something that it lacks; Bedrock's wants to be called by another id.
  {
    class: 'model_not_found',
    status: is(400),
    message: /with on-demand throughput|^model [^ ]+ is not supported|no models? (is |are )?loaded/i,
  },
  // llama.cpp.
  {
    class: 'context_too_long',
    status: is(500),
    message: /exceeds the available context size|context shift/i,
  },
  {
    class: 'unsupported',
    status: cannot,
    message:
      /(not|n't) support|unsupported|deprecated for this model|(unrecognized|unknown) (request )?(argument|name|field|parameter|key)|extra inputs are not permitted|extra fields not permitted|additional propert\w+ .{0,40}not allowed|unexpected (keyword|field|property|parameter)|endpoints found that support|requires --enable|not compatible with|only supported (by|on|with|for|in)|enabled only for|model only supports|can(not|'t) be combined with|cannot both be specified|not a multimodal model|response_format.{0,60}(unavailable|not available)|type is unavailable|(not|isn't) (enabled|available|allowed|permitted) (for|on|with|in) (this (model|api|endpoint)|models?\/)|invalid schema for|array too long|cannot find field|must be set to .{0,40}when/i,
  },
  {
    class: 'model_not_found',
    status: is(400, 403, 404, 410, 422),
    message:
      /not a valid model|model .{0,120}(does not exist|not exist|not found|is not available|decommissioned|no longer (supported|available)|deprecated|end of life|retired|shut down)|unable to access model|(no such|unknown|invalid) model|model (identifier|id|name) .{0,40}is invalid|unavailable model|no healthy deployments|endpoint .{0,80} is (stopped|not running)|no allowed providers|no endpoints found/i,
  },
  {
    class: 'unauthorized',
    status: is(400, 403, 404),
    message:
      /^unauthori[sz]ed$|(missing|invalid).{0,30}authorization\b|(the|auth\w*|server) token .{0,20}(invalid|expired|revoked)|invalid .{0,20}(server|auth\w*) token|(api|subscription|access) ?(key|token) (you provided |provided )?(is )?(not valid|not found|invalid|missing|expired|revoked|disabled|required)|(invalid|incorrect|missing|no|expired) (api ?key|access token|authentication|credentials|x-api-key)|(security|session|bearer) token .{0,60}(invalid|expired)|key (was|has been) .{0,20}(leaked|revoked|disabled)|authentication fail/i,
  },
  // The status alone.
  { class: 'unauthorized', status: is(401) },
  { class: 'quota_exhausted', status: is(402) },
  { class: 'forbidden', status: is(403, 451) },
  { class: 'model_not_found', status: is(404, 410) },
  { class: 'unsupported', status: is(405, 501) },
  // The server gave up waiting for the request: a silent route, not a wrong request.
  { class: 'timeout', status: is(408) },
  // A proxy that wants a key, a conflict, locked, a dependency that failed (Bedrock), too early, hung up on by a proxy: each goes away by itself.
  { class: 'server_error', status: is(407, 409, 423, 424, 425, 499) },
  { class: 'context_too_long', status: is(413) },
  { class: 'rate_limited', status: is(420, 429) },
  // Groq: no room for the flexible tier.
  { class: 'overloaded', status: is(498) },
  { class: 'invalid_request', status: between(400, 499) },
  { class: 'overloaded', status: is(503, 529) },
  // 500, 502, 504, Cloudflare's 520 to 530 and whatever a proxy invents.
  { class: 'server_error', status: between(500, 599) },
  { class: 'bad_response', status: (status) => status !== null },

  // No status: an error inside a stream.
  { class: 'unauthorized', status: noStatus, word: /authentication|unauthori[sz]ed/i },
  { class: 'forbidden', status: noStatus, word: /permission|forbidden/i },
  { class: 'model_not_found', status: noStatus, word: /not_?found/i },
  {
    class: 'rate_limited',
    status: noStatus,
    word: /rate_?limit|too_?many_?requests|resource_exhausted|^(tokens|requests)$/i,
  },
  { class: 'overloaded', status: noStatus, message: /overloaded|server (is )?busy|capacity|high traffic/i },
  { class: 'rate_limited', status: noStatus, message: /rate limit|too many requests/i },
  {
    class: 'invalid_request',
    status: noStatus,
    word: /invalid_?(request|argument)|bad_?request|validation/i,
  },
  { class: 'server_error' },
]

const wordsOf = ({ code, type, reasons = [] }: HttpFailure): string[] =>
  [code, type, ...reasons].filter((word) => word != null)

const matches = (rule: HttpRule, failure: HttpFailure): boolean =>
  (rule.status === undefined || rule.status(failure.status)) &&
  (rule.waits === undefined || failure.retryAfterMs !== undefined) &&
  (rule.word === undefined || wordsOf(failure).some((word) => rule.word?.test(word))) &&
  (rule.message === undefined || rule.message.test(failure.message ?? ''))

const classOf = (failure: HttpFailure): FailureClass =>
  HTTP_RULES.find((rule) => matches(rule, failure))?.class ?? 'server_error'

/** Digits as a code (Azure's `"429"`, Zhipu's `"1113"`) tell people nothing. */
const tellingCode = (failure: HttpFailure): string | undefined =>
  wordsOf(failure).find((word) => !/^\d+$/.test(word))

/**
 * What an HTTP error (or an error inside a stream, `status: null`) means. Never throws; the message is
 * redacted and bounded, names the status, and the parameter where the provider named one.
 */
export const classifyHttp = (failure: HttpFailure): Failure => {
  const { status, param, retryAfterMs, requestId } = failure
  const code = tellingCode(failure)
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

/** What a failure below HTTP means. A cut body is a `bad_response`. */
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
      return { class: 'answer_too_large', message: `the response is larger than ${error.limitBytes} bytes` }
    case 'aborted':
      return { class: 'cancelled', message: 'the call was cancelled' }
  }
}
