/** Further answers, whole and streamed: failures in other places, framing by proxies, usage by other names, false friends. */
import { type AnswerCase, chat, chunk, DONE, frame, sse, typed } from './types'

type Expected = AnswerCase['expected']

const stop = chunk({}, 'stop')
const half = chunk({ content: 'Half' })
const COUNTED = { inputTokens: 21, outputTokens: 8 }
const HALF = { text: 'Half' }
const FAILED: Expected = { failure: 'server_error' }
const LOST: Expected = { failure: 'bad_response' }

const streamed = (
  name: string,
  source: string,
  body: string,
  expected: Expected,
  more: Partial<AnswerCase> = {},
): AnswerCase => ({
  name,
  source,
  body,
  stream: true,
  expected,
  ...more,
})
const whole = (
  name: string,
  source: string,
  body: unknown,
  expected: Expected,
  more: Partial<AnswerCase> = {},
): AnswerCase => ({
  name,
  source,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  stream: false,
  expected,
  ...more,
})
const both = (name: string, source: string, finish: object, expected: Expected): AnswerCase[] => {
  const { choices, ...more } = finish as { choices?: object }
  const choice = { index: 0, finish_reason: 'stop', ...choices }
  return [
    streamed(
      `${name}, streamed`,
      source,
      sse(half, { choices: [{ ...choice, delta: {} }], ...more }, DONE),
      expected,
    ),
    whole(
      `${name}, whole`,
      source,
      { choices: [{ ...choice, message: { content: 'Half' } }], ...more },
      expected,
    ),
  ]
}

/** A failure that stands beside a finish reason which looks fine, or in an object that is no chunk. */
const HIDDEN: AnswerCase[] = [
  ...both(
    'a native reason that means failure',
    'OleksandrChekhovskyi/hax#15 (OpenRouter)',
    { choices: { native_finish_reason: 'network_error' } },
    FAILED,
  ),
  ...both(
    'a native reason in other words',
    'OpenRouter',
    { choices: { native_finish_reason: 'end_turn' } },
    { text: 'Half', finish: 'stop' },
  ),
  ...both(
    'a native reason that nobody knows',
    'OpenRouter',
    { choices: { native_finish_reason: 'completed_by_vote' } },
    { text: 'Half', finish: 'stop' },
  ),
  ...both(
    'why the server stopped, in its own corner',
    "Groq's client: x_groq.error",
    { x_groq: { id: 'r', error: 'over capacity' } },
    { failure: 'overloaded' },
  ),
  ...both("the server's own corner without an error", 'Groq', { x_groq: { id: 'r', error: null } }, HALF),
  ...both(
    'an error in the choice, and a fine reason',
    'OpenRouter',
    { choices: { error: { code: 502, message: 'upstream reset' } } },
    FAILED,
  ),
  ...both(
    'a filter that could not run',
    "Azure's content_filter_error",
    {
      choices: {
        content_filter_results: {
          error: { code: 'content_filter_error', message: 'The contents are not filtered' },
        },
      },
    },
    HALF,
  ),
  ...both(
    'fields of success',
    'gateways that wrap',
    { code: 200, success: true, status: 'success', msg: 'ok' },
    HALF,
  ),
  ...both('an error that is false', 'gateways that wrap', { error: false }, HALF),
  ...(
    [
      [
        'Tencent',
        {
          Response: { RequestId: 'r', Error: { Code: 'InternalError', Message: 'the upstream has crashed' } },
        },
      ],
      ['Hunyuan', { ErrorMsg: { Msg: 'the upstream has crashed', Code: 2003 } }],
      ['a field by another name', { errorInfo: { reason: 'the upstream has crashed' } }],
      ['a field by another name', { upstream_error: 'the upstream has crashed' }],
      ['a failure one level down', { data: { error: { message: 'the upstream has crashed' } } }],
      [
        'Bedrock, an event of its stream',
        { internalServerException: { message: 'the upstream has crashed' } },
      ],
      [
        'Bedrock, the same',
        { modelStreamErrorException: { message: 'the upstream has crashed', originalStatusCode: 500 } },
      ],
    ] as const
  ).map(([source, error]) =>
    streamed(
      `${JSON.stringify(error).slice(0, 40)} after words, then [DONE]`,
      source,
      sse(half, error, DONE),
      FAILED,
    ),
  ),
  streamed(
    'bare words, then [DONE]',
    'a proxy that prints its exception',
    sse(half, 'data: Internal Server Error\n\n', DONE),
    LOST,
  ),
  streamed(
    '[ERROR], then [DONE]',
    'a proxy that marks its failures so',
    sse(half, 'data: [ERROR] upstream timeout\n\n', DONE),
    LOST,
  ),
  streamed(
    'an HTML page after words',
    'nginx whose backend died',
    sse(half, '<html><head><title>502 Bad Gateway</title></head>\n<body></body></html>\n\n'),
    LOST,
  ),
  streamed(
    'usage, then an error',
    'a server that counts before it fails',
    sse(
      half,
      { choices: [], usage: { prompt_tokens: 9, completion_tokens: 1 } },
      { error: { message: 'worker died', code: 500 } },
    ),
    FAILED,
  ),
  whole(
    'a flat error with a code of its own',
    'lm-sys/FastChat',
    { object: 'error', message: "This model's maximum context length is 4096 tokens.", code: 40303 },
    { failure: 'context_too_long' },
  ),
  whole(
    'choices that are null beside a wrapped error',
    'UKGovernmentBEIS/inspect_ai#1534 (OpenRouter)',
    {
      id: null,
      choices: null,
      usage: null,
      error: { message: 'Provider returned error', code: 429, metadata: { raw: 'Too Many Requests' } },
    },
    { failure: 'rate_limited' },
  ),
  whole(
    'no choices, some usage',
    'vercel/ai#20351',
    { choices: [], usage: { prompt_tokens: 3, completion_tokens: 0 } },
    LOST,
  ),
  whole(
    'a message that is null',
    'proxies in Go',
    { choices: [{ index: 0, message: null, finish_reason: 'stop' }] },
    LOST,
  ),
  whole(
    'thoughts alone',
    'reasoning models behind a proxy',
    chat({ content: '', reasoning_content: 'hm' }),
    LOST,
  ),
  whole(
    'errors of Cloudflare in a 200',
    'Workers AI behind a proxy',
    { success: false, result: null, errors: [{ code: 3040, message: 'Capacity temporarily exceeded' }] },
    { failure: 'overloaded' },
  ),
  whole(
    'a failed finish reason with usage that is null',
    'maximhq/bifrost#5425',
    chat({ content: '{"a":' }, 'error', { usage: { prompt_tokens: null, completion_tokens: null } }),
    FAILED,
  ),
  whole(
    'an error within an error',
    'gateways that pass on a text',
    { error: JSON.stringify({ error: { code: 'insufficient_quota', message: 'no more' } }) },
    { failure: 'quota_exhausted' },
  ),
]

/** Words of a failure that are the answer's own. */
const FRIENDS: AnswerCase[] = [
  ...(
    [
      '{"error":{"message":"rate limit","code":429}}',
      'data: [DONE]',
      '[DONE]',
      'error: {"code":500}',
      '<html><title>502</title></html>',
      'null',
    ] as const
  ).flatMap((text) => [
    streamed(
      `the text ${text}, streamed`,
      'an answer about errors',
      sse(chunk({ content: text }), stop, DONE),
      { text },
    ),
    whole(`the text ${text}, whole`, 'an answer about errors', chat({ content: text }), { text }),
  ]),
  whole(
    'a tool call that reports an error',
    'an agent',
    chat(
      {
        content: null,
        tool_calls: [
          {
            id: 'a',
            type: 'function',
            function: { name: 'report', arguments: '{"error":{"message":"x","code":500},"status":"failed"}' },
          },
        ],
      },
      'tool_calls',
    ),
    {
      calls: [['report', { error: { message: 'x', code: 500 }, status: 'failed' }]],
    },
  ),
  streamed(
    'an object with statistics',
    'llama.cpp: timings; proxies: their own counters',
    sse(half, { timings: { errors: 0, predicted_ms: 3 }, error_count: 0 }, stop, DONE),
    HALF,
  ),
]

const FINISH: AnswerCase[] = (
  [
    ['FinishReason.STOP', "Python's name of Gemini's word", { text: 'Half', finish: 'stop' }],
    ['FinishReason.MAX_TOKENS', "Python's name of Gemini's word", { text: 'Half', finish: 'length' }],
    ['FinishReason.OTHER', "Python's name of Gemini's word", LOST],
    ['limit', 'llama.cpp', { text: 'Half', finish: 'length' }],
    ['maximum_tokens', 'Aleph Alpha', { text: 'Half', finish: 'length' }],
    ['end_of_text', 'Aleph Alpha', { text: 'Half', finish: 'stop' }],
    ['context', 'Reka', { text: 'Half', finish: 'length' }],
    ['time_limit', 'watsonx: the server took too long', FAILED],
    ['not_finished', 'watsonx', LOST],
    ['user_stopped', 'LM Studio', LOST],
    ['modelUnloaded', 'LM Studio', LOST],
    ['failed', 'LM Studio', FAILED],
    ['rate_limit', 'a router', { failure: 'rate_limited' }],
    ['load', 'Ollama: nothing was requested', LOST],
    ['malformed_tool_use', 'Bedrock', LOST],
    ['TOO_MANY_TOOL_CALLS', 'Gemini', LOST],
  ] as const
).flatMap(([word, source, expected]) => [
  streamed(`finish reason ${word}, streamed`, source, sse(half, chunk({}, word), DONE), expected),
  whole(`finish reason ${word}, whole`, source, chat({ content: 'Half' }, word), expected),
])

const EVENTS: AnswerCase[] = [
  streamed(
    'the finish reason in camel case',
    'jakobdylanc/llmcord#84 (Gemini)',
    sse(half, { choices: [{ index: 0, delta: {}, finish_reason: null, finishReason: 'stop' }] }),
    { text: 'Half', finish: 'stop' },
  ),
  streamed(
    'data: data:',
    'proxies that frame what is framed',
    `data: data: ${JSON.stringify(half)}\n\ndata: data: ${JSON.stringify(stop)}\n\ndata: data: [DONE]\n\n`,
    HALF,
  ),
  streamed(
    'an end marker in quotes',
    'proxies that encode it as JSON',
    sse(half, stop, 'data: "[DONE]"\n\n'),
    HALF,
  ),
  streamed('an end marker in small letters', 'a plain server', sse(half, 'data: [done]\n\n'), HALF),
  streamed(
    'CRLF, ids, names and retries',
    'a proxy written in Java',
    sse(
      `id: 1\nevent: message\nretry: 3000\ndata: ${JSON.stringify(half)}\n\n`,
      `id: 2\nevent: message\ndata: ${JSON.stringify(stop)}\n\n`,
      DONE,
    ).replace(/\n/g, '\r\n'),
    HALF,
  ),
  streamed(
    'a chunk behind the end marker',
    'a proxy that flushes late',
    sse(half, stop, DONE, chunk({ content: '!' })),
    HALF,
  ),
  streamed(
    'an event: done with nothing',
    'servers that name their end',
    sse(half, stop, frame({}, 'done')),
    HALF,
  ),
  streamed(
    'lines of JSON with blank lines between',
    'application/x-ndjson',
    [half, stop].map((one) => `${JSON.stringify(one)}\n`).join('\n'),
    HALF,
  ),
  streamed(
    'a list of chunks as one body',
    "Gemini's stream without alt=sse, translated",
    JSON.stringify([half, stop]),
    HALF,
  ),
  streamed(
    'the whole message again and again, growing',
    'servers without incremental output',
    sse(
      { choices: [{ index: 0, message: { content: 'Ha' }, finish_reason: null }] },
      { choices: [{ index: 0, message: { content: 'Half' }, finish_reason: 'stop' }] },
      DONE,
    ),
    HALF,
  ),
  streamed(
    'a filter that reports late',
    'Azure, asynchronous filter',
    sse(
      half,
      stop,
      {
        choices: [
          {
            index: 0,
            finish_reason: null,
            content_filter_results: {},
            content_filter_offsets: { check_offset: 1 },
          },
        ],
      },
      DONE,
    ),
    HALF,
  ),
  whole(
    'a byte order mark before the body',
    'IIS',
    `\ufeff${JSON.stringify(chat({ content: 'Half' }))}`,
    HALF,
  ),
  whole(
    'blanks and zero bytes behind the body',
    'a proxy that pads',
    `${JSON.stringify(chat({ content: 'Half' }))}\n \n`,
    HALF,
  ),
  whole('a body in one event', 'proxies that always frame', frame(chat({ content: 'Half' })), HALF),
  streamed(
    'two answers in one stream',
    'proxies that ask again half-way',
    typed(
      { type: 'message_start', message: { id: 'm', model: 'm' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Half' } },
      { type: 'message_start', message: { id: 'n', model: 'm' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Whole' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ),
    LOST,
    { api: 'anthropic-messages' },
  ),
  streamed(
    'cut behind a whole block',
    'a reset between two blocks',
    typed(
      { type: 'message_start', message: { id: 'm', model: 'm' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Half' } },
      { type: 'content_block_stop', index: 0 },
    ),
    LOST,
    { api: 'anthropic-messages' },
  ),
  streamed(
    'Anthropic: an error that is no event of that name',
    'proxies that drop names',
    sse(
      { type: 'message_start', message: { id: 'm', model: 'm' } },
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    ),
    { failure: 'overloaded' },
    { api: 'anthropic-messages' },
  ),
  whole(
    'Anthropic: content as a text',
    'servers that copy its API',
    { type: 'message', id: 'm', model: 'm', content: 'Half', stop_reason: 'end_turn' },
    HALF,
    { api: 'anthropic-messages' },
  ),
  streamed('Anthropic: an answer of OpenAI', 'a proxy at the wrong path', sse(half, stop, DONE), LOST, {
    api: 'anthropic-messages',
  }),
  whole(
    'OpenAI: an answer of Anthropic',
    'a proxy at the wrong path',
    { type: 'message', content: [{ type: 'text', text: 'Half' }], stop_reason: 'end_turn' },
    LOST,
  ),
]

const USAGE: AnswerCase[] = [
  streamed(
    'counts as texts',
    'a server in PHP',
    sse(half, { ...stop, usage: { prompt_tokens: '21', completion_tokens: '8' } }, DONE),
    { text: 'Half', usage: COUNTED },
  ),
  streamed(
    "counts by Anthropic's names",
    'proxies that translate half',
    sse(half, stop, { choices: [], usage: { input_tokens: 21, output_tokens: 8 } }, DONE),
    { text: 'Half', usage: COUNTED },
  ),
  whole(
    "counts by Anthropic's names, whole",
    'proxies that translate half',
    chat({ content: 'Half' }, 'stop', { usage: { input_tokens: 21, output_tokens: 8 } }),
    { text: 'Half', usage: COUNTED },
  ),
  streamed(
    'counts before the words',
    'servers that count the prompt first',
    sse(
      { choices: [], usage: { prompt_tokens: 21, completion_tokens: 0 } },
      half,
      { ...stop, usage: { prompt_tokens: 21, completion_tokens: 8 } },
      DONE,
    ),
    { text: 'Half', usage: COUNTED },
  ),
  streamed(
    'counts that are null',
    'maximhq/bifrost#5425',
    sse(half, { ...stop, usage: { prompt_tokens: null, completion_tokens: null, total_tokens: 0 } }, DONE),
    HALF,
  ),
  streamed(
    'counts that are nonsense',
    'a server that guesses',
    sse(half, { ...stop, usage: { prompt_tokens: -1, completion_tokens: 2.5 } }, DONE),
    HALF,
  ),
  streamed(
    'usage that is an empty text',
    'one-api and its forks',
    sse(half, { ...stop, usage: '' }, DONE),
    HALF,
  ),
]

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
const callOf = (args: string) => [
  { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: args } },
]

const EXCESS: AnswerCase[] = [
  streamed(
    'arguments of 100,000 levels',
    'a model in a loop',
    sse(chunk({ tool_calls: callOf(deep(100_000)) }), chunk({}, 'tool_calls'), DONE),
    LOST,
  ),
  whole(
    'arguments of 100,000 levels, whole',
    'a model in a loop',
    chat({ tool_calls: callOf(deep(100_000)) }, 'tool_calls'),
    LOST,
  ),
  whole(
    'arguments of 100,000 levels as an object',
    'Ollama',
    JSON.stringify(chat({ tool_calls: callOf('X') }, 'tool_calls')).replace('"X"', deep(100_000)),
    LOST,
  ),
  whole(
    'arguments of 100,000 levels, encoded twice',
    'a proxy that quotes once more',
    chat({ tool_calls: callOf(JSON.stringify(deep(100_000))) }, 'tool_calls'),
    LOST,
  ),
  whole(
    'arguments of a million values',
    'a model in a loop',
    chat({ tool_calls: callOf(`{"a":[${'1,'.repeat(1_000_000)}1]}`) }, 'tool_calls'),
    LOST,
  ),
  whole('a body of 100,000 levels', 'a broken server', deep(100_000), LOST),
  whole('an error of 100,000 levels', 'a broken server', `{"error":${deep(100_000)}}`, LOST),
  streamed(
    'an event of 100,000 levels',
    'a broken server',
    sse(half, `data: {"error":${deep(100_000)}}\n\n`, DONE),
    LOST,
  ),
  streamed(
    'Anthropic: input of 100,000 levels',
    'a broken server',
    `event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":${deep(100_000)}}}\n\n`,
    LOST,
    { api: 'anthropic-messages' },
  ),
  whole(
    '20,000 tool calls',
    'a model in a loop',
    chat(
      {
        tool_calls: Array.from({ length: 20_000 }, (_, index) => ({
          index,
          id: `c${index}`,
          type: 'function',
          function: { name: 'f', arguments: '{}' },
        })),
      },
      'tool_calls',
    ),
    LOST,
  ),
  streamed(
    '20,000 tool calls, streamed',
    'a model in a loop',
    sse(
      ...Array.from({ length: 20_000 }, (_, index) =>
        chunk({
          tool_calls: [
            { index, id: `c${index}`, type: 'function', function: { name: 'f', arguments: '{}' } },
          ],
        }),
      ),
      chunk({}, 'tool_calls'),
      DONE,
    ),
    LOST,
  ),
  whole('arguments of 90 levels', 'an honest tree', chat({ tool_calls: callOf(deep(90)) }, 'tool_calls'), {
    calls: [['f', JSON.parse(deep(90))]],
  }),
  whole(
    'a hundred tool calls',
    'an honest agent',
    chat(
      {
        tool_calls: Array.from({ length: 100 }, (_, index) => ({
          index,
          id: `c${index}`,
          type: 'function',
          function: { name: 'f', arguments: '{}' },
        })),
      },
      'tool_calls',
    ),
    { finish: 'tool_calls' },
  ),
]

export const FURTHER_ANSWERS: readonly AnswerCase[] = [...HIDDEN, ...FRIENDS, ...FINISH, ...EVENTS, ...USAGE]
/** Of sizes that no honest answer has: each must end as a failure, soon. */
export const EXCESSIVE: readonly AnswerCase[] = EXCESS
