/** Limits of the answer, named beside those of the prompt. */
import type { ErrorCase } from '../types'
import { caseOf, cloudflare, google, openai, type Row, upstream } from './shapes'

const ROWS: Row[] = [
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

export const OUTPUT_LIMITS: readonly ErrorCase[] = [...ROWS.map(caseOf)]
