/** Errors with a status, in our own data: what each is, how long it asks to be left alone, whether it is proved. */
import type { ErrorCase } from './types'

const DAY_MS = 86_400_000

/** OpenAI's shape. */
const openai = (message: string, code: string | number | null = null, type = 'invalid_request_error') => ({
  error: { message, type, param: null, code },
})
/** Google's shape, in the list that its OpenAI endpoint sends. */
const google = (code: number, message: string, status: string, details?: object[]) => [
  { error: { code, message, status, ...(details === undefined ? {} : { details }) } },
]
const anthropic = (type: string, message: string) => ({ type: 'error', error: { type, message } })
const page = (title: string) => `<html>\n<head><title>${title}</title></head><body></body></html>`
const inAnHour = new Date(Date.now() + 3_600_000)

const TOO_LONG: ErrorCase[] = [
  ...[
    openai(
      "This model's maximum context length is 16385 tokens. However, your messages resulted in 17001 tokens.",
      'context_length_exceeded',
    ),
    openai('Invalid request: Your request exceeded model token limit: 131072'),
    openai(
      '<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 98304]',
      'invalid_parameter_error',
    ),
    openai('prompt token count of 70211 exceeds the limit of 64000', 'model_max_prompt_tokens_exceeded'),
    { error: { code: '1261', message: 'Prompt exceeds max length' } },
  ].map(
    (body): ErrorCase => ({
      source: 'err-ctx: five providers',
      status: 400,
      body,
      class: 'context_too_long',
    }),
  ),
  {
    source: 'google-gemini/gemini-cli#11507, #12098',
    status: 400,
    body: google(
      400,
      'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
      'INVALID_ARGUMENT',
    ),
    class: 'context_too_long',
  },
  {
    source: 'huggingface/text-generation-inference#695',
    status: 422,
    body: {
      error: 'Input validation error: `inputs` must have less than 8192 tokens. Given: 9001',
      error_type: 'validation',
    },
    class: 'context_too_long',
  },
  {
    source: 'huggingface/text-generation-inference, validation.rs',
    status: 422,
    body: {
      error:
        'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 512 `max_new_tokens`',
      error_type: 'validation',
    },
    class: 'context_too_long',
  },
  {
    source: "Together's error codes",
    status: 403,
    body: openai(
      'Input token count + `max_tokens` parameter must be less than the context length of the model being queried.',
    ),
    class: 'context_too_long',
  },
  {
    source: 'ggml-org/llama.cpp',
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'request (9001 tokens) exceeds the available context size (8192 tokens), try increasing it',
        type: 'exceed_context_size_error',
      },
    },
    class: 'context_too_long',
  },
  {
    source: 'aws-samples/bedrock-chat#95',
    status: 400,
    headers: { 'x-amzn-errortype': 'ValidationException:http://internal/' },
    body: { message: 'Input is too long for requested model.' },
    class: 'context_too_long',
  },
  {
    source: 'aaif-goose/goose#7504',
    status: 400,
    headers: { 'x-amzn-errortype': 'ValidationException' },
    body: {
      message: 'The model returned the following errors: prompt is too long: 210002 tokens > 200000 maximum',
    },
    class: 'context_too_long',
  },
  {
    source: 'ryanadoty/Amazon-Bedrock-Amazon-RDS-POC#9',
    status: 400,
    body: {
      message:
        'Malformed input request: expected maxLength: 42000, actual: 50100, please reformat your input and try again.',
    },
    class: 'context_too_long',
  },
  {
    source: 'langchain-ai/langchain-aws#419',
    status: 400,
    body: {
      message:
        "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 25000000",
    },
    class: 'context_too_long',
  },
  {
    source: 'esengine/DeepSeek-Reasonix#9696',
    status: 400,
    body: openai('Input length 1048826 exceeds the maximum length 1048566. Request id: 02'),
    class: 'context_too_long',
  },
  {
    source: 'sgl-project/sglang#4048',
    status: 400,
    body: {
      object: 'error',
      message: 'Input length (40001 tokens) exceeds the maximum allowed length (32768 tokens).',
      type: 'BadRequestError',
      code: 400,
    },
    class: 'context_too_long',
  },
  {
    source: 'QwenLM/Qwen3#1321',
    status: 400,
    body: {
      object: 'error',
      message: "The input (50001 tokens) is longer than the model's context length (40960 tokens).",
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
    class: 'context_too_long',
  },
  {
    source: 'Gabesarch/grounded-rl#16',
    status: 400,
    body: {
      object: 'error',
      message:
        'The decoder prompt (length 9001) is longer than the maximum model length of 8192. Make sure that `max_model_len` is no smaller than the number of text tokens.',
      type: 'BadRequestError',
      code: 400,
    },
    class: 'context_too_long',
  },
  {
    source: 'lmstudio-ai/lmstudio-bug-tracker#237',
    status: 400,
    body: {
      error:
        'Trying to keep the first 9001 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.',
    },
    class: 'context_too_long',
  },
  {
    source: 'cohere-ai/sandbox-topically#4',
    status: 400,
    body: {
      message:
        'too many tokens: total number of tokens (prompt and prediction) cannot exceed 4096 - received 5001. Try using a shorter prompt or a smaller max_tokens value.',
    },
    class: 'context_too_long',
  },
  {
    source: 'Aider-AI/aider#2296',
    status: 413,
    body: {
      error: {
        code: 'tokens_limit_reached',
        message: 'Request body too large for o1-mini model. Max size: 4000 tokens.',
        details: 'Request body too large for o1-mini model. Max size: 4000 tokens.',
      },
    },
    class: 'context_too_long',
  },
  {
    source: "Anthropic's API reference",
    status: 400,
    body: anthropic(
      'invalid_request_error',
      'input length and `max_tokens` exceed context limit: 190001 + 20000 > 200000',
    ),
    class: 'context_too_long',
  },
  {
    source: 'Mistral, La Plateforme',
    status: 400,
    body: {
      object: 'error',
      message:
        'Prompt contains 40001 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      type: 'invalid_request_prompt',
      code: '3051',
    },
    class: 'context_too_long',
  },
  {
    source: 'xAI',
    status: 400,
    body: {
      code: 'Client specified an invalid argument',
      error: "This model's maximum prompt length is 131072 but the request contains 140002 tokens.",
    },
    class: 'context_too_long',
  },
  {
    source: 'Cerebras',
    status: 400,
    body: {
      message:
        'Please reduce the length of the messages or completion. Current length is 9001 while limit is 8192',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
    class: 'context_too_long',
  },
  {
    source: 'Fireworks',
    status: 400,
    body: openai('The prompt is too long: 140002, model maximum context length: 131071'),
    class: 'context_too_long',
  },
  {
    source: 'MiniMax, error 2013',
    status: 400,
    body: anthropic('invalid_request_error', 'invalid params, context window exceeds limit (2013)'),
    class: 'context_too_long',
  },
]

const MODELS: ErrorCase[] = [
  {
    source: 'deepwn/addi#13',
    status: 400,
    body: openai('Model Not Exist', 'invalid_request_error'),
    class: 'model_not_found',
  },
  {
    source: 'RightNow-AI/openfang#60',
    status: 400,
    body: openai(
      'The model `mixtral-8x7b-32768` has been decommissioned and is no longer supported.',
      'model_decommissioned',
    ),
    class: 'model_not_found',
  },
  {
    source: 'tashfeenahmed/freellmapi#634',
    status: 410,
    body: {
      status: 410,
      title: 'Gone',
      detail:
        "The model 'acme/tiny' has reached its end of life on 2026-01-02T00:00:00Z and is no longer available.",
    },
    class: 'model_not_found',
  },
  {
    source: 'anyme123/Any-code#1 (SiliconFlow)',
    status: 400,
    body: { code: 20012, message: 'Model does not exist. Please check it carefully.', data: null },
    class: 'model_not_found',
  },
  {
    source: 'ELPROFUG0/TexTab#2 (Perplexity)',
    status: 400,
    body: openai(
      "Invalid model 'sonar-old'. Permitted models can be found in the documentation at https://docs.example/models.",
      400,
      'invalid_model',
    ),
    class: 'model_not_found',
  },
  {
    source: 'volcengine/MineContext#328',
    status: 404,
    body: openai(
      'The model or endpoint doubao-x does not exist or you do not have access to it. Request id: 02',
      'InvalidEndpointOrModel.NotFound',
      'NotFound',
    ),
    class: 'model_not_found',
  },
  {
    source: "Ark's error codes",
    status: 404,
    body: openai(
      'Your account 21 has not activated the model doubao-x. Please activate the model service in the Ark Console.',
      'ModelNotOpen',
      'NotFound',
    ),
    class: 'model_not_found',
  },
  {
    source: 'Fireworks',
    status: 404,
    body: openai('Model not found, inaccessible, and/or not deployed', 'NOT_FOUND', 'error'),
    class: 'model_not_found',
  },
  {
    source: 'Ollama',
    status: 404,
    body: {
      error: {
        message: 'model "llama9" not found, try pulling it first',
        type: 'api_error',
        param: null,
        code: null,
      },
    },
    class: 'model_not_found',
  },
  {
    source: 'Bedrock, ResourceNotFoundException',
    status: 404,
    headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
    body: {
      message: 'This model version has reached the end of its life. Please refer to the AWS documentation.',
    },
    class: 'model_not_found',
  },
  {
    source: 'Bedrock, ValidationException',
    status: 400,
    headers: { 'x-amzn-errortype': 'ValidationException' },
    body: { message: 'The provided model identifier is invalid.' },
    class: 'model_not_found',
  },
  {
    source: 'Bedrock, on-demand throughput',
    status: 400,
    headers: { 'x-amzn-errortype': 'ValidationException' },
    body: {
      message:
        "Invocation of model ID acme.large-v1 with on-demand throughput isn't supported. Retry your request with the ID or ARN of an inference profile that contains this model.",
    },
    class: 'model_not_found',
  },
  {
    source: 'Vertex',
    status: 404,
    body: google(
      404,
      'Publisher Model `projects/p/locations/l/publishers/google/models/gemini-x` was not found.',
      'NOT_FOUND',
    ),
    class: 'model_not_found',
  },
  {
    source: 'Azure',
    status: 404,
    body: {
      error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' },
    },
    class: 'model_not_found',
  },
  {
    source: 'OpenRouter',
    status: 400,
    body: { error: { message: 'acme/none is not a valid model ID', code: 400 }, user_id: 'u' },
    class: 'model_not_found',
  },
  {
    source: 'GitHub Models',
    status: 400,
    body: {
      error: {
        code: 'unknown_model',
        message: 'Unknown model: gpt-none',
        details: 'Unknown model: gpt-none',
      },
    },
    class: 'model_not_found',
  },
  {
    source: 'LiteLLM proxy',
    status: 400,
    body: {
      error: {
        message:
          '/chat/completions: Invalid model name passed in model=none. Call `/v1/models` to view available models for your key.',
        type: 'None',
        param: 'None',
        code: '400',
      },
    },
    class: 'model_not_found',
  },
  {
    source: 'Zhipu, error 1211',
    status: 400,
    body: { error: { code: '1211', message: 'Unknown Model, please check the model code.' } },
    class: 'model_not_found',
  },
  {
    source: 'DashScope',
    status: 404,
    body: openai('The model `qwen-none` does not exist or you do not have access to it.', 'model_not_found'),
    class: 'model_not_found',
  },
]

const KEYS: ErrorCase[] = [
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

const QUOTAS: ErrorCase[] = [
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

const RATES: ErrorCase[] = [
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

const UNSUPPORTED: ErrorCase[] = [
  {
    source: 'UKGovernmentBEIS/inspect_ai#4916',
    status: 400,
    body: openai('This response_format type is unavailable now', 'invalid_request_error'),
    class: 'unsupported',
  },
  {
    source: 'plandex-ai/plandex#144',
    status: 429,
    body: openai(
      'Request too large for tiny in organization org-2 on tokens per min (TPM): Limit 10000, Requested 20000. The input or output tokens must be reduced in order to run successfully.',
      'rate_limit_exceeded',
      'tokens',
    ),
    class: 'unsupported',
  },
  {
    source: 'OpenAI',
    status: 400,
    body: openai(
      "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
      'unsupported_value',
    ),
    class: 'unsupported',
  },
  {
    source: 'charmbracelet/crush#946',
    status: 400,
    body: { message: 'The maximum tokens you requested exceeds the model limit of 32768' },
    class: 'unsupported',
  },
  {
    source: 'Anthropic, output limit',
    status: 400,
    body: anthropic(
      'invalid_request_error',
      'max_tokens: 100000 > 8192, which is the maximum allowed number of output tokens for tiny',
    ),
    class: 'unsupported',
  },
  {
    source: 'vLLM',
    status: 400,
    body: {
      object: 'error',
      message: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
      type: 'BadRequestError',
      code: 400,
    },
    class: 'unsupported',
  },
  {
    source: 'Ollama',
    status: 400,
    body: { error: 'registry.ollama.ai/library/tiny:latest does not support tools' },
    class: 'unsupported',
  },
  {
    source: 'OpenRouter',
    status: 404,
    body: { error: { message: 'No endpoints found that support tool use.', code: 404 } },
    class: 'unsupported',
  },
  {
    source: 'Gemini, schema',
    status: 400,
    body: google(
      400,
      'Invalid JSON payload received. Unknown name "additionalProperties" at \'tools[0].function_declarations[0].parameters\': Cannot find field.',
      'INVALID_ARGUMENT',
    ),
    class: 'unsupported',
  },
  {
    source: 'OpenAI, schema',
    status: 400,
    body: openai(
      "Invalid schema for response_format 'a': In context=(), 'additionalProperties' is required to be supplied and to be false.",
      'invalid_json_schema',
    ),
    class: 'unsupported',
  },
  {
    source: 'Mistral',
    status: 422,
    body: {
      detail: [
        {
          type: 'extra_forbidden',
          loc: ['body', 'prompt_cache_key'],
          msg: 'Extra inputs are not permitted',
          input: 'k',
        },
      ],
    },
    class: 'unsupported',
  },
]

const OTHERS: ErrorCase[] = [
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

/** Words of one kind in an error of another: what is refused is named, and the class follows the complaint. */
const FALSE_FRIENDS: ErrorCase[] = [
  {
    source: 'a temperature out of range, of any OpenAI-like server',
    status: 400,
    body: openai('temperature must be less than or equal to 2, got 3'),
    class: 'invalid_request',
    proved: false,
  },
  {
    source: 'OpenAI, a temperature above what this model takes',
    status: 400,
    body: openai(
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 1.",
      'decimal_above_max_value',
    ),
    class: 'invalid_request',
    proved: false,
  },
  {
    source: 'OpenAI, more top_logprobs than this model gives',
    status: 400,
    body: openai(
      "Invalid 'top_logprobs': integer above maximum value. Expected a value <= 5.",
      'integer_above_max_value',
    ),
    class: 'invalid_request',
    proved: false,
  },
  {
    source: 'OpenAI, a value that another model knows',
    status: 400,
    body: openai(
      "Invalid value: 'xhigh'. Supported values are: 'low', 'medium' and 'high'.",
      'invalid_value',
    ),
    class: 'invalid_request',
    proved: false,
  },
  {
    source: 'a JSON schema check, no messages',
    status: 400,
    body: openai("[] is too short - 'messages'"),
    class: 'invalid_request',
    proved: true,
  },
  {
    source: 'an unknown 400',
    status: 400,
    body: openai('Something about this request is odd'),
    class: 'invalid_request',
    proved: false,
  },
  {
    source: 'OpenAI, no messages',
    status: 400,
    body: openai("Missing required parameter: 'messages'.", 'missing_required_parameter'),
    class: 'invalid_request',
    proved: true,
  },
  {
    source: 'OpenAI, a tool name that is too long',
    status: 400,
    body: openai(
      "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 70 instead.",
    ),
    class: 'unsupported',
  },
  {
    source: 'OpenAI: the code that stands beside every text that is too long',
    status: 400,
    body: {
      error: {
        message:
          "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64, but got a string with length 70 instead.",
        type: 'invalid_request_error',
        param: 'tools[0].function.name',
        code: 'string_above_max_length',
      },
    },
    class: 'unsupported',
  },
  {
    source: 'OpenAI: a message that is too long',
    status: 400,
    body: {
      error: {
        message:
          "Invalid 'messages[0].content': string too long. Expected a string with maximum length 1048576, but got a string with length 2000000 instead.",
        type: 'invalid_request_error',
        param: 'messages[0].content',
        code: 'string_above_max_length',
      },
    },
    class: 'context_too_long',
  },
  {
    source: 'a proxy adds a wait to money that is gone',
    status: 429,
    headers: { 'retry-after': '5' },
    body: openai('insufficient balance, please recharge'),
    class: 'quota_exhausted',
    retryAfterMs: 5_000,
  },
  {
    source: 'words of the quota in an outage',
    status: 500,
    body: openai('Internal error while checking your quota and context length', null, 'server_error'),
    class: 'server_error',
  },
  {
    source: 'FastAPI repeats what was sent: words in it say nothing',
    status: 422,
    body: {
      detail: [
        {
          type: 'list_type',
          loc: ['body', 'stop'],
          msg: 'Input should be a valid list',
          input: 'insufficient balance: maximum context length, model not found',
        },
      ],
    },
    class: 'invalid_request',
    proved: true,
  },
  {
    source: 'a tool choice without tools',
    status: 400,
    body: openai('tool_choice is only allowed when tools are specified', 'invalid_value'),
    class: 'invalid_request',
  },
  {
    source: 'an image that can not be fetched',
    status: 400,
    body: openai('Error while downloading https://example.test/model-not-found.png', 'invalid_image_url'),
    class: 'invalid_request',
    proved: false,
  },
]

/** Wording of one kind in further forms, as servers behind a common API put it. */
const FURTHER: ErrorCase[] = (
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

export const ERRORS = [
  ...TOO_LONG,
  ...MODELS,
  ...KEYS,
  ...QUOTAS,
  ...RATES,
  ...UNSUPPORTED,
  ...OTHERS,
  ...FALSE_FRIENDS,
  ...FURTHER,
]
