/**
 * What Gemini's API says for each failure class that comes as an HTTP status: google.rpc.Status. `type` is its status word;
 * `code` is the reason in its details, or the quota that is used up. By public reports, see
 * `test/formats/outbound/cases/errors`.
 */
const row = (status: number, type: string, message: string, code: string | null = null) => ({
  status,
  type,
  code,
  message,
  param: null,
})

export const GOOGLE_ERRORS = {
  invalid_request: row(
    400,
    'INVALID_ARGUMENT',
    'Invalid value at \'generation_config.temperature\' (TYPE_FLOAT), "hot"',
  ),
  content_refused: row(400, 'INVALID_ARGUMENT', 'The response was blocked due to prohibited content.'),
  context_too_long: row(
    400,
    'INVALID_ARGUMENT',
    'The input token count (1300000) exceeds the maximum number of tokens allowed (1048576).',
  ),
  unsupported: row(400, 'INVALID_ARGUMENT', 'Thinking budget is not supported for this model.'),
  unauthorized: row(
    400,
    'INVALID_ARGUMENT',
    'API key not valid. Please pass a valid API key.',
    'API_KEY_INVALID',
  ),
  forbidden: row(403, 'PERMISSION_DENIED', 'The caller does not have permission'),
  quota_exhausted: row(
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details.',
    'GenerateRequestsPerDayPerProjectPerModel-FreeTier',
  ),
  model_not_found: row(
    404,
    'NOT_FOUND',
    'models/MODEL is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.',
  ),
  rate_limited: row(
    429,
    'RESOURCE_EXHAUSTED',
    'You exceeded your current quota, please check your plan and billing details. Please retry in 1s.',
    'GenerateRequestsPerMinutePerProjectPerModel',
  ),
  overloaded: row(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
  server_error: row(500, 'INTERNAL', 'An internal error has occurred. Please retry or report.'),
} as const

export const GOOGLE_STATUS_WORDS: { readonly [status: number]: string } = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}
