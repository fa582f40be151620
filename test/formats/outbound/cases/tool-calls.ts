/** Tool calls, whole and in pieces: as servers number, name and cut them. */
import { type AnswerCase, chat, chunk, DONE, sse, typed } from './types'

const BOTH: [string, object][] = [
  ['weather', { city: 'Bergen' }],
  ['weather', { city: 'Turin' }],
]
const ONE = BOTH.slice(0, 1)

/** A piece of a call. */
const piece = (
  args: string | object | null | undefined,
  more: { id?: string; index?: number; name?: string } = {},
) => {
  const { name, ...rest } = more
  return {
    type: 'function',
    ...rest,
    function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) },
  }
}
const weather = (city: string, more: { id?: string; index?: number } = {}) =>
  piece(`{"city":"${city}"}`, { name: 'weather', ...more })
const calls = (...deltas: object[][]): string =>
  sse(...deltas.map((tool_calls) => chunk({ tool_calls })), chunk({}, 'tool_calls'), DONE)

const streamed = (
  name: string,
  source: string,
  body: string,
  expected: AnswerCase['expected'],
): AnswerCase => ({ name, source, body, stream: true, expected })

/** A tool without parameters, in both forms. */
const bare = (name: string, source: string, args: string | object | null | undefined): AnswerCase[] => {
  const call = piece(args, { id: 'c1', index: 0, name: 'clock' })
  const expected = { calls: [['clock', {}]] as [string, object][], finish: 'tool_calls' }
  return [
    streamed(`${name}, streamed`, source, calls([call]), expected),
    {
      name: `${name}, whole`,
      source,
      stream: false,
      body: JSON.stringify(chat({ content: null, tool_calls: [call] }, 'tool_calls')),
      expected,
    },
  ]
}

export const TOOL_CALLS: readonly AnswerCase[] = [
  streamed(
    'no index, an id each',
    'ollama/ollama#7881; open-webui#27190',
    calls([weather('Bergen', { id: 'a' })], [weather('Turin', { id: 'b' })]),
    { calls: BOTH },
  ),
  streamed('no index and no id', 'older Ollama', calls([weather('Bergen')], [weather('Turin')]), {
    calls: BOTH,
  }),
  streamed(
    'index 0 for all, an id each',
    'Gemini behind a proxy',
    calls([weather('Bergen', { index: 0, id: 'a' })], [weather('Turin', { index: 0, id: 'b' })]),
    { calls: BOTH },
  ),
  streamed(
    'index 0 for all, no id',
    'a llama.cpp fork',
    calls([weather('Bergen', { index: 0 })], [weather('Turin', { index: 0 })]),
    { calls: BOTH },
  ),
  streamed(
    'index 0 for all, one id for all',
    'a proxy that makes up ids',
    calls(
      [weather('Bergen', { index: 0, id: 'a' })],
      [piece('{"city":"Turin"}', { index: 1, id: 'b', name: 'weather' })],
    ),
    { calls: BOTH },
  ),
  streamed(
    'several in one delta, without index',
    'Mistral',
    calls([weather('Bergen', { id: 'a' }), weather('Turin', { id: 'b' })]),
    { calls: BOTH },
  ),
  streamed(
    'several in one delta, without index and id',
    'a TGI fork',
    calls([weather('Bergen'), weather('Turin')]),
    { calls: BOTH },
  ),
  streamed(
    'two calls whose pieces alternate',
    'vLLM',
    calls(
      [piece('', { index: 0, id: 'a', name: 'weather' })],
      [piece('', { index: 1, id: 'b', name: 'weather' })],
      [piece('{"city":"Ber', { index: 0 })],
      [piece('{"city":"Tu', { index: 1 })],
      [piece('gen"}', { index: 0 })],
      [piece('rin"}', { index: 1 })],
    ),
    { calls: BOTH },
  ),
  streamed(
    'the name after the arguments have begun',
    'vercel/ai#14722; anomalyco/opencode#24137',
    calls([piece('{"city":', { index: 0, id: 'c1' })], [piece('"Bergen"}', { index: 0, name: 'weather' })]),
    { calls: ONE },
  ),
  streamed(
    'the id after the name',
    'pipecat-ai/pipecat#4987',
    calls([piece('', { index: 0, name: 'weather' })], [piece('{"city":"Bergen"}', { index: 0, id: 'c1' })]),
    { calls: ONE },
  ),
  streamed(
    'an empty id and an empty name with the rest',
    'spring-projects/spring-ai#6369',
    calls(
      [piece('{"city":', { index: 0, id: 'c1', name: 'weather' })],
      [piece('"Bergen"}', { index: 0, id: '', name: '' })],
    ),
    { calls: ONE },
  ),
  streamed(
    'the first index is 1',
    'pipecat-ai/pipecat#4987',
    calls([piece('', { index: 1, id: 'c1', name: 'weather' })], [piece('{"city":"Bergen"}', { index: 1 })]),
    { calls: ONE },
  ),
  streamed(
    'name and id with every piece',
    'a SGLang fork',
    calls(
      [piece('{"city":', { index: 0, id: 'c1', name: 'weather' })],
      [piece('"Bergen"}', { index: 0, id: 'c1', name: 'weather' })],
    ),
    { calls: ONE },
  ),
  streamed(
    'the name in two pieces',
    "OpenAI's client joins them",
    calls(
      [piece('', { index: 0, id: 'c1', name: 'wea' })],
      [piece('{"city":"Bergen"}', { index: 0, name: 'ther' })],
    ),
    { calls: ONE },
  ),
  streamed(
    'the whole arguments once more at the end',
    'Groq behind a proxy',
    calls([weather('Bergen', { index: 0, id: 'c1' })], [piece('{"city":"Bergen"}', { index: 0 })]),
    { calls: ONE },
  ),
  streamed(
    'arguments as an object',
    'Ollama',
    calls([piece({ city: 'Bergen' }, { index: 0, id: 'c1', name: 'weather' })]),
    { calls: ONE },
  ),
  streamed(
    'arguments that are encoded twice',
    'a proxy that quotes once more',
    calls([piece(JSON.stringify('{"city":"Bergen"}'), { index: 0, id: 'c1', name: 'weather' })]),
    { calls: ONE },
  ),
  streamed(
    'calls that end with stop',
    'googleapis/python-genai#2868',
    sse(chunk({ tool_calls: [weather('Bergen', { index: 0, id: 'c1' })] }), chunk({}, 'stop'), DONE),
    { calls: ONE, finish: 'tool_calls' },
  ),
  streamed(
    'calls that end with the end marker alone',
    'a cut chunk of usage',
    sse(chunk({ tool_calls: [weather('Bergen', { index: 0, id: 'c1' })] }), DONE),
    { calls: ONE, finish: 'tool_calls' },
  ),
  streamed(
    'one function in the older way',
    "OpenAI's API before tools",
    sse(
      chunk({ function_call: { name: 'weather', arguments: '{"city":' } }),
      chunk({ function_call: { arguments: '"Bergen"}' } }),
      chunk({}, 'function_call'),
      DONE,
    ),
    { calls: ONE, finish: 'tool_calls' },
  ),
  streamed(
    'cut by the token limit',
    'NousResearch/hermes-agent#93156, #110126',
    sse(
      chunk({ content: 'I look.' }),
      chunk({ tool_calls: [piece('{"city":"Be', { index: 0, id: 'c1', name: 'weather' })] }),
      chunk({}, 'length'),
      DONE,
    ),
    { text: 'I look.', calls: [], finish: 'length' },
  ),
  streamed(
    'without a name to the end',
    'a lost first chunk',
    calls([piece('{"city":"Bergen"}', { index: 0, id: 'c1' })]),
    { failure: 'bad_response' },
  ),
  streamed(
    'arguments that end too early',
    'a lost chunk',
    calls([piece('{"city":"Be', { index: 0, id: 'c1', name: 'weather' })]),
    { failure: 'bad_response' },
  ),
  streamed(
    'an empty object, then the pieces',
    'unslothai/unsloth#10275',
    calls(
      [piece('{}', { index: 0, id: 'c1', name: 'weather' })],
      [piece('{"city":', { index: 0 })],
      [piece('"Bergen"}', { index: 0 })],
    ),
    { calls: ONE },
  ),
  streamed(
    'an empty object, then the whole one under the same id',
    'unslothai/unsloth#10275',
    calls(
      [piece({}, { index: 0, id: 'c1', name: 'weather' })],
      [piece({ city: 'Bergen' }, { index: 0, id: 'c1' })],
    ),
    { calls: ONE },
  ),
  streamed(
    'another id with every piece',
    'a proxy that makes up ids',
    calls(
      [piece('{"city":', { index: 0, id: 'r1', name: 'weather' })],
      [piece('"Bergen"}', { index: 0, id: 'r2' })],
    ),
    { calls: ONE },
  ),
  streamed(
    'an empty piece of a call that never comes',
    'a server that counts one too many',
    calls([weather('Bergen', { index: 0, id: 'c1' })], [{ index: 1, function: { arguments: '' } }]),
    { calls: ONE },
  ),
  streamed(
    'parameters in place of arguments',
    "Llama's own format",
    calls([{ index: 0, id: 'c1', function: { name: 'weather', parameters: { city: 'Bergen' } } }]),
    { calls: ONE },
  ),
  streamed(
    'an id that is a number, an index that is text',
    'a server in PHP',
    calls([{ index: '0', id: 7, function: { name: 'weather', arguments: '{"city":"Bergen"}' } }]),
    { calls: ONE },
  ),
  {
    name: 'Anthropic: the whole input with the start, and in pieces again',
    source: 'servers that copy its API',
    api: 'anthropic-messages',
    stream: true,
    body: typed(
      { type: 'message_start', message: { id: 'm', model: 'm' } },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 't', name: 'weather', input: { city: 'Bergen' } },
      },
      {
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'input_json_delta', partial_json: '{"city":"Bergen"}' },
      },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
      { type: 'message_stop' },
    ),
    expected: { calls: ONE },
  },
  ...bare('arguments that are the text null', '1jehuang/jcode#225; TensorRT-LLM#17575', 'null'),
  ...bare('arguments that are empty', 'Anthropic behind a proxy', ''),
  ...bare('no arguments', 'Ollama', undefined),
  ...bare('arguments that are null', 'LM Studio', null),
  ...bare('arguments that are an empty list', 'a server in PHP', '[]'),
]
