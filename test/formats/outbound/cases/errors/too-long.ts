/** Prompts that do not fit the model. */
import type { ErrorCase } from '../types'
import { anthropic, caseOf, cloudflare, doctypePage, google, openai, type Row, upstream } from './shapes'

const QUOTED: ErrorCase[] = [
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

const ROWS: Row[] = [
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
  ['nginx', 413, doctypePage('413 Request Entity Too Large'), 'context_too_long'],
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

export const TOO_LONG: readonly ErrorCase[] = [...QUOTED, ...ROWS.map(caseOf)]
