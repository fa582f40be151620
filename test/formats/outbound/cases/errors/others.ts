/** Refusals of content, faults of the server, and errors in other framing or further forms. */
import type { ErrorCase } from '../types'
import { anthropic, caseOf, cloudflare, google, openai, page, type Row, upstream } from './shapes'

const QUOTED: ErrorCase[] = [
  ...(
    [
      [530, '1033: Argo Tunnel error'],
      [524, '524: A timeout occurred'],
      [522, '522: Connection timed out'],
      [502, '502 Bad Gateway'],
      [504, '504 Gateway Time-out'],
    ] as const
  ).map(
    ([status, title]): ErrorCase => ({
      source: 'Cloudflare, nginx',
      status,
      body: page(title),
      class: 'server_error',
    }),
  ),
  {
    source: 'glibsonoran/Plush-for-ComfyUI#135 (Groq)',
    status: 400,
    body: {
      error: {
        message: 'Failed to generate JSON. Please adjust your prompt.',
        type: 'invalid_request_error',
        code: 'json_validate_failed',
        failed_generation: '{"b":',
      },
    },
    class: 'schema_mismatch',
  },
  {
    source: 'Groq, flexible tier',
    status: 498,
    body: openai('Flex tier capacity exceeded', 'capacity_exceeded'),
    class: 'overloaded',
  },
  {
    source: 'Anthropic',
    status: 529,
    body: anthropic('overloaded_error', 'Overloaded'),
    class: 'overloaded',
  },
  {
    source: 'Gemini',
    status: 503,
    body: google(503, 'The model is overloaded. Please try again later.', 'UNAVAILABLE'),
    class: 'overloaded',
  },
  {
    source: 'Bedrock',
    status: 503,
    headers: { 'x-amzn-errortype': 'ServiceUnavailableException' },
    body: { message: 'Bedrock is unable to process your request.' },
    class: 'overloaded',
  },
  {
    source: 'Moonshot',
    status: 429,
    body: openai(
      'The engine is currently overloaded, please try again later',
      null,
      'engine_overloaded_error',
    ),
    class: 'overloaded',
  },
  {
    source: 'HuggingFace',
    status: 503,
    body: { error: 'Model acme/tiny is currently loading', estimated_time: 20.0 },
    class: 'overloaded',
    retryAfterMs: 20_000,
  },
  {
    source: 'LiteLLM proxy',
    status: 500,
    body: openai('litellm.InternalServerError: Internal server error', '500'),
    class: 'server_error',
  },
  {
    source: 'DashScope',
    status: 400,
    body: openai(
      '<400> InternalError.Algo.DataInspectionFailed: Input data may contain inappropriate content.',
      'data_inspection_failed',
    ),
    class: 'content_refused',
  },
  {
    source: 'Azure',
    status: 400,
    body: {
      error: {
        code: 'content_filter',
        message:
          "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        status: 400,
        innererror: { code: 'ResponsibleAIPolicyViolation' },
      },
    },
    class: 'content_refused',
  },
]

/** Wording of one kind in further forms, as servers behind a common API put it. */
const FURTHER_FORMS: ErrorCase[] = (
  [
    [400, 'This model only supports up to 4096 tokens, but 5000 were given', 'context_too_long'],
    [
      400,
      'Unable to submit request because the input token count is 40000 but model only supports up to 32768.',
      'context_too_long',
    ],
    [400, 'Input is too large for this model', 'context_too_long'],
    [400, 'Range of max_tokens should be [1, 8192]', 'unsupported'],
    [400, 'Invalid max_tokens value, the valid range of max_tokens is [1, 8192]', 'unsupported'],
    [400, "'max_tokens' must be less than or equal to `8192`", 'unsupported'],
    [400, "property 'reasoning' is unsupported, did you mean 'reasoning_effort'?", 'unsupported'],
    [400, 'Image input is not enabled for this model', 'unsupported'],
    [400, 'Model acme/x is not supported. Check available models', 'model_not_found'],
    [400, 'No models loaded. Please load a model first', 'model_not_found'],
    [429, 'Monthly usage limit reached', 'quota_exhausted'],
    [403, 'Rate limit exceeded: too many requests per minute', 'rate_limited'],
    [400, 'Too Many Requests', 'rate_limited'],
    [400, 'top_p must be in (0, 1], got 0', 'invalid_request'],
    [400, "'messages' must contain the word 'json' in some form", 'invalid_request'],
    [400, 'Output blocked by content filtering policy', 'content_refused'],
  ] as const
).map(([status, message, failureClass]) => ({
  source: 'variants',
  status,
  body: openai(message),
  class: failureClass,
}))

/** Bodies in which the error stands somewhere else, or in other framing. */
const FRAMED: Row[] = [
  [
    'a slow model: comments before the error',
    400,
    `: PROCESSING\n\n: PROCESSING\n\n${JSON.stringify(openai('no more', 'insufficient_quota'))}`,
    'quota_exhausted',
  ],
  [
    'a server that always sends events',
    400,
    `data: ${JSON.stringify(openai('no room', 'context_length_exceeded'))}\n\n`,
    'context_too_long',
  ],
  [
    'an event named error',
    429,
    `event: error\ndata: ${JSON.stringify(openai('no more', 'insufficient_quota'))}\n\n`,
    'quota_exhausted',
  ],
  [
    'a byte order mark',
    400,
    `\ufeff${JSON.stringify(openai('no room', 'context_length_exceeded'))}`,
    'context_too_long',
  ],
  [
    'OpenRouter: the code of the provider behind it',
    400,
    upstream(400, JSON.stringify(openai('no', 'context_length_exceeded'))),
    'context_too_long',
  ],
  [
    'one-api: an error as the text of another',
    400,
    openai(JSON.stringify(openai('no', 'insufficient_quota'))),
    'quota_exhausted',
  ],
  [
    'Tencent',
    400,
    { Response: { RequestId: 'r', Error: { Code: 'InvalidApiKey', Message: 'no' } } },
    'unauthorized',
  ],
  ['Bedrock, by the name of a field', 400, { throttlingException: { message: 'slow' } }, 'rate_limited'],
]

const REFUSED: Row[] = [
  [
    'OpenAI',
    400,
    openai(
      'Invalid prompt: your prompt was flagged as potentially violating our usage policy.',
      'invalid_prompt',
    ),
    'content_refused',
  ],
  [
    'Gemini',
    400,
    google(400, 'The response was blocked due to prohibited content.', 'INVALID_ARGUMENT'),
    'content_refused',
  ],
  ['Cohere, 498', 498, { message: 'blocked input or output' }, 'content_refused'],
  [
    'Mistral',
    403,
    { message: 'Your request was blocked by the content moderation policy', type: 'moderation_error' },
    'content_refused',
  ],
  [
    'xAI',
    403,
    {
      code: 'The caller does not have permission to execute the specified operation',
      error: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO',
    },
    'content_refused',
  ],
  [
    'Zhipu, error 1301',
    400,
    {
      error: {
        code: '1301',
        message: 'The system detected potentially unsafe or sensitive content in the input or generation.',
      },
      contentFilter: [{ level: 1, role: 'user' }],
    },
    'content_refused',
  ],
  [
    'Moonshot',
    400,
    openai('The request was rejected because it was considered high risk', null, 'content_filter'),
    'content_refused',
  ],
  ['DeepSeek', 400, openai('Content Exists Risk', 'invalid_request_error'), 'content_refused'],
  [
    'Anthropic',
    400,
    anthropic('invalid_request_error', 'Output blocked by content filtering policy'),
    'content_refused',
  ],
  [
    'Bedrock',
    400,
    { message: 'The generated text has been blocked by our content filters.' },
    'content_refused',
  ],
  [
    'Baidu',
    400,
    { error_code: 336104, error_msg: 'user input contains sensitive information' },
    'content_refused',
  ],
  [
    'Cloudflare AI Gateway',
    424,
    cloudflare(2016, 'Prompt blocked due to security configurations'),
    'content_refused',
  ],
]

export const OTHERS: readonly ErrorCase[] = [
  ...QUOTED,
  ...FURTHER_FORMS,
  ...[...FRAMED, ...REFUSED].map(caseOf),
]
