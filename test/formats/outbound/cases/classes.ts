/** Errors with a status in the words of further providers and proxies: what each is, and whose fault a 400 is. */
import type { FailureClass } from '../../../../src/domain/failures/failure'
import type { ErrorCase } from './types'

type Row = readonly [source: string, status: number, body: unknown, failure: FailureClass, proved?: boolean]

const openai = (
  message: string,
  code: string | number | null = null,
  type = 'invalid_request_error',
  param: string | null = null,
) => ({
  error: { message, type, param, code },
})
const anthropic = (type: string, message: string) => ({ type: 'error', error: { type, message } })
const google = (code: number, message: string, status: string) => [{ error: { code, message, status } }]
const cloudflare = (code: number, message: string) => ({
  result: null,
  success: false,
  errors: [{ code, message }],
  messages: [],
})
const problem = (status: number, title: string, detail: string) => ({
  type: 'about:blank',
  title,
  status,
  detail,
})
const page = (title: string) =>
  `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body></body></html>`
const upstream = (code: number, raw: string) => ({
  error: { message: 'Provider returned error', code, metadata: { raw, provider_name: 'Acme' } },
})

const TOO_LONG: Row[] = [
  [
    'MoonshotAI/MoonshotAI-Cookbook#18',
    400,
    openai('model max length exceeded, max length:8192'),
    'context_too_long',
  ],
  [
    'antirez/ds4#150',
    400,
    openai('Prompt tokens (9001) exceeds context size (8192)', null, 'context_exceeded'),
    'context_too_long',
  ],
  [
    'lfnovo/open-notebook#470 (LocalAI)',
    500,
    {
      error: {
        code: 500,
        message:
          'rpc error: code = Internal desc = request (20001 tokens) exceeds the available context size (8192 tokens), try increasing it',
        type: '',
      },
    },
    'context_too_long',
  ],
  [
    'cloudflare/cloudflare-docs#29731 (Workers AI)',
    400,
    cloudflare(
      5021,
      "AiError: This model's maximum context length is 131072 tokens. However, you requested 16000 output tokens and your prompt contains at least 120000 input tokens.",
    ),
    'context_too_long',
  ],
  [
    'Cloudflare Workers AI',
    413,
    cloudflare(
      3006,
      'AiError: The estimated number of input and maximum output tokens (9001) exceeded this model context window limit (8192).',
    ),
    'context_too_long',
  ],
  [
    'iBUHub/AIStudioToAPI#268',
    400,
    google(400, 'Cannot truncate to 89998, required 355220: text:355351, control:9', 'INVALID_ARGUMENT'),
    'invalid_request',
    false,
  ],
  [
    "Cohere's error page",
    400,
    { message: 'too many tokens: size limit exceeded by 11326 tokens. Try using shorter or fewer inputs.' },
    'context_too_long',
  ],
  [
    'OpenRouter, from upstream',
    400,
    upstream(400, '{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}'),
    'context_too_long',
  ],
  [
    'OpenRouter',
    400,
    openai(
      "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000 tokens.",
      400,
    ),
    'context_too_long',
  ],
  [
    'vLLM 0.11',
    400,
    openai(
      "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 8192 tokens and your request has 7000 input tokens (4096 > 8192 - 7000).",
      400,
      'BadRequestError',
    ),
    'context_too_long',
  ],
  [
    'Databricks',
    400,
    {
      error_code: 'BAD_REQUEST',
      message: 'Input length 9001 exceeds the maximum allowed 8192 tokens for this endpoint.',
    },
    'context_too_long',
  ],
  [
    'Anthropic, bytes',
    413,
    anthropic('request_too_large', 'Request exceeds the maximum size'),
    'context_too_long',
  ],
  ['nginx', 413, page('413 Request Entity Too Large'), 'context_too_long'],
  [
    'GitHub Copilot',
    400,
    openai('prompt token count of 140000 exceeds the limit of 128000', 'model_max_prompt_tokens_exceeded'),
    'context_too_long',
  ],
  [
    'SambaNova',
    400,
    openai(
      'Requested generation length 9001 is not possible! The sum of the prompt and generation exceeds the maximum sequence length of 4096.',
    ),
    'context_too_long',
  ],
  [
    'Baidu',
    400,
    openai('the length of messages exceeds the limit of 5120 tokens', 'tokens_too_long'),
    'context_too_long',
  ],
  [
    'Baidu, its own code',
    400,
    { error_code: 336103, error_msg: 'Prompt tokens too long' },
    'context_too_long',
  ],
  [
    'llama.cpp, server',
    400,
    openai(
      'the request exceeds the available context size. try increasing the context size or enable context shift',
      400,
    ),
    'context_too_long',
  ],
  ['Ollama', 400, { error: 'the input length exceeds the context length' }, 'context_too_long'],
  [
    'Ollama, cloud',
    400,
    { error: 'prompt too long; exceeded max context length by 1200 tokens' },
    'context_too_long',
  ],
  [
    'xAI',
    400,
    {
      code: 'invalid-argument',
      error: 'The prompt of 300000 tokens is larger than the context window of 262144 tokens',
    },
    'context_too_long',
  ],
  [
    'Zhipu',
    400,
    { error: { code: '1210', message: 'Request token count exceeds the model limit' } },
    'context_too_long',
  ],
  [
    'Tencent',
    400,
    openai('[InvalidParameter] Total tokens of request exceed model context window', 'InvalidParameter'),
    'context_too_long',
  ],
  [
    'DeepSeek',
    400,
    openai(
      "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens (131808 in the messages, 8192 in the completion).",
    ),
    'context_too_long',
  ],
]

const OUTPUT: Row[] = [
  [
    'yiliqi78/TOKENICODE#3 (Ark)',
    400,
    {
      error: {
        code: 'InvalidParameter',
        message:
          'The parameter max_tokens specified in the request is not valid: integer above maximum value, expected a value <= 32768, but got 64000 instead.',
        param: 'max_tokens',
        type: 'BadRequest',
      },
    },
    'unsupported',
  ],
  [
    "Cohere's error page",
    400,
    {
      message:
        'too many tokens: max tokens must be less than or equal to 4096, the maximum output for this model - received 8192.',
    },
    'unsupported',
  ],
  [
    'anomalyco/models.dev#5824 (Workers AI)',
    400,
    cloudflare(
      5006,
      'AiError: max_completion_tokens is too large: 1298829. This model supports at most 1048576',
    ),
    'unsupported',
  ],
  [
    'OpenAI',
    400,
    openai(
      'max_tokens is too large: 32000. This model supports at most 16384 completion tokens, whereas you provided 32000.',
      'invalid_value',
      'invalid_request_error',
      'max_tokens',
    ),
    'unsupported',
  ],
  [
    'vectorize-io/hindsight#58 (Azure): at least 16',
    400,
    upstream(
      400,
      `{"error":{"message":"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 10 instead.","code":"integer_below_min_value"}}`,
    ),
    'invalid_request',
    false,
  ],
  [
    'OpenBMB/ChatDev#446',
    400,
    openai(
      "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
      'integer_below_min_value',
    ),
    'invalid_request',
    false,
  ],
  [
    'infiniflow/ragflow#10235 (vLLM): nothing is left of the window',
    400,
    {
      object: 'error',
      message: 'max_tokens must be at least 1, got -3197.',
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
    'context_too_long',
  ],
  [
    'Bedrock',
    400,
    {
      message:
        'The maximum tokens you requested exceeds the model limit of 8192. Try again with a maximum tokens value that is lower than 8192.',
    },
    'unsupported',
  ],
  [
    'Gemini',
    400,
    google(
      400,
      'Unable to submit request because it has a maxOutputTokens value of 100000 but the supported range is from 1 (inclusive) to 65537 (exclusive).',
      'INVALID_ARGUMENT',
    ),
    'unsupported',
  ],
]

const MODELS: Row[] = [
  ['Workers AI, error 5007', 400, cloudflare(5007, 'No such model @cf/acme/none or task'), 'model_not_found'],
  ['Workers AI, error 3042', 404, cloudflare(3042, 'The model name is invalid'), 'model_not_found'],
  [
    'Workers AI, error 5018',
    403,
    cloudflare(5018, 'This account is not allowed to access this model'),
    'forbidden',
  ],
  [
    'Alishahryar1/free-claude-code#1021 (NIM)',
    404,
    problem(404, 'Not Found', "Function '23d4': Not found for account 'Qaw'"),
    'model_not_found',
  ],
  [
    'Hugging Face router',
    400,
    {
      error: {
        message: "The requested model 'acme/none' is not supported by any provider you have enabled.",
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_supported',
      },
    },
    'model_not_found',
  ],
  ['Hugging Face', 404, { error: 'Model acme/none does not exist' }, 'model_not_found'],
  ['SambaNova', 404, openai('Model not found: tiny', 'model_not_found'), 'model_not_found'],
  [
    'Together',
    404,
    openai(
      'Unable to access model acme/none. Please visit https://api.together.ai/models',
      'model_not_available',
    ),
    'model_not_found',
  ],
  [
    'Together, dedicated',
    400,
    openai(
      'Unable to access non-serverless model acme/tiny. Please create and start a new dedicated endpoint for the model.',
      'model_not_available',
    ),
    'model_not_found',
  ],
  ['DashScope', 403, openai('Model access denied.', 'Model.AccessDenied', 'Model.AccessDenied'), 'forbidden'],
  [
    'Databricks',
    404,
    { error_code: 'RESOURCE_DOES_NOT_EXIST', message: "Endpoint with name 'none' does not exist." },
    'model_not_found',
  ],
  [
    'Databricks, off',
    400,
    { error_code: 'BAD_REQUEST', message: 'The endpoint tiny is stopped. Please start it before querying.' },
    'model_not_found',
  ],
  [
    'Mistral',
    400,
    { object: 'error', message: 'Invalid model: none', type: 'invalid_model', param: null, code: '1500' },
    'model_not_found',
  ],
  ['Baidu', 400, openai('model not exist', 'invalid_model'), 'model_not_found'],
  [
    'MiniMax',
    400,
    {
      type: 'error',
      error: {
        type: 'bad_request_error',
        message: "invalid params, unknown model 'none' (2013)",
        http_code: '400',
      },
    },
    'model_not_found',
  ],
  [
    'LiteLLM',
    400,
    openai(
      'litellm.BadRequestError: You passed in model=none. There are no healthy deployments for this model. Received Model Group=none',
      '400',
    ),
    'model_not_found',
  ],
  ['vLLM, LM Studio', 400, openai("Model 'none' not found.", 'model_not_found'), 'model_not_found'],
  [
    'LM Studio',
    404,
    openai(
      'No models loaded. Please load a model in the developer page or use the `lms load` command.',
      'model_not_found',
    ),
    'model_not_found',
  ],
  [
    'LocalAI',
    500,
    openai('could not load model - all backends returned error: none', 500, ''),
    'server_error',
  ],
  [
    'xAI',
    404,
    {
      code: 'Some requested entity was not found',
      error: 'The model none does not exist or your team does not have access to it.',
    },
    'model_not_found',
  ],
  [
    'Fireworks',
    404,
    openai('Model not found, inaccessible, and/or not deployed', 'NOT_FOUND'),
    'model_not_found',
  ],
  [
    'GitHub Models',
    404,
    {
      error: {
        code: 'unavailable_model',
        message: 'Unavailable model: tiny',
        details: 'Unavailable model: tiny',
      },
    },
    'model_not_found',
  ],
  [
    'GitHub Models, 400',
    400,
    { error: { code: 'unavailable_model', message: 'Unavailable model: tiny' } },
    'model_not_found',
  ],
  [
    'OpenAI, a chat model at the wrong end',
    404,
    openai(
      'This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?',
      null,
      'invalid_request_error',
      'model',
    ),
    'unsupported',
  ],
  [
    'OpenAI, Responses alone',
    404,
    openai(
      'This model is only supported in v1/responses and not in v1/chat/completions.',
      null,
      'invalid_request_error',
      'model',
    ),
    'unsupported',
  ],
  [
    'Gemini',
    404,
    google(
      404,
      'models/gemini-none is not found for API version v1main, or is not supported for generateContent. Call ListModels to see the list of available models.',
      'NOT_FOUND',
    ),
    'model_not_found',
  ],
  ['Perplexity', 400, openai("Invalid model 'none'.", 400, 'invalid_model'), 'model_not_found'],
  ['Azure, a version', 404, { error: { code: '404', message: 'Resource not found' } }, 'model_not_found'],
  [
    'Bedrock, a model in another region',
    400,
    { message: 'The provided model identifier is invalid.' },
    'model_not_found',
  ],
  ['Anthropic', 404, anthropic('not_found_error', 'model: claude-none'), 'model_not_found'],
]

const KEYS: Row[] = [
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
  ['Cloudflare', 403, page('Attention Required! | Cloudflare'), 'forbidden'],
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

const BUDGETS: Row[] = [
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
  ['nginx', 503, page('503 Service Temporarily Unavailable'), 'overloaded'],
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

const TEMPORARY: Row[] = [
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
  ['nginx', 499, page('499 Client Closed Request'), 'server_error'],
  [
    'Envoy',
    503,
    'upstream connect error or disconnect/reset before headers. reset reason: connection failure',
    'overloaded',
  ],
  ['Envoy', 504, 'upstream request timeout', 'server_error'],
  ['Cloudflare, 521', 521, page('521: Web server is down'), 'server_error'],
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
    page('Worker exceeded resource limits | openrouter.ai | Cloudflare'),
    'overloaded',
  ],
]

const LACKING: Row[] = [
  ['Groq', 400, openai('`tool calling` is not supported with this model'), 'unsupported'],
  ['Groq', 400, openai('json mode cannot be combined with tool/function calling'), 'unsupported'],
  [
    'Groq',
    400,
    openai(
      "'messages.0' : for 'role:system' the following must be satisfied[('messages.0.content' : value must be a string)]",
    ),
    'invalid_request',
    false,
  ],
  ['DeepSeek', 400, openai('deepseek-reasoner does not support Function Calling'), 'unsupported'],
  [
    'DeepSeek: parts in place of a text',
    422,
    'Failed to deserialize the JSON body into the target type: messages[0]: data did not match any variant of untagged enum ChatCompletionRequestContent at line 1 column 99',
    'invalid_request',
    false,
  ],
  [
    'DeepSeek: the same in other words',
    400,
    openai(
      'Failed to deserialize the JSON body into the target type: messages[0].content: invalid type: sequence, expected a string at line 1 column 44',
    ),
    'invalid_request',
    false,
  ],
  [
    'vLLM: a part that this server does not know',
    400,
    openai(
      "[{'type': 'missing', 'loc': ('body', 'messages', 0, 'content', 0, 'text'), 'msg': 'Field required'}]",
      400,
      'BadRequestError',
    ),
    'invalid_request',
    false,
  ],
  [
    'FastAPI: the same',
    422,
    {
      detail: [
        {
          type: 'string_type',
          loc: ['body', 'messages', 0, 'content', 'str'],
          msg: 'Input should be a valid string',
          input: [],
        },
      ],
    },
    'invalid_request',
    false,
  ],
  [
    'Mistral: content of an assistant',
    422,
    {
      object: 'error',
      message: {
        detail: [
          {
            type: 'string_type',
            loc: ['body', 'messages', 2, 'assistant', 'content'],
            msg: 'Input should be a valid string',
          },
        ],
      },
      type: 'invalid_request_error',
      code: null,
    },
    'invalid_request',
    false,
  ],
  [
    'no messages at all',
    422,
    { detail: [{ type: 'missing', loc: ['body', 'messages'], msg: 'Field required' }] },
    'invalid_request',
    true,
  ],
  [
    'Anthropic: a result without its call',
    400,
    anthropic(
      'invalid_request_error',
      'messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t1. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
    ),
    'invalid_request',
    true,
  ],
  [
    'Anthropic: a call without its result',
    400,
    anthropic(
      'invalid_request_error',
      'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1.',
    ),
    'invalid_request',
    true,
  ],
  [
    'OpenAI: a call without its result',
    400,
    openai(
      "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: c1",
      null,
      'invalid_request_error',
      'messages.[3].role',
    ),
    'invalid_request',
    true,
  ],
  [
    'Mistral: the order of roles',
    400,
    {
      object: 'error',
      message:
        'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
      type: 'invalid_request_message_order',
      code: '3230',
    },
    'invalid_request',
    false,
  ],
  [
    'vLLM: a chat template',
    400,
    openai('Conversation roles must alternate user/assistant/user/assistant/...', 400, 'BadRequestError'),
    'invalid_request',
    false,
  ],
  [
    'Gemini: the order of turns',
    400,
    google(
      400,
      'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
      'INVALID_ARGUMENT',
    ),
    'invalid_request',
    false,
  ],
  [
    'Gemini: a signature',
    400,
    google(400, 'Function call is missing a thought_signature in functionCall parts.', 'INVALID_ARGUMENT'),
    'invalid_request',
    false,
  ],
  [
    'Cerebras',
    400,
    {
      message: "Tools with mixed values for 'strict' are not allowed.",
      type: 'invalid_request_error',
      param: 'tools',
      code: 'wrong_api_format',
    },
    'invalid_request',
    false,
  ],
  ['Fireworks', 400, openai("Extra inputs are not permitted, field: 'store', value: False"), 'unsupported'],
  ['Ollama', 400, { error: '"tiny" does not support thinking' }, 'unsupported'],
  [
    'Gemini',
    400,
    google(
      400,
      "Function calling with a response mime type: 'application/json' is unsupported",
      'INVALID_ARGUMENT',
    ),
    'unsupported',
  ],
  [
    'Gemini, penalties',
    400,
    google(400, 'Penalty is not enabled for models/gemini-x', 'INVALID_ARGUMENT'),
    'unsupported',
  ],
  [
    'Azure',
    400,
    {
      error: {
        code: 'BadRequest',
        message:
          'response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later',
      },
    },
    'unsupported',
  ],
  [
    'Bedrock',
    400,
    {
      message:
        'The model returned the following errors: temperature and top_p cannot both be specified for this model.',
    },
    'unsupported',
  ],
  [
    'Bedrock, an image',
    400,
    { message: "This model doesn't support the image content block that you provided." },
    'unsupported',
  ],
  [
    'Perplexity',
    400,
    openai('Last message must have role `user`.', 400, 'invalid_message'),
    'invalid_request',
    false,
  ],
  [
    'xAI',
    400,
    { code: 'Client specified an invalid argument', error: 'Argument not supported on this model: stop' },
    'unsupported',
  ],
  [
    'GitHub Models, o1',
    400,
    openai(
      "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
      'unsupported_value',
    ),
    'unsupported',
  ],
  [
    'NVIDIA',
    400,
    openai('This model only supports single tool-calls at once!', 400, 'BadRequestError'),
    'unsupported',
  ],
]

/** Bodies in which the error stands somewhere else, or in other framing. */
const SHAPES: Row[] = [
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

/** Words of one kind in an error of another. */
const FRIENDS: Row[] = [
  [
    'a context that is no window',
    400,
    openai("Invalid value for 'context': must be an object"),
    'invalid_request',
    false,
  ],
  [
    'a balance that is no money',
    400,
    openai("The JSON schema 'balance' is not allowed to be null"),
    'invalid_request',
    false,
  ],
  ['a key of an object', 400, openai("Missing key 'role' in the object"), 'invalid_request', false],
  [
    'a model that is a model of something',
    400,
    openai("Invalid 'user': the data model requires a text"),
    'invalid_request',
    false,
  ],
  [
    'a window in an outage',
    500,
    openai('Internal error in the context window manager', null, 'server_error'),
    'server_error',
  ],
  ['the quota of an outage', 502, page('502: quota service is not found'), 'server_error'],
  ['a path that is not there', 404, page('404 Not Found'), 'model_not_found'],
  ['Hmbown/Codewhale#1482', 404, '404 page not found', 'model_not_found'],
  ['FastAPI, a path', 404, { detail: 'Not Found' }, 'model_not_found'],
  [
    'a tool named overloaded',
    400,
    openai("Invalid tool name: 'overloaded operator'"),
    'invalid_request',
    false,
  ],
]

export const CLASSES: readonly ErrorCase[] = [
  ...TOO_LONG,
  ...OUTPUT,
  ...MODELS,
  ...KEYS,
  ...BUDGETS,
  ...TEMPORARY,
  ...LACKING,
  ...SHAPES,
  ...REFUSED,
  ...FRIENDS,
].map(([source, status, body, failureClass, proved]) => ({
  source,
  status,
  body,
  class: failureClass,
  ...(proved === undefined ? {} : { proved }),
}))
