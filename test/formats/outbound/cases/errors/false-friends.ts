/** Words of one kind in an error of another: what is refused is named, and the class follows the complaint. */
import type { ErrorCase } from '../types'
import { caseOf, doctypePage, openai, type Row } from './shapes'

const QUOTED: ErrorCase[] = [
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

const ROWS: Row[] = [
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
  ['the quota of an outage', 502, doctypePage('502: quota service is not found'), 'server_error'],
  ['a path that is not there', 404, doctypePage('404 Not Found'), 'model_not_found'],
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

export const FALSE_FRIENDS: readonly ErrorCase[] = [...QUOTED, ...ROWS.map(caseOf)]
