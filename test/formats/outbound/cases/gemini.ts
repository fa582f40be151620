/** Answers of Gemini's own API, whole and streamed, by public reports and by Google's reference. */
import { type AnswerCase, sse } from './types'

const api = 'gemini'
const GOOGLE = "Google's reference of generateContent"

const text = (words: string, more: object = {}) => ({ text: words, ...more })
const call = (name: string | undefined, args?: unknown, more: object = {}) => ({
  functionCall: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { args }) },
  ...more,
})
const response = (parts: object[] | null, finishReason?: string, more: object = {}) => ({
  candidates: [
    {
      ...(parts === null ? {} : { content: { role: 'model', parts } }),
      ...(finishReason === undefined ? {} : { finishReason }),
      index: 0,
    },
  ],
  usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, totalTokenCount: 13 },
  modelVersion: 'gemini-x',
  responseId: 'r7',
  ...more,
})

interface Options {
  name: string
  source?: string
  expected: AnswerCase['expected']
  mayBeEmpty?: boolean
}

const whole = (body: unknown, options: Options): AnswerCase => ({
  source: GOOGLE,
  ...options,
  api,
  stream: false,
  body: JSON.stringify(body),
})
const streamed = (parts: (object | string)[], options: Options): AnswerCase => ({
  source: GOOGLE,
  ...options,
  api,
  stream: true,
  body: sse(...parts),
})
/** The same as a whole body and as the one event of a stream. */
const both = (body: object, { name, ...options }: Options): AnswerCase[] => [
  whole(body, { name: `${name}, whole`, ...options }),
  streamed([body], { name: `${name}, streamed`, ...options }),
]

const LOST = { failure: 'bad_response' } as const
const REFUSED = { failure: 'content_refused' } as const

/** Beside some words. */
const REASONS: [reason: string, expected: AnswerCase['expected'], source?: string][] = [
  ['STOP', { text: 'Half', finish: 'stop' }],
  ['MAX_TOKENS', { text: 'Half', finish: 'length' }],
  ['CONTINUATION', { text: 'Half', finish: 'length' }, 'types of @google/genai 2.32'],
  ['SAFETY', { text: 'Half', finish: 'content_filter' }],
  ['RECITATION', { text: 'Half', finish: 'content_filter' }],
  ['PROHIBITED_CONTENT', { text: 'Half', finish: 'content_filter' }],
  ['SPII', { text: 'Half', finish: 'content_filter' }],
  ['BLOCKLIST', { text: 'Half', finish: 'content_filter' }],
  ['LANGUAGE', { text: 'Half', finish: 'content_filter' }],
  ['IMAGE_RECITATION', { text: 'Half', finish: 'content_filter' }],
  ['IMAGE_PROHIBITED_CONTENT', { text: 'Half', finish: 'content_filter' }],
  ['NO_IMAGE', LOST],
  ['OTHER', LOST],
  ['MALFORMED_FUNCTION_CALL', LOST, 'pydantic/pydantic-ai#3300'],
  ['UNEXPECTED_TOOL_CALL', LOST, 'agentjido/req_llm#944'],
  ['MALFORMED_RESPONSE', LOST],
  ['MISSING_THOUGHT_SIGNATURE', { failure: 'unsupported' }],
]

const reasons = REASONS.flatMap(([reason, expected, source = GOOGLE]) =>
  both(response([text('Half')], reason), { name: `finish reason ${reason}`, source, expected }),
)

const nothingSaid = [
  ...both(response(null, 'SAFETY'), { name: 'filtered, without content', expected: REFUSED }),
  ...both(response(null, 'MALFORMED_FUNCTION_CALL', { finishMessage: 'Malformed function call: ' }), {
    name: 'a call that the model could not write, without content',
    source: '0xPlaygrounds/rig#1030',
    expected: LOST,
  }),
  ...both(
    { candidates: [{ content: {}, finishReason: 'MALFORMED_FUNCTION_CALL' }] },
    { name: 'an empty object as content', source: 'vercel/ai#5039', expected: LOST },
  ),
  ...both(response([text('', { thoughtSignature: 'c2ln' })], 'STOP'), {
    name: 'a signature and nothing else',
    source: 'Wei-Shaw/sub2api#7081',
    expected: LOST,
  }),
  whole(response([text('', { thoughtSignature: 'c2ln' })], 'STOP'), {
    name: "nothing to add behind a tool's result",
    expected: { text: '', finish: 'stop' },
    mayBeEmpty: true,
  }),
  ...both(response([text('Hidden', { thought: true })], 'MAX_TOKENS'), {
    name: 'the limit reached in thought',
    expected: { text: '', finish: 'length' },
  }),
  ...both(
    { promptFeedback: { blockReason: 'OTHER' }, usageMetadata: { promptTokenCount: 9 } },
    {
      name: 'the prompt was blocked',
      expected: REFUSED,
    },
  ),
  ...both(
    { promptFeedback: { safetyRatings: [] }, usageMetadata: { promptTokenCount: 9 } },
    {
      name: 'the prompt was rated, and nothing was said',
      expected: LOST,
    },
  ),
  ...both(
    { candidates: [], usageMetadata: { promptTokenCount: 9 } },
    { name: 'no candidates', expected: LOST },
  ),
  ...both({ usageMetadata: { promptTokenCount: 9 } }, { name: 'usage alone', expected: LOST }),
]

const calls = [
  ...both(response([call('clock', {}), call('clock', { zone: 'UTC' })], 'STOP'), {
    name: 'calls without ids',
    expected: {
      calls: [
        ['clock', {}],
        ['clock', { zone: 'UTC' }],
      ],
      finish: 'tool_calls',
    },
  }),
  ...both(response([call('clock')], 'STOP'), {
    name: 'a call without arguments',
    expected: { calls: [['clock', {}]], finish: 'tool_calls' },
  }),
  ...both(response([call('clock', '{"zone":"UTC"}')], 'STOP'), {
    name: 'arguments as their JSON',
    expected: { calls: [['clock', { zone: 'UTC' }]] },
  }),
  ...both(response([call(undefined, {})], 'STOP'), { name: 'a call without a name', expected: LOST }),
  ...both(response([call('clock', [1])], 'STOP'), { name: 'a list as arguments', expected: LOST }),
  ...both(
    response(
      Array.from({ length: 1001 }, () => call('clock')),
      'STOP',
    ),
    {
      name: 'calls without an end',
      expected: LOST,
    },
  ),
  streamed(
    [
      response([
        {
          functionCall: {
            name: 'clock',
            partialArgs: [{ jsonPath: '$.zone', stringValue: 'U' }],
            willContinue: true,
          },
        },
      ]),
      response([call('clock', { zone: 'UTC' })], 'STOP'),
    ],
    {
      name: 'a call in pieces, which was not requested',
      source: 'types of @google/genai 2.32',
      expected: LOST,
    },
  ),
]

const streams = [
  streamed([response([text('Whole')], 'STOP')], {
    name: 'one event holds it all',
    expected: { text: 'Whole', finish: 'stop', usage: { inputTokens: 9, outputTokens: 4 } },
  }),
  streamed([response([text('Ha')], 'STOP'), response([text('lf')], 'STOP')], {
    name: 'a finish reason with every event',
    source: 'Gemini 1.5',
    expected: { text: 'Half', finish: 'stop' },
  }),
  streamed([response([text('Ha')], 'FINISH_REASON_UNSPECIFIED'), response([text('lf')], 'STOP')], {
    name: 'a finish reason that says nothing',
    expected: { text: 'Half', finish: 'stop' },
  }),
  streamed([response([text('Half')]), response([text('')], undefined)], {
    name: 'no finish reason at all',
    expected: LOST,
  }),
  streamed(
    [
      response([text('Half')]),
      '{\n  "error": {"code": 503, "message": "high demand", "status": "UNAVAILABLE"}\n}\n',
    ],
    {
      name: 'an error without framing behind its events',
      source: 'theopenco/llmgateway#3616',
      expected: { failure: 'overloaded' },
    },
  ),
  streamed(
    [response([text('Half')]), { error: { code: 503, message: 'high demand', status: 'UNAVAILABLE' } }],
    {
      name: 'an error among its events',
      source: 'diegosouzapw/OmniRoute#4182',
      expected: { failure: 'overloaded' },
    },
  ),
  streamed(
    [
      response([text('')], undefined, { usageMetadata: { promptTokenCount: 9 } }),
      response([text('Whole')], undefined, {
        usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 3, thoughtsTokenCount: 20 },
      }),
      response([], 'STOP', {
        usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 4, thoughtsTokenCount: 20 },
      }),
    ],
    {
      name: 'counts that grow, and an event without parts',
      source: 'ankit373/hydra#858',
      expected: { text: 'Whole', usage: { inputTokens: 9, outputTokens: 24 } },
    },
  ),
  streamed(
    [
      response([text('Whole')]),
      response([text('')], 'STOP', { usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 } }),
    ],
    {
      name: 'a last count that has nothing of what was said',
      source: 'ankit373/hydra#858',
      expected: { text: 'Whole', usage: { inputTokens: 9, outputTokens: 4 } },
    },
  ),
  streamed([JSON.stringify([response([text('Ha')]), response([text('lf')], 'STOP')], null, 2)], {
    name: 'a list: alt=sse was lost on the way',
    expected: { text: 'Half', finish: 'stop' },
  }),
  streamed([response([text('Half')], 'STOP'), 'data: [DONE]\n\n'], {
    name: "a proxy's end marker",
    expected: { text: 'Half', finish: 'stop' },
  }),
  streamed([response([text('Half')]), { candidates: 'none' }, response([text('')], 'STOP')], {
    name: 'an event of another shape',
    expected: LOST,
  }),
  streamed([response([text('Half')]), response([{ text: 7 }]), response([text('')], 'STOP')], {
    name: 'words of another type',
    expected: LOST,
  }),
  streamed(
    [
      {
        ...response([text('Mine')], 'STOP'),
        candidates: [
          { index: 0, content: { parts: [text('Mine')] }, finishReason: 'STOP' },
          { index: 1, content: { parts: [text('Other')] }, finishReason: 'STOP' },
        ],
      },
    ],
    { name: 'of several candidates the first', expected: { text: 'Mine' } },
  ),
]

const others = [
  ...both(
    response([text('Hidden', { thought: true }), text('Said'), { executableCode: { code: '1' } }], 'STOP'),
    {
      name: 'thoughts and the code that Google runs are no part of the text',
      expected: { text: 'Said', finish: 'stop' },
    },
  ),
  ...both(response([text('See: '), { inlineData: { mimeType: 'image/png', data: 'AAAA' } }], 'STOP'), {
    name: 'an image in the answer',
    expected: { failure: 'unsupported' },
  }),
  whole(response([text('Half')]), { name: 'a whole body without a finish reason', expected: LOST }),
  whole([response([text('Half')], 'STOP')], { name: 'a list of one', expected: LOST }),
  whole([{ error: { code: 429, message: 'slow', status: 'RESOURCE_EXHAUSTED' } }], {
    name: 'an error in a list, in a 200',
    expected: { failure: 'rate_limited' },
  }),
]

export const GEMINI_ANSWERS: readonly AnswerCase[] = [
  ...reasons,
  ...nothingSaid,
  ...calls,
  ...streams,
  ...others,
]
