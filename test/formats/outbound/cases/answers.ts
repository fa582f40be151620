/** Answers, whole and streamed: finish reasons, errors inside a 200, events that can't be read, framing, usage. */
import { type AnswerCase, chat, chunk, DONE, frame, sse, typed } from './types'

const stop = chunk({}, 'stop')
const USED = { prompt_tokens: 21, completion_tokens: 8 }
const COUNTED = { inputTokens: 21, outputTokens: 8 }

/** Each word in a whole body and in a stream. */
const finishes = (word: string, source: string, expected: AnswerCase['expected']): AnswerCase[] => [
  {
    name: `finish reason ${word}, whole`,
    source,
    stream: false,
    body: JSON.stringify(chat({ content: 'Half' }, word)),
    expected,
  },
  {
    name: `finish reason ${word}, streamed`,
    source,
    stream: true,
    body: sse(chunk({ content: 'Half' }), chunk({}, word), DONE),
    expected,
  },
]

const FAILED: AnswerCase['expected'] = { failure: 'server_error' }
const UNKNOWN: AnswerCase['expected'] = { failure: 'bad_response' }

const FINISH: AnswerCase[] = [
  ...finishes('insufficient_system_resource', "DeepSeek's API reference", { failure: 'overloaded' }),
  ...finishes('network_error', 'promptfoo#9905; earendil-works/pi#1509', FAILED),
  ...finishes('abort', 'earendil-works/pi#1750', FAILED),
  ...finishes('error', 'OpenRouter', FAILED),
  ...finishes('cancelled', 'SGLang', FAILED),
  ...finishes('timeout', 'LM Studio', FAILED),
  ...finishes('unknown', 'Bedrock', FAILED),
  ...finishes('MALFORMED_FUNCTION_CALL', "Gemini's API reference", UNKNOWN),
  ...finishes('OTHER', "Gemini's API reference", UNKNOWN),
  ...finishes('repetition', 'a word that no page explains', UNKNOWN),
  ...finishes('constructor', 'a word that every object has', UNKNOWN),
  ...finishes('stop', 'OpenAI', { text: 'Half', finish: 'stop' }),
  ...finishes('STOP', 'Gemini behind a proxy', { text: 'Half', finish: 'stop' }),
  ...finishes('end_turn', 'Anthropic behind a proxy', { text: 'Half', finish: 'stop' }),
  ...finishes('COMPLETE', 'Cohere', { text: 'Half', finish: 'stop' }),
  ...finishes('eos', 'Together', { text: 'Half', finish: 'stop' }),
  ...finishes('model_length', 'laravel/ai#955; camel-ai/camel#4266', { text: 'Half', finish: 'length' }),
  ...finishes('model_context_window_exceeded', 'mozilla-ai/any-llm#1204', { text: 'Half', finish: 'length' }),
  ...finishes('max_tokens', 'Anthropic behind a proxy', { text: 'Half', finish: 'length' }),
  ...finishes('MAX_TOKENS', 'Gemini behind a proxy', { text: 'Half', finish: 'length' }),
  ...finishes('sensitive', 'mozilla-ai/any-llm#1204', { text: 'Half', finish: 'content_filter' }),
  ...finishes('SAFETY', 'Gemini behind a proxy', { text: 'Half', finish: 'content_filter' }),
  ...finishes('FINISH_REASON_MAX_TOKENS', 'Vertex behind a proxy', { text: 'Half', finish: 'length' }),
  ...finishes('REASON_STOP', "xAI's own API", { text: 'Half', finish: 'stop' }),
  ...finishes('eosFound', 'LM Studio', { text: 'Half', finish: 'stop' }),
  ...finishes('content-filter', 'a gateway over the AI SDK', { text: 'Half', finish: 'content_filter' }),
  ...finishes('ERROR_LIMIT', 'Cohere', { text: 'Half', finish: 'length' }),
  ...finishes('USER_CANCEL', 'Cohere', UNKNOWN),
  ...finishes('malformed_model_output', 'Bedrock', UNKNOWN),
  ...finishes('UNEXPECTED_TOOL_CALL', 'google-gemini-php/client#137', UNKNOWN),
  ...finishes('compaction', "Anthropic's client", UNKNOWN),
  // The calls that it announces were lost.
  ...finishes('tool_calls', 'OpenRouterTeam/ai-sdk-provider#166', UNKNOWN),
]

const whole = (
  name: string,
  source: string,
  body: string,
  expected: AnswerCase['expected'],
  more: Partial<AnswerCase> = {},
): AnswerCase => ({ name, source, body, stream: false, expected, ...more })
const streamed = (
  name: string,
  source: string,
  body: string,
  expected: AnswerCase['expected'],
  more: Partial<AnswerCase> = {},
): AnswerCase => ({ name, source, body, stream: true, expected, ...more })

const ERRORS_IN_200: AnswerCase[] = [
  streamed(
    'an error in a field of its own, then [DONE]',
    'ggml-org/llama.cpp#16109, #14566',
    `error: ${JSON.stringify({ code: 400, message: 'the request exceeds the available context size', type: 'invalid_request_error' })}\n\n${DONE}`,
    { failure: 'context_too_long' },
  ),
  streamed(
    'a flat error after some words, then [DONE]',
    'lm-sys/FastChat#1475; CLIProxyAPI#1572',
    sse(chunk({ content: 'Ha' }), { object: 'error', message: 'high traffic', code: 50001 }, DONE),
    { failure: 'overloaded' },
  ),
  streamed(
    'a flat error with a code of HTTP',
    'SGLang',
    sse(chunk({ content: 'Ha' }), { message: 'worker died', code: 500 }, DONE),
    FAILED,
  ),
  streamed(
    'an error that is text',
    'Ollama',
    sse(chunk({ content: 'Ha' }), { error: 'model runner has unexpectedly stopped' }),
    FAILED,
  ),
  streamed(
    'an event named error with plain words',
    'Perplexity behind a proxy',
    sse(chunk({ content: 'Ha' }), frame('upstream closed', 'error')),
    FAILED,
  ),
  streamed(
    'an event named error with a flat object',
    'vLLM behind a router',
    sse(chunk({ content: 'Ha' }), frame({ message: 'too many requests', type: 'rate_limit' }, 'error')),
    { failure: 'rate_limited' },
  ),
  streamed(
    'an unframed error body as an event stream',
    'FastAPI before its first event',
    JSON.stringify({ detail: 'model is overloaded' }),
    { failure: 'overloaded' },
  ),
  streamed(
    'an unframed error body in several lines',
    'nginx with a JSON error page',
    JSON.stringify({ error: { message: 'rate limit', type: 'rate_limit_error' } }, null, 2),
    { failure: 'rate_limited' },
  ),
  whole(
    'MiniMax: an empty balance in a 200',
    "MiniMax's API reference",
    JSON.stringify({ choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }),
    { failure: 'quota_exhausted' },
  ),
  whole(
    'MiniMax: status 0 beside an answer',
    "MiniMax's API reference",
    JSON.stringify(chat({ content: 'Yes' }, 'stop', { base_resp: { status_code: 0, status_msg: '' } })),
    { text: 'Yes' },
  ),
  whole(
    'Baidu: an error code in a 200',
    "Baidu's API reference",
    JSON.stringify({ error_code: 18, error_msg: 'Open api qps request limit reached' }),
    FAILED,
  ),
  whole(
    'an empty error object beside an answer',
    'one-api and its forks',
    JSON.stringify(chat({ content: 'Yes' }, 'stop', { error: {} })),
    { text: 'Yes' },
  ),
  whole(
    'an error of blank fields beside an answer',
    'one-api and its forks',
    JSON.stringify(
      chat({ content: 'Yes' }, 'stop', { error: { message: '', type: '', param: '', code: null } }),
    ),
    { text: 'Yes' },
  ),
  streamed(
    'an empty error text in every chunk',
    'one-api and its forks',
    sse(chunk({ content: 'Yes' }, null, { error: '' }), { ...stop, error: '' }, DONE),
    { text: 'Yes' },
  ),
  ...(
    [
      ['true, and a message', { error: true, message: 'the upstream has crashed' }],
      ['a title and a status', { title: 'Internal Server Error', status: 500 }],
      ['a code and a msg', { code: 500, msg: 'the upstream has crashed' }],
      ['a status alone', { choices: [], status: 502 }],
      ['an event name inside', { event: 'error', data: { text: null } }],
      ['a status word', { status: 'failed', usage: null }],
      ['a list of errors', { errors: [{ message: 'the upstream has crashed' }] }],
      ['detail beside empty choices', { choices: [], detail: 'the upstream has crashed' }],
      ['a type of its own', { type: 'server_error', message: 'the upstream has crashed' }],
      ['error_message', { error_message: 'the upstream has crashed' }],
    ] as const
  ).map(([what, error]) =>
    streamed(
      `an error after words, then [DONE]: ${what}`,
      'proxies that pass on what their backend said',
      sse(chunk({ content: 'Ha' }), error, DONE),
      FAILED,
    ),
  ),
  streamed(
    'an event named error that says nothing',
    'a proxy whose backend hung up',
    sse(chunk({ content: 'Ha' }), frame({}, 'error'), DONE),
    FAILED,
  ),
  streamed(
    'an error behind a finish reason that came with every chunk',
    'su-kaka/gcli2api#403, cut',
    sse(chunk({ content: 'Ha' }, 'stop'), { error: { message: 'upstream reset', code: 502 } }, DONE),
    FAILED,
  ),
  whole(
    'an error that says that there is none',
    'one-api and its forks',
    JSON.stringify(chat({ content: 'Yes' }, 'stop', { error: { code: '0', message: 'success' } })),
    { text: 'Yes' },
  ),
  whole(
    'an error in a list',
    'Gemini',
    JSON.stringify([{ error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }]),
    { failure: 'overloaded' },
  ),
]

const LOST: AnswerCase['expected'] = { failure: 'bad_response' }
const UNREADABLE: AnswerCase[] = [
  streamed(
    'two frames in one another',
    'zai-org/GLM-5#66; SamSaffron/term-llm#448',
    sse(
      chunk({ content: 'Take 1' }),
      `data: {"id":"chat-7","cho${frame(chunk({ content: '5 g, not 150' })).trim()}\n\n`,
      chunk({ content: ' g.' }),
      stop,
      DONE,
    ),
    LOST,
  ),
  streamed(
    'a cut event',
    'amd/gaia#3501',
    sse(chunk({ content: 'Take 1' }), 'data: {"choices":[{"index":0,"delta":{"conte\n\n', stop, DONE),
    LOST,
  ),
  streamed(
    'content of a wrong type',
    'a proxy that counts tokens',
    sse(chunk({ content: 'Take 1' }), chunk({ content: 15 }), stop, DONE),
    LOST,
  ),
  streamed(
    'a chunk of another API',
    'a proxy that mixes two backends',
    sse(chunk({ content: 'Take 1' }), { response: ' more', done: false }, stop, DONE),
    LOST,
  ),
  streamed(
    'a text where chat has a delta',
    'a proxy that mixes two backends',
    sse(
      chunk({ content: 'Take 1' }),
      { choices: [{ index: 0, text: '5 g', finish_reason: null }] },
      stop,
      DONE,
    ),
    LOST,
  ),
  streamed(
    'a delta that says its words under another name',
    'a proxy that mixes two backends',
    sse(chunk({ content: 'Take 1' }), chunk({ text: '5 g' }), stop, DONE),
    LOST,
  ),
  streamed(
    'a usage that brings words of another API',
    'a proxy that mixes two backends',
    sse(chunk({ content: 'Take 1' }), { usage: USED, output_text: '5 g' }, stop, DONE),
    LOST,
  ),
  streamed(
    'an event that is text',
    'a proxy that sends bare words',
    sse(chunk({ content: 'Take 1' }), 'data: "5 g"\n\n', stop, DONE),
    LOST,
  ),
  streamed(
    'two objects on one line',
    'a proxy without flushes',
    sse(`data: ${JSON.stringify(chunk({ content: 'Take 1' }))}${JSON.stringify(stop)}\n\n`, DONE),
    LOST,
  ),
  streamed(
    'a chunk of a chat in a plain completion',
    'a router that mixes two endpoints',
    sse(
      { choices: [{ index: 0, text: 'Take 1', finish_reason: null }] },
      chunk({ content: '5 g' }),
      { choices: [{ index: 0, text: '', finish_reason: 'stop' }] },
      DONE,
    ),
    LOST,
    { api: 'openai-completions' },
  ),
  streamed(
    'Anthropic: words under another name',
    'a proxy that translates badly',
    typed(
      { type: 'message_start', message: { id: 'm', model: 'm' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Take 1' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', content: '5 g' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ),
    LOST,
    { api: 'anthropic-messages' },
  ),
  streamed(
    'a line without framing between events',
    'a broken reverse proxy',
    sse(chunk({ content: 'Take 1' }), '"choices":[{"delta":{"content":"5"}}]}\n\n', stop, DONE),
    LOST,
  ),
  streamed(
    'no finish reason and no end marker',
    'a cut that looks clean',
    sse(chunk({ content: 'Take 1' })),
    LOST,
  ),
  streamed(
    'a finish reason with every chunk, and no end',
    'su-kaka/gcli2api#403, cut',
    sse(chunk({ content: 'one ' }, 'stop'), 'data: {"choi'),
    LOST,
  ),
  streamed(
    'null between events',
    'Kilo-Org/kilocode#3083',
    sse(chunk({ content: 'H' }), 'data: null\n\n', chunk({ content: 'i' }), stop, DONE),
    { text: 'Hi' },
  ),
  streamed(
    'after a proved end nothing counts',
    'a proxy that adds its own line',
    sse(chunk({ content: 'Hi' }), stop, 'data: bye\n\n'),
    { text: 'Hi' },
  ),
  streamed(
    'Anthropic: arguments of a block that never began',
    'a dropped event',
    typed(
      { type: 'message_start', message: { id: 'm', model: 'm', usage: { input_tokens: 3 } } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{}' } },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
      { type: 'message_stop' },
    ),
    LOST,
    { api: 'anthropic-messages' },
  ),
]

const CHUNKS: AnswerCase[] = [
  streamed(
    'a finish reason with every chunk',
    'BerriAI/litellm#2195; su-kaka/gcli2api#403',
    sse(
      chunk({ content: 'one ' }, 'stop'),
      chunk({ content: 'two ' }, 'stop'),
      chunk({ content: 'three' }, 'stop'),
      DONE,
    ),
    { text: 'one two three', finish: 'stop' },
  ),
  streamed(
    'a last chunk that is the whole message again',
    'abundantbeing/hermes-browser-extension#11',
    sse(chunk({ content: 'Well ' }), chunk({ content: 'done.' }), chat({ content: 'Well done.' }), DONE),
    { text: 'Well done.' },
  ),
  streamed(
    'a last message that goes on behind the pieces',
    'a proxy that lost its last chunk',
    sse(chunk({ content: 'Well ' }), chat({ content: 'Well done.' }), DONE),
    { text: 'Well done.' },
  ),
  streamed(
    'a last message that says something else',
    'a proxy that mixes answers',
    sse(chunk({ content: 'Well ' }), chat({ content: 'No.' }), DONE),
    LOST,
  ),
  streamed(
    'a last message that is the text without its blanks',
    'a proxy that trims',
    sse(chunk({ content: 'Well ' }), chunk({ content: 'done. ' }), chat({ content: 'Well done.' }), DONE),
    { text: 'Well done. ' },
  ),
  streamed(
    'the message so far with every delta',
    'Perplexity',
    sse(
      { choices: [{ index: 0, delta: { content: 'Well ' }, message: { content: 'Well ' } }] },
      {
        choices: [
          {
            index: 0,
            delta: { content: 'done.' },
            message: { content: 'Well done.' },
            finish_reason: 'stop',
          },
        ],
      },
    ),
    { text: 'Well done.' },
  ),
  streamed(
    'null as a text for "not yet"',
    'DashScope',
    sse(chunk({ content: 'Well ' }, 'null'), chunk({ content: 'done.' }, 'null'), stop, DONE),
    { text: 'Well done.', finish: 'stop' },
  ),
  streamed(
    'an empty finish reason',
    'ollama/ollama#4357',
    sse(chunk({ content: 'Well ' }, ''), chunk({ content: 'done.' }, ''), stop, DONE),
    { text: 'Well done.', finish: 'stop' },
  ),
  streamed(
    'an end marker without a finish reason',
    'older text-generation-webui',
    sse(chunk({ content: 'Hi' }), DONE),
    { text: 'Hi', finish: 'other' },
  ),
  streamed(
    'the choice has number 1',
    'a router that counts from 1',
    sse(
      { choices: [{ index: 1, delta: { content: 'Hi' } }] },
      { choices: [{ index: 1, delta: {}, finish_reason: 'stop' }] },
      DONE,
    ),
    { text: 'Hi' },
  ),
  streamed(
    'content in parts, thoughts among them',
    "Mistral's reasoning models",
    sse(
      chunk({
        content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }],
      }),
      chunk({ content: [{ type: 'output_text', text: 'Hi' }] }),
      stop,
      DONE,
    ),
    { text: 'Hi' },
  ),
  streamed(
    "usage in the server's own corner",
    'Groq',
    sse(chunk({ content: 'Hi' }), { ...stop, x_groq: { id: 'r', usage: USED } }, DONE),
    { text: 'Hi', usage: COUNTED },
  ),
  streamed(
    'a last chunk of a completion without a text',
    'a plain server',
    sse(
      { choices: [{ index: 0, text: 'Hi', finish_reason: null }] },
      { choices: [{ index: 0, finish_reason: 'stop' }] },
      DONE,
    ),
    { text: 'Hi' },
    { api: 'openai-completions' },
  ),
  streamed(
    'a delta that is null',
    'mozilla-ai/any-llm#657',
    sse(chunk({ content: 'Hi' }), chunk(null, 'stop'), DONE),
    { text: 'Hi' },
  ),
  streamed(
    'no tool calls, said with every chunk',
    'craft-ai-agents/craft-agents-oss#996',
    sse(chunk({ content: 'Hi', tool_calls: [] }), chunk({ tool_calls: [] }, 'stop'), DONE),
    { text: 'Hi', finish: 'stop', calls: [] },
  ),
  streamed(
    'one emoji in two deltas',
    'elizaOS/eliza#30904; elie222/rakazo#416',
    sse(
      'data: {"choices":[{"index":0,"delta":{"content":"go \\ud83d"}}]}\n\n',
      'data: {"choices":[{"index":0,"delta":{"content":"\\udea2"}}]}\n\n',
      stop,
      DONE,
    ),
    { text: 'go 🚢' },
  ),
  streamed(
    'usage beside fields of other APIs that are empty',
    'a proxy that translates between APIs',
    sse(
      chunk({ content: 'Hi' }),
      { choices: [{ index: 0, text: '' }] },
      stop,
      { usage: USED, message: '', output: [] },
      DONE,
    ),
    { text: 'Hi', usage: COUNTED },
  ),
  streamed(
    'usage in a chunk without choices',
    'open-webui forks',
    sse(chunk({ content: 'Hi' }), stop, { usage: USED }, DONE),
    { text: 'Hi', usage: COUNTED },
  ),
  streamed(
    'usage beside choices that are null',
    'Azure behind a proxy',
    sse(chunk({ content: 'Hi' }), stop, { choices: null, usage: USED }, DONE),
    { text: 'Hi', usage: COUNTED },
  ),
  streamed(
    'usage inside the choice',
    'earendil-works/pi#2017; northes/go-moonshot#17',
    sse(
      chunk({ content: 'Hi' }),
      { choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage: USED }] },
      DONE,
    ),
    { text: 'Hi', usage: COUNTED },
  ),
  streamed(
    'usage that grows with every chunk, and zeros at the end',
    'vLLM; one-api',
    sse(
      chunk({ content: 'H' }, null, { usage: { prompt_tokens: 21, completion_tokens: 1 } }),
      chunk({ content: 'i' }, 'stop', { usage: USED }),
      { choices: [], usage: { prompt_tokens: 0, completion_tokens: 0 } },
      DONE,
    ),
    { text: 'Hi', usage: COUNTED },
  ),
  streamed(
    'Anthropic: input tokens reported as 0 at the end',
    'envoyproxy/ai-gateway#1631; sgl-project/sglang#20830',
    typed(
      {
        type: 'message_start',
        message: { id: 'm', model: 'm', usage: { input_tokens: 21, output_tokens: 1 } },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { input_tokens: 0, output_tokens: 8 },
      },
      { type: 'message_stop' },
    ),
    { text: 'Hi', usage: COUNTED },
    { api: 'anthropic-messages' },
  ),
  streamed(
    'Anthropic: events yet to be invented',
    "Anthropic's versioning policy",
    typed(
      { type: 'message_start', message: { id: 'm', model: 'm' } },
      { type: 'mood', mood: 'fine' },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hi' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'sparkle', much: 3 } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ),
    { text: 'Hi' },
    { api: 'anthropic-messages' },
  ),
  whole(
    'Anthropic: nothing to add after a tool result',
    'BerriAI/litellm#40294 against tale-project/tale#3401',
    JSON.stringify({ type: 'message', id: 'm', model: 'm', content: [], stop_reason: 'end_turn' }),
    { text: '', finish: 'stop' },
    { api: 'anthropic-messages', mayBeEmpty: true },
  ),
  whole(
    'Anthropic: nothing at all',
    "Anthropic's messages, cut by a proxy",
    JSON.stringify({ type: 'message', id: 'm', model: 'm', content: [], stop_reason: 'end_turn' }),
    LOST,
    { api: 'anthropic-messages' },
  ),
  whole(
    'Anthropic: a turn that its own tools pause',
    "Anthropic's API reference",
    JSON.stringify({
      type: 'message',
      id: 'm',
      model: 'm',
      content: [{ type: 'text', text: 'Let me search' }],
      stop_reason: 'pause_turn',
    }),
    { failure: 'unsupported' },
    { api: 'anthropic-messages' },
  ),
]

const HI = JSON.stringify(chat({ content: 'Hi' }))
const FRAMING: AnswerCase[] = [
  whole(
    'an event stream that was not requested',
    'diegosouzapw/OmniRoute#6740',
    sse(chunk({ content: 'Hi' }), stop, DONE),
    { text: 'Hi' },
  ),
  whole('an end marker on the line of the body', 'a proxy without flushes', `${HI}data: [DONE]`, {
    text: 'Hi',
  }),
  whole(
    'lines of JSON, one a chunk',
    'a server of application/x-ndjson',
    [chunk({ content: 'Hi' }), stop].map((one) => JSON.stringify(one)).join('\n'),
    { text: 'Hi' },
  ),
  streamed(
    'events without blank lines between them',
    'rexxars/eventsource-parser#31',
    sse(chunk({ content: 'Hi ' }), chunk({ content: 'you' }), stop, DONE).replace(/\n\n/g, '\n'),
    { text: 'Hi you' },
  ),
  streamed(
    'Anthropic: a blank line between the name and the data',
    'earendil-works/pi#8430',
    typed(
      { type: 'message_start', message: { id: 'm', model: 'm' } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 'Hi' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
      { type: 'message_stop' },
    ).replace(/\ndata:/g, '\n\ndata:'),
    { text: 'Hi' },
    { api: 'anthropic-messages' },
  ),
  whole('a JSON body, then an end marker', 'decolua/9router#3492', `${HI}\n\n${DONE}`, { text: 'Hi' }),
  whole('blank lines before the body', 'AstrBotDevs/AstrBot#403', `\n\n\n${HI}`, { text: 'Hi' }),
  whole('comments before the body', 'OpenRouter on a slow model', `: PROCESSING\n\n: PROCESSING\n\n${HI}`, {
    text: 'Hi',
  }),
  streamed('one JSON body as an event stream', 'Wei-Shaw/sub2api#1311; decolua/9router#3301', HI, {
    text: 'Hi',
  }),
  streamed(
    'one JSON body in several lines as an event stream',
    'a pretty-printing proxy',
    JSON.stringify(chat({ content: 'Hi' }), null, 2),
    { text: 'Hi' },
  ),
  streamed(
    'chunks as lines of JSON without framing',
    'a proxy that drops `data:`',
    [chunk({ content: 'Hi' }), stop].map((one) => JSON.stringify(one)).join('\n'),
    { text: 'Hi' },
  ),
  streamed('a cut JSON body as an event stream', 'a reset in the middle', HI.slice(0, -20), LOST),
  streamed(
    'comments between events',
    'tmc/langchaingo#942',
    sse(
      ': keep-alive\n\n',
      chunk({ content: 'H' }),
      ': OPENROUTER PROCESSING\n\n',
      chunk({ content: 'i' }),
      stop,
      DONE,
    ),
    { text: 'Hi' },
  ),
  streamed(
    'an event over several lines',
    'a pretty-printing server',
    sse(
      `${JSON.stringify(chunk({ content: 'Hi' }), null, 1)
        .split('\n')
        .map((line) => `data: ${line}\n`)
        .join('')}\n`,
      stop,
      DONE,
    ),
    { text: 'Hi' },
  ),
  streamed(
    'a byte order mark, CR alone, no blank',
    'an old server',
    `\ufeff${sse(chunk({ content: 'Hi' }), stop, DONE)
      .replace(/\n/g, '\r')
      .replace(/data: /g, 'data:')}`,
    { text: 'Hi' },
  ),
]

export const ANSWERS: readonly AnswerCase[] = [
  ...FINISH,
  ...ERRORS_IN_200,
  ...UNREADABLE,
  ...CHUNKS,
  ...FRAMING,
]
