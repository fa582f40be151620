/** What a model or a server lacks. */
import type { ErrorCase } from '../types'
import { anthropic, caseOf, google, openai, type Row } from './shapes'

const QUOTED: ErrorCase[] = [
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

const ROWS: Row[] = [
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

export const UNSUPPORTED: readonly ErrorCase[] = [...QUOTED, ...ROWS.map(caseOf)]
