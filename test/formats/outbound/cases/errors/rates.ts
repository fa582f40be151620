/** Rates that are exceeded, and servers that have no room at the moment. */
import type { ErrorCase } from '../types'
import { anthropic, caseOf, DAY_MS, doctypePage, google, inAnHour, openai, problem, type Row } from './shapes'

const QUOTED: ErrorCase[] = [
  {
    source: 'dcdpr/jp#1061',
    status: 429,
    body: google(
      429,
      'You exceeded your current quota, please check your plan and billing details. Please retry in 21.4s.',
      'RESOURCE_EXHAUSTED',
      [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '21s' }],
    ),
    class: 'rate_limited',
    retryAfterMs: 21_000,
  },
  {
    source: 'a decimal',
    status: 429,
    headers: { 'retry-after': '7.5' },
    body: openai('slow down'),
    class: 'rate_limited',
    retryAfterMs: 7_500,
  },
  {
    source: 'a unit',
    status: 429,
    headers: { 'retry-after': '12s' },
    body: openai('slow down'),
    class: 'rate_limited',
    retryAfterMs: 12_000,
  },
  {
    source: 'RFC 9110',
    status: 429,
    headers: { 'retry-after': inAnHour.toUTCString() },
    body: openai('slow down'),
    class: 'rate_limited',
    retryAfterMs: 3_600_000,
  },
  {
    source: 'nodetool-ai/nodetool#5196 (Replicate)',
    status: 429,
    body: {
      detail:
        'Request was throttled. Your rate limit for creating predictions is reduced to 6 requests per minute with a burst of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~5s.',
      status: 429,
      retry_after: 5,
    },
    class: 'rate_limited',
    retryAfterMs: 5_000,
  },
  {
    source: 'continuedev/continue#9800 (Cerebras)',
    status: 429,
    body: {
      message: 'Tokens per minute limit exceeded - too many tokens processed.',
      type: 'too_many_tokens_error',
      param: 'quota',
      code: 'token_quota_exceeded',
    },
    class: 'rate_limited',
  },
  {
    source: 'nminaya/grammar-nazi-bot#959 (Cerebras)',
    status: 429,
    body: {
      message: 'Requests per minute limit exceeded - too many requests sent.',
      type: 'too_many_requests_error',
      param: 'quota',
      code: 'request_quota_exceeded',
    },
    class: 'rate_limited',
  },
  {
    source: 'CherryHQ/cherry-studio#2959 (Moonshot)',
    status: 429,
    body: openai('Rate limit exceeded, please try again after 2 seconds', null, 'rate_limit_reached_error'),
    class: 'rate_limited',
    retryAfterMs: 2_000,
  },
  {
    source: 'FoundationAgents/OpenManus#746',
    status: 429,
    body: anthropic(
      'rate_limit_error',
      'This request would exceed the rate limit for your organization of 20,000 input tokens per minute. Please reduce the prompt length or the maximum tokens requested, or try again later.',
    ),
    class: 'rate_limited',
  },
  {
    source: 'MiniMax-AI/MiniMax-M2.7#36',
    status: 429,
    body: anthropic(
      'rate_limit_error',
      `usage limit exceeded, 5-hour usage limit reached for Token Plan Starter (0/0 used), resets at ${inAnHour.toISOString().slice(0, 19)}Z (2056)`,
    ),
    class: 'rate_limited',
    retryAfterMs: 3_600_000,
  },
  {
    source: 'lbjlaq/Antigravity-Manager#1198',
    status: 429,
    body: openai('Token error: All accounts are currently limited. Please wait 84152s.'),
    class: 'rate_limited',
    retryAfterMs: 84_152_000,
  },
  {
    source: 'GitHub Models',
    status: 429,
    headers: { 'x-ratelimit-type': 'UserByModelByDay' },
    body: {
      error: {
        code: 'RateLimitReached',
        message:
          'Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 41234 seconds before retrying.',
      },
    },
    class: 'rate_limited',
    retryAfterMs: 41_234_000,
  },
  {
    source: 'Azure',
    status: 429,
    headers: { 'retry-after': '9', 'x-ms-retry-after-ms': '8400' },
    body: {
      error: {
        code: '429',
        message:
          'Requests to the ChatCompletions_Create Operation have exceeded token rate limit of your current pricing tier. Please retry after 9 seconds.',
      },
    },
    class: 'rate_limited',
    retryAfterMs: 8_400,
  },
  {
    source: 'Groq',
    status: 429,
    body: openai(
      'Rate limit reached for model `tiny` in organization `org_1` on tokens per day (TPD): Limit 100000, Used 99999, Requested 200. Please try again in 2m52.8s. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing',
      'rate_limit_exceeded',
      'tokens',
    ),
    class: 'rate_limited',
    retryAfterMs: 172_800,
  },
  {
    source: 'OpenAI, tokens per minute, with a word on billing',
    status: 429,
    body: openai(
      'Rate limit reached for gpt-x in organization org-1 on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s. You can increase your rate limit by adding a payment method to your account at https://platform.openai.com/account/billing.',
      'rate_limit_exceeded',
      'requests',
    ),
    class: 'rate_limited',
    retryAfterMs: 20_000,
  },
  {
    source: 'Bedrock',
    status: 429,
    headers: { 'x-amzn-errortype': 'ThrottlingException' },
    body: { message: 'Too many tokens, please wait before trying again.' },
    class: 'rate_limited',
  },
  {
    source: 'Bedrock, the type in the body with its namespace',
    status: 400,
    body: {
      __type: 'com.amazon.coral.service#ThrottlingException',
      message: 'Too many tokens, please wait before trying again.',
    },
    class: 'rate_limited',
  },
  {
    source: 'Mistral',
    status: 429,
    body: {
      object: 'error',
      message: 'Service tier capacity exceeded for this model.',
      type: 'service_tier_capacity_exceeded',
      code: '3505',
    },
    class: 'rate_limited',
  },
  {
    source: 'DashScope',
    status: 429,
    body: openai(
      'You have exceeded your current request limit. For details, see the documentation.',
      'Throttling.RateQuota',
      'limit_requests',
    ),
    class: 'rate_limited',
  },
  {
    source: 'Zhipu, error 1302',
    status: 429,
    body: {
      error: { code: '1302', message: 'High concurrency usage of this API, please reduce concurrency.' },
    },
    class: 'rate_limited',
  },
  {
    source: 'Cohere',
    status: 429,
    body: {
      message:
        'You are using a Trial key, which is limited to 20 API calls / minute. You can continue to use the Trial key for free or upgrade to a Production key.',
    },
    class: 'rate_limited',
  },
  {
    source: 'Gemini, a day and more',
    status: 429,
    body: google(
      429,
      'Quota exceeded for metric generate_requests_per_day. Please retry in 30h.',
      'RESOURCE_EXHAUSTED',
    ),
    class: 'rate_limited',
    retryAfterMs: DAY_MS,
  },
  {
    source: 'Vertex',
    status: 429,
    body: google(429, 'Resource exhausted. Please try again later.', 'RESOURCE_EXHAUSTED'),
    class: 'rate_limited',
  },
  {
    source: 'OpenRouter',
    status: 429,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(inAnHour.getTime()) },
    body: {
      error: {
        message:
          'Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day',
        code: 429,
      },
    },
    class: 'rate_limited',
    retryAfterMs: 3_600_000,
  },
]

const ROWS: Row[] = [
  [
    "tashfeenahmed/freellmapi#522 (NIM): a 400 that is the server's",
    400,
    problem(400, 'Bad Request', "Function id '87ea': DEGRADED function cannot be invoked"),
    'overloaded',
  ],
  [
    'Featherless: a cold model',
    400,
    openai('The model acme/tiny is cold and not ready for inference. Please try again in a few minutes.'),
    'overloaded',
  ],
  ['llama.cpp', 503, openai('Loading model', 503, 'unavailable_error'), 'overloaded'],
  ['TGI', 429, { error: 'Model is overloaded', error_type: 'overloaded' }, 'overloaded'],
  [
    'TGI',
    424,
    { error: 'Request failed during generation: Server error: CUDA out of memory', error_type: 'generation' },
    'server_error',
  ],
  [
    'Bedrock, ModelErrorException',
    424,
    { message: 'The system encountered an unexpected error during processing. Try your request again.' },
    'server_error',
  ],
  [
    'Bedrock, ModelTimeoutException',
    408,
    { message: 'Model has timed out in processing the request. Try your request again.' },
    'timeout',
  ],
  ['Vertex, CANCELLED', 499, google(499, 'The operation was cancelled.', 'CANCELLED'), 'server_error'],
  [
    'Azure, a deployment that changes',
    409,
    {
      error: {
        code: '409',
        message: 'The requested operation cannot be performed because of conflict with the current state.',
      },
    },
    'server_error',
  ],
  ['nginx', 499, doctypePage('499 Client Closed Request'), 'server_error'],
  [
    'Envoy',
    503,
    'upstream connect error or disconnect/reset before headers. reset reason: connection failure',
    'overloaded',
  ],
  ['Envoy', 504, 'upstream request timeout', 'server_error'],
  ['Cloudflare, 521', 521, doctypePage('521: Web server is down'), 'server_error'],
  ['a proxy, 598', 598, '', 'server_error'],
  ['MiniMax', 500, { base_resp: { status_code: 1000, status_msg: 'unknown error' } }, 'server_error'],
  [
    'QwenLM/qwen-code#1641',
    503,
    openai(
      '<5000202> InternalError.Algo.ModelServingError: Too many requests. Your requests are being throttled due to system capacity limits.',
    ),
    'overloaded',
  ],
  [
    'cline/cline#3020 (Cloudflare)',
    503,
    doctypePage('Worker exceeded resource limits | openrouter.ai | Cloudflare'),
    'overloaded',
  ],
]

export const RATES: readonly ErrorCase[] = [...QUOTED, ...ROWS.map(caseOf)]
