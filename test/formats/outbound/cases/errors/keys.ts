/** Keys that are refused, under any status. */
import type { ErrorCase } from '../types'
import { caseOf, doctypePage, google, openai, page, type Row } from './shapes'

const QUOTED: ErrorCase[] = [
  {
    source: 'continuedev/continue#11336',
    status: 400,
    body: google(400, 'API key expired. Please renew the API key.', 'INVALID_ARGUMENT', [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' },
    ]),
    class: 'unauthorized',
  },
  {
    source: 'continuedev/continue#10778 (xAI)',
    status: 400,
    body: {
      code: 'Client specified an invalid argument',
      error: 'Incorrect API key provided: ab***cd. You can obtain an API key from https://console.x.ai.',
    },
    class: 'unauthorized',
  },
  {
    source: 'perplexityai/api-discussion#281',
    status: 401,
    body: page('401 Authorization Required'),
    class: 'unauthorized',
  },
  {
    source: 'Cloudflare AI gateway, error 2009',
    status: 401,
    body: { success: false, result: [], messages: [], error: [{ code: 2009, message: 'Unauthorized' }] },
    class: 'unauthorized',
  },
  {
    source: 'Bedrock, UnrecognizedClientException',
    status: 403,
    headers: { 'x-amzn-errortype': 'UnrecognizedClientException' },
    body: { message: 'The security token included in the request is invalid.' },
    class: 'unauthorized',
  },
  {
    source: 'awslabs/amazon-kinesis-producer#222 (AWS, a clock that is behind)',
    status: 403,
    headers: { 'x-amzn-errortype': 'InvalidSignatureException' },
    body: {
      message:
        'Signature expired: 20180920T174101Z is now earlier than 20180920T174504Z (20180920T175004Z - 5 min.)',
    },
    class: 'unauthorized',
  },
  {
    source: 'JuliaCloud/AWS.jl#206 (AWS, a clock that is ahead)',
    status: 400,
    body: {
      __type: 'InvalidSignatureException',
      message:
        'Signature not yet current: 20201002T065532Z is still later than 20201002T062118Z (20201002T061618Z + 5 min.)',
    },
    class: 'unauthorized',
  },
  {
    source: 'AWS, common errors: RequestTimeTooSkewed',
    status: 403,
    body: {
      code: 'RequestTimeTooSkewed',
      message: 'The difference between the request time and the server time is too large.',
    },
    class: 'unauthorized',
  },
  {
    source: 'AWS, common errors: IncompleteSignature',
    status: 400,
    headers: { 'x-amzn-errortype': 'IncompleteSignatureException:http://internal.amazon.com/coral/' },
    body: {
      message: 'Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term',
    },
    class: 'unauthorized',
  },
  {
    source: 'AWS, common errors: MissingAuthenticationToken',
    status: 403,
    headers: { 'x-amzn-errortype': 'MissingAuthenticationTokenException' },
    body: { message: 'Missing Authentication Token' },
    class: 'unauthorized',
  },
  {
    source: 'Bedrock, ExpiredTokenException by words alone',
    status: 403,
    body: { message: 'The security token included in the request is expired' },
    class: 'unauthorized',
  },
  {
    source: 'HiveNexus/HiveChat#3 (Ark)',
    status: 403,
    body: openai(
      'The request failed because you do not have access to the requested resource.',
      'AccessDenied',
      'Forbidden',
    ),
    class: 'forbidden',
  },
  {
    source: 'Gemini, leaked key',
    status: 403,
    body: google(
      403,
      'Your API key was reported as leaked. Please use another API key.',
      'PERMISSION_DENIED',
    ),
    class: 'unauthorized',
  },
  {
    source: 'Zhipu, error 1000 to 1004',
    status: 401,
    body: { error: { code: '1000', message: 'Authentication Failed' } },
    class: 'unauthorized',
  },
  {
    source: 'OpenAI, organization',
    status: 403,
    body: openai(
      'Country, region, or territory not supported',
      'unsupported_country_region_territory',
      'request_forbidden',
    ),
    class: 'forbidden',
  },
  {
    source: 'Gemini, location',
    status: 400,
    body: google(400, 'User location is not supported for the API use.', 'FAILED_PRECONDITION'),
    class: 'forbidden',
  },
]

const ROWS: Row[] = [
  [
    'Gemini, a key of no form',
    400,
    google(400, 'API key not valid. Please pass a valid API key.', 'INVALID_ARGUMENT'),
    'unauthorized',
  ],
  [
    'Gemini, OpenAI end',
    400,
    google(400, 'Missing or invalid Authorization header.', 'INVALID_ARGUMENT'),
    'unauthorized',
  ],
  ['Cohere', 401, { message: 'invalid api token' }, 'unauthorized'],
  ['Fireworks', 403, { error: 'unauthorized' }, 'unauthorized'],
  ['Fireworks', 403, openai('The API key you provided is invalid.', 'UNAUTHORIZED', 'error'), 'unauthorized'],
  [
    'Vertex',
    401,
    google(
      401,
      'Request had invalid authentication credentials. Expected OAuth 2 access token.',
      'UNAUTHENTICATED',
    ),
    'unauthorized',
  ],
  [
    'Vertex, a service that is off',
    403,
    google(
      403,
      'Vertex AI API has not been used in project 7 before or it is disabled.',
      'PERMISSION_DENIED',
    ),
    'forbidden',
  ],
  ['Databricks', 403, { error_code: '403', message: 'Invalid access token.' }, 'unauthorized'],
  ['SiliconFlow', 401, 'Invalid token', 'unauthorized'],
  ['DashScope', 401, openai('Incorrect API key provided.', 'invalid_api_key'), 'unauthorized'],
  [
    'MiniMax',
    401,
    { base_resp: { status_code: 1004, status_msg: 'login fail: Please carry the API secret key' } },
    'unauthorized',
  ],
  [
    'MiniMax, a 400',
    400,
    { base_resp: { status_code: 2049, status_msg: 'invalid api key' } },
    'unauthorized',
  ],
  ['Baidu', 400, { error_code: 110, error_msg: 'Access token invalid or no longer valid' }, 'unauthorized'],
  ['OpenRouter', 401, openai('No auth credentials found', 401), 'unauthorized'],
  [
    'Hugging Face',
    400,
    { error: 'Authorization header is correct, but the token seems invalid' },
    'unauthorized',
  ],
  [
    'Azure',
    401,
    {
      error: { code: '401', message: 'Access denied due to invalid subscription key or wrong API endpoint.' },
    },
    'unauthorized',
  ],
  [
    'Azure, its network',
    403,
    { error: { code: '403', message: 'Access denied due to Virtual Network/Firewall rules.' } },
    'forbidden',
  ],
  [
    'OpenAI, project',
    401,
    openai('You do not have access to the project tied to the API key.', 'mismatched_project'),
    'unauthorized',
  ],
  [
    'Bedrock',
    403,
    { message: "You don't have access to the model with the specified model ID." },
    'forbidden',
  ],
  ['Cloudflare', 403, doctypePage('Attention Required! | Cloudflare'), 'forbidden'],
  [
    'LiteLLM',
    400,
    openai(
      'Authentication Error, Invalid proxy server token passed. Received API Key = sk-...ab',
      '400',
      'auth_error',
    ),
    'unauthorized',
  ],
  [
    'Portkey, Helicone: no key reached the provider',
    400,
    { error: { message: 'Missing required header: Authorization' } },
    'unauthorized',
  ],
]

export const KEYS: readonly ErrorCase[] = [...QUOTED, ...ROWS.map(caseOf)]
