/** Quotas and budgets that are used up, against limits of a rate. */
import type { ErrorCase } from '../types'
import {
  anthropic,
  caseOf,
  cloudflare,
  doctypePage,
  google,
  openai,
  problem,
  type Row,
  upstream,
} from './shapes'

const QUOTED: ErrorCase[] = [
  {
    source: 'pollinations/pollinations#12136',
    status: 412,
    body: openai(
      'Account tiny is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.',
      'PRECONDITION_FAILED',
      'error',
    ),
    class: 'quota_exhausted',
  },
  {
    source: 'MoonshotAI/kimi-code#1857',
    status: 429,
    body: openai(
      'Your account org-2 is suspended, please check your plan and billing details',
      null,
      'exceeded_current_quota_error',
    ),
    class: 'quota_exhausted',
  },
  {
    source: 'anomalyco/opencode#24462',
    status: 429,
    body: openai(
      'Your account org-2 <ak-2> is suspended due to insufficient balance, please recharge your account',
    ),
    class: 'quota_exhausted',
  },
  {
    source: 'Zhipu, error 1113',
    status: 429,
    body: {
      error: { code: '1113', message: 'Insufficient balance or no resource package. Please recharge.' },
    },
    class: 'quota_exhausted',
  },
  {
    source: 'MiniMax-AI/MiniMax-M2#62',
    status: 500,
    body: anthropic('api_error', 'insufficient balance (1008)'),
    class: 'quota_exhausted',
  },
  {
    source: 'modelscope/modelscope#1691',
    status: 429,
    body: {
      error: { http_code: '429', message: 'insufficient balance (1008)', type: 'insufficient_balance_error' },
    },
    class: 'quota_exhausted',
  },
  {
    source: 'XiaomiMiMo/MiMo#99',
    status: 402,
    body: { type: 'server_error', message: 'Upstream request failed: Insufficient account funds' },
    class: 'quota_exhausted',
  },
  {
    source: 'Wei-Shaw/sub2api#890',
    status: 403,
    body: { code: 'INSUFFICIENT_BALANCE', message: 'Insufficient account balance' },
    class: 'quota_exhausted',
  },
  {
    source: 'SiliconFlow, error 30001',
    status: 403,
    body: { code: 30001, message: 'Sorry, your account balance is insufficient', data: null },
    class: 'quota_exhausted',
  },
  {
    source: 'BerriAI/litellm#14144',
    status: 400,
    body: {
      error: {
        message: 'Budget has been exceeded! Current cost: 14.2, Max budget: 10.0',
        type: null,
        param: null,
        code: '400',
      },
    },
    class: 'quota_exhausted',
  },
  {
    source: "LiteLLM's budgets",
    status: 429,
    body: openai('LiteLLM User: u-1, exceeded budget for model=tiny', '429', 'budget_exceeded'),
    class: 'quota_exhausted',
  },
  {
    source: 'BerriAI/litellm#14144, deployments',
    status: 429,
    body: openai(
      'No deployments available - crossed budget: Exceeded budget for deployment model_name: x: 0.36 >= 1d',
      '429',
    ),
    class: 'quota_exhausted',
  },
  {
    source: 'continuedev/continue#11154 (OpenRouter)',
    status: 402,
    body: {
      error: {
        message:
          'This request requires more credits, or fewer max_tokens. You requested up to 4096 tokens, but can only afford 222.',
        code: 402,
      },
    },
    class: 'quota_exhausted',
  },
  {
    source: 'Anthropic, credit balance',
    status: 400,
    body: anthropic('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
    class: 'quota_exhausted',
  },
  {
    source: "Ark's error codes, AccountOverdueError",
    status: 403,
    body: openai(
      'The request failed because your account has an overdue balance.',
      'AccountOverdueError',
      'Forbidden',
    ),
    class: 'quota_exhausted',
  },
  {
    source: 'volcengine/MineContext#328, inference limit',
    status: 429,
    body: openai(
      'Your account 21 has reached the set inference limit for the doubao-x model, and the model service has been paused.',
      'SetLimitExceeded',
      'TooManyRequests',
    ),
    class: 'quota_exhausted',
  },
  {
    source: 'xAI, credits',
    status: 403,
    body: {
      code: 'The caller does not have permission to execute the specified operation',
      error:
        'Your newly created team does not have any credits or licenses yet. You can purchase those on https://console.x.ai.',
    },
    class: 'quota_exhausted',
  },
  {
    source: 'HuggingFace router',
    status: 402,
    body: {
      error: 'You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO.',
    },
    class: 'quota_exhausted',
  },
  {
    source: 'Perplexity',
    status: 401,
    body: openai(
      'You exceeded your current quota, please check your plan and billing details.',
      401,
      'insufficient_quota',
    ),
    class: 'quota_exhausted',
  },
  {
    source: 'Replicate',
    status: 402,
    body: {
      title: 'Insufficient credit',
      detail: 'You have insufficient credit to run this model.',
      status: 402,
    },
    class: 'quota_exhausted',
  },
  {
    source: 'DashScope, Arrearage',
    status: 400,
    body: openai(
      'Access denied, please make sure your account is in good standing.',
      'Arrearage',
      'Arrearage',
    ),
    class: 'quota_exhausted',
  },
  {
    source: 'OpenAI',
    status: 429,
    body: openai(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
    class: 'quota_exhausted',
  },
]

const ROWS: Row[] = [
  [
    'Workers AI, error 3036',
    429,
    cloudflare(
      3036,
      'AiError: you have used up your daily free allocation of 10,000 neurons, please upgrade to the Workers Paid plan',
    ),
    'quota_exhausted',
  ],
  [
    'Workers AI, error 3040',
    429,
    cloudflare(3040, 'AiError: Capacity temporarily exceeded, please try again.'),
    'overloaded',
  ],
  [
    'Hugging Face',
    402,
    { error: 'You have depleted your monthly included credits. Purchase pre-paid credits.' },
    'quota_exhausted',
  ],
  [
    'Fireworks',
    412,
    openai(
      'Account acme is suspended, possibly due to failure to pay past invoices.',
      'PRECONDITION_FAILED',
      'error',
    ),
    'quota_exhausted',
  ],
  [
    'Moonshot',
    429,
    openai(
      'Your account acme request reached project TPM rate limit, current: 1410, limit: 100',
      null,
      'rate_limit_reached_error',
    ),
    'rate_limited',
  ],
  [
    'Moonshot',
    429,
    openai('Your account acme request reached organization max RPM: 3', null, 'rate_limit_reached_error'),
    'rate_limited',
  ],
  [
    'DashScope',
    403,
    openai(
      'The free quota has been exhausted. To continue, add a payment method.',
      'AllocationQuota.FreeTierOnly',
    ),
    'quota_exhausted',
  ],
  [
    'DashScope',
    429,
    openai('Requests rate limit exceeded, please try again later.', 'LimitRequests'),
    'rate_limited',
  ],
  [
    'DeepSeek',
    402,
    openai('Insufficient Balance', 'invalid_request_error', 'unknown_error'),
    'quota_exhausted',
  ],
  [
    'xAI',
    429,
    {
      code: 'Some resource has been exhausted',
      error: 'Your team acme has either used all available credits or reached its monthly spending limit.',
    },
    'quota_exhausted',
  ],
  [
    'Gemini',
    429,
    google(
      429,
      'Your prepayment credits are depleted. Please go to AI Studio to manage your project and billing.',
      'RESOURCE_EXHAUSTED',
    ),
    'quota_exhausted',
  ],
  [
    'Databricks',
    429,
    {
      error_code: 'REQUEST_LIMIT_EXCEEDED',
      message: 'REQUEST_LIMIT_EXCEEDED: Exceeded workspace QPS rate limit for tiny.',
    },
    'rate_limited',
  ],
  [
    'Databricks, Bad rate',
    403,
    {
      error_code: 'PERMISSION_DENIED',
      message: 'PERMISSION_DENIED: The endpoint is disabled due to a rate limit set to 0.',
    },
    'forbidden',
  ],
  [
    'Cohere',
    429,
    {
      message:
        "You are past the per month request limit for this endpoint. You can wait until it's reset, or upgrade to a Production key",
    },
    'quota_exhausted',
  ],
  [
    'Mistral',
    429,
    { message: 'Requests rate limit exceeded', type: 'rate_limited', code: '1300' },
    'rate_limited',
  ],
  ['NVIDIA', 429, problem(429, 'Too Many Requests', 'Too Many Requests'), 'rate_limited'],
  [
    'NVIDIA, credits',
    402,
    problem(
      402,
      'Payment Required',
      'Account acme: Cloud credits expired - Please contact NVIDIA representatives',
    ),
    'quota_exhausted',
  ],
  ['nginx', 503, doctypePage('503 Service Temporarily Unavailable'), 'overloaded'],
  [
    'OpenRouter, from upstream',
    429,
    upstream(
      429,
      'tiny is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits',
    ),
    'rate_limited',
  ],
  [
    'OpenRouter, a key',
    403,
    openai('Key limit exceeded (monthly limit). Manage it using https://openrouter.ai/settings/keys', 403),
    'quota_exhausted',
  ],
  [
    'Anthropic',
    429,
    anthropic(
      'rate_limit_error',
      "This request would exceed your account's rate limit. Please try again later.",
    ),
    'rate_limited',
  ],
  [
    'OpenAI, 2023',
    429,
    openai('The server had an error while processing your request. Sorry about that!', null, 'server_error'),
    'rate_limited',
  ],
  [
    'OpenAI',
    429,
    openai(
      'That model is currently overloaded with other requests. You can retry your request.',
      null,
      'server_error',
    ),
    'overloaded',
  ],
  [
    'Azure',
    429,
    {
      error: {
        code: 'NoCapacity',
        message: 'The system is currently experiencing high demand and cannot process your request.',
      },
    },
    'overloaded',
  ],
  [
    'Cerebras',
    429,
    {
      message: "We're experiencing high traffic right now! Please try again soon.",
      type: 'too_many_requests_error',
      param: 'queue',
      code: 'queue_exceeded',
    },
    'overloaded',
  ],
  [
    'SiliconFlow',
    503,
    { code: 50505, message: 'Model service overloaded. Please try again later.', data: null },
    'overloaded',
  ],
  [
    'SiliconFlow',
    429,
    { message: 'Request was rejected due to rate limiting. Details:TPM limit reached.', data: null },
    'rate_limited',
  ],
]

export const QUOTAS: readonly ErrorCase[] = [...QUOTED, ...ROWS.map(caseOf)]
