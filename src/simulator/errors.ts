/**
 * What the real providers say for each failure class that comes as an HTTP status: one table, in the
 * words of OpenAI's, Anthropic's and AWS's documentation (Google's stand in `google-errors.ts`). `formats/` puts them into
 * each wire format's shape.
 */

import { GOOGLE_ERRORS, GOOGLE_STATUS_WORDS } from './google-errors'

export const HTTP_FAULTS = [
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
] as const
export type HttpFault = (typeof HTTP_FAULTS)[number]

export type ErrorFormat = 'openai' | 'anthropic' | 'bedrock' | 'google'

export interface SimulatedError {
  status: number
  message: string
  type: string | null
  /** OpenAI's shape only, like `param`. */
  code: string | null
  param: string | null
}

const error = (
  status: number,
  type: string,
  code: string | null,
  message: string,
  param: string | null = null,
): SimulatedError => ({ status, type, code, message, param })

/** `MODEL` stands for the model's name. */
const TABLE: Record<ErrorFormat, Record<HttpFault, SimulatedError>> = {
  openai: {
    invalid_request: error(
      400,
      'invalid_request_error',
      'invalid_type',
      "Invalid type for 'temperature': expected a decimal, but got a string instead.",
      'temperature',
    ),
    content_refused: error(
      400,
      'invalid_request_error',
      'content_policy_violation',
      'Your request was rejected as a result of our safety system.',
    ),
    context_too_long: error(
      400,
      'invalid_request_error',
      'context_length_exceeded',
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens. Please reduce the length of the messages.",
      'messages',
    ),
    unsupported: error(
      400,
      'invalid_request_error',
      'unsupported_parameter',
      "Unsupported parameter: 'tools' is not supported with this model.",
      'tools',
    ),
    unauthorized: error(
      401,
      'invalid_request_error',
      'invalid_api_key',
      'Incorrect API key provided: sk-sim***************0000.',
    ),
    forbidden: error(
      403,
      'invalid_request_error',
      'model_not_allowed',
      'Project does not have access to model `MODEL`.',
    ),
    quota_exhausted: error(
      429,
      'insufficient_quota',
      'insufficient_quota',
      'You exceeded your current quota, please check your plan and billing details.',
    ),
    model_not_found: error(
      404,
      'invalid_request_error',
      'model_not_found',
      'The model `MODEL` does not exist or you do not have access to it.',
    ),
    rate_limited: error(
      429,
      'requests',
      'rate_limit_exceeded',
      'Rate limit reached for MODEL on requests per min (RPM): Limit 3, Used 3, Requested 1.',
    ),
    overloaded: error(
      503,
      'server_error',
      null,
      'The engine is currently overloaded, please try again later.',
    ),
    server_error: error(
      500,
      'server_error',
      null,
      'The server had an error while processing your request. Sorry about that!',
    ),
  },
  anthropic: {
    invalid_request: error(400, 'invalid_request_error', null, 'temperature: range: 0..1'),
    content_refused: error(400, 'invalid_request_error', null, 'Output blocked by content filtering policy'),
    context_too_long: error(
      400,
      'invalid_request_error',
      null,
      'prompt is too long: 210000 tokens > 200000 maximum',
    ),
    unsupported: error(
      400,
      'invalid_request_error',
      null,
      'This model does not support the effort parameter.',
    ),
    unauthorized: error(401, 'authentication_error', null, 'invalid x-api-key'),
    forbidden: error(
      403,
      'permission_error',
      null,
      'Your API key does not have permission to use the specified resource.',
    ),
    quota_exhausted: error(
      400,
      'invalid_request_error',
      null,
      'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
    ),
    model_not_found: error(404, 'not_found_error', null, 'model: MODEL'),
    rate_limited: error(
      429,
      'rate_limit_error',
      null,
      "This request would exceed your organization's rate limit of 50 requests per minute.",
    ),
    overloaded: error(529, 'overloaded_error', null, 'Overloaded'),
    server_error: error(500, 'api_error', null, 'Internal server error'),
  },
  bedrock: {
    invalid_request: error(400, 'ValidationException', null, 'The provided request is not valid.'),
    content_refused: error(
      400,
      'ValidationException',
      null,
      'The model returned the following errors: Output blocked by content filtering policy',
    ),
    context_too_long: error(
      400,
      'ValidationException',
      null,
      'The model returned the following errors: Input is too long for requested model.',
    ),
    unsupported: error(400, 'ValidationException', null, "This model doesn't support tool use."),
    unauthorized: error(
      403,
      'UnrecognizedClientException',
      null,
      'The security token included in the request is invalid.',
    ),
    forbidden: error(
      403,
      'AccessDeniedException',
      null,
      "You don't have access to the model with the specified model ID.",
    ),
    quota_exhausted: error(
      400,
      'ServiceQuotaExceededException',
      null,
      'Your request exceeds the service quota for your account.',
    ),
    model_not_found: error(404, 'ResourceNotFoundException', null, 'Could not find the model MODEL.'),
    rate_limited: error(
      429,
      'ThrottlingException',
      null,
      'Too many requests, please wait before trying again.',
    ),
    overloaded: error(503, 'ServiceUnavailableException', null, 'Bedrock is unable to process your request.'),
    server_error: error(
      500,
      'InternalServerException',
      null,
      'The system encountered an unexpected error during processing. Try your request again.',
    ),
  },
  google: GOOGLE_ERRORS,
}

export function namedError(dialect: ErrorFormat, fault: HttpFault, model: string): SimulatedError {
  const entry = TABLE[dialect][fault]
  return { ...entry, message: entry.message.replace('MODEL', () => model) }
}

const TYPE_BY_STATUS: Record<ErrorFormat, { [status: number]: string }> = {
  openai: { 429: 'requests' },
  anthropic: {
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    504: 'timeout_error',
    529: 'overloaded_error',
  },
  bedrock: {
    403: 'AccessDeniedException',
    404: 'ResourceNotFoundException',
    408: 'ModelTimeoutException',
    424: 'ModelErrorException',
    429: 'ThrottlingException',
    503: 'ServiceUnavailableException',
  },
  google: GOOGLE_STATUS_WORDS,
}
const OTHER_TYPE: Record<ErrorFormat, { client: string; server: string }> = {
  openai: { client: 'invalid_request_error', server: 'server_error' },
  anthropic: { client: 'invalid_request_error', server: 'api_error' },
  bedrock: { client: 'ValidationException', server: 'InternalServerException' },
  google: { client: 'INVALID_ARGUMENT', server: 'INTERNAL' },
}

/** The error that a bare status means: the provider's usual type, and a message that names the status. */
export function errorOfStatus(dialect: ErrorFormat, status: number): SimulatedError {
  const type = TYPE_BY_STATUS[dialect][status] ?? OTHER_TYPE[dialect][status < 500 ? 'client' : 'server']
  return error(status, type, null, `Simulated error ${status}`)
}

/** A refusal of the request itself, in the format's usual type. */
export const invalidRequest = (message: string, param: string | null = null, code: string | null = null) =>
  error(400, 'invalid_request_error', code, message, param)
