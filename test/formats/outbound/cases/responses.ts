/** What servers of the Responses API send. */
import type { FailureClass } from '../../../../src/domain/failures/failure'
import { type AnswerCase, frame } from './types'

const USAGE = { input_tokens: 9, output_tokens: 4, total_tokens: 13 }

const response = (status: string, output: object[] = [], more: object = {}): object => ({
  id: 'resp_7',
  object: 'response',
  created_at: 1_790_000_000,
  model: 'm',
  status,
  error: null,
  incomplete_details: null,
  output,
  usage: USAGE,
  ...more,
})

const says = (...texts: string[]): object => ({
  id: 'msg_7',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: texts.map((text) => ({ type: 'output_text', text, annotations: [] })),
})

const calls = (call_id: string, args: string, name = 'clock'): object => ({
  id: `fc_${call_id}`,
  type: 'function_call',
  status: 'completed',
  call_id,
  name,
  arguments: args,
})

type Event = [type: string, fields: object]

/** Events with their names and their numbers. */
const stream = (...events: Event[]): string =>
  events.map(([type, fields], sequence_number) => frame({ type, ...fields, sequence_number }, type)).join('')

const created: Event = ['response.created', { response: response('in_progress', [], { usage: null }) }]
const place = { item_id: 'msg_7', output_index: 0, content_index: 0 }
const delta = (text: string, at: object = place): Event => [
  'response.output_text.delta',
  { ...at, delta: text },
]
const ended = (...output: object[]): Event => [
  'response.completed',
  { response: response('completed', output) },
]
const added = (item: object, output_index = 0): Event => [
  'response.output_item.added',
  { output_index, item: { ...item, status: 'in_progress', arguments: '' } },
]
const pieceOf = (text: string, output_index = 0): Event => [
  'response.function_call_arguments.delta',
  { item_id: 'fc', output_index, delta: text },
]

const CUT = { failure: 'bad_response' } as const

const streamed = (
  name: string,
  source: string,
  body: string,
  expected: AnswerCase['expected'],
): AnswerCase => ({
  name,
  source,
  api: 'openai-responses',
  stream: true,
  body,
  expected,
})
const whole = (name: string, source: string, body: object, expected: AnswerCase['expected']): AnswerCase => ({
  name,
  source,
  api: 'openai-responses',
  stream: false,
  body: JSON.stringify(body),
  expected,
})

const SAID: AnswerCase[] = [
  streamed(
    'SAID-1: words that come in pieces, at the end of the part, of the item and of the response are said once',
    'openai 6.49, responses.d.ts',
    stream(
      created,
      delta('Grüße '),
      delta('aus Köln'),
      ['response.output_text.done', { ...place, text: 'Grüße aus Köln' }],
      ['response.content_part.done', { ...place, part: { type: 'output_text', text: 'Grüße aus Köln' } }],
      ['response.output_item.done', { output_index: 0, item: says('Grüße aus Köln') }],
      ended(says('Grüße aus Köln')),
    ),
    { text: 'Grüße aus Köln', finish: 'stop', usage: { inputTokens: 9, outputTokens: 4 } },
  ),
  streamed(
    'SAID-1: a piece that was lost stands in the last event',
    'invented: a proxy that drops an event',
    stream(created, delta('Grüße '), ended(says('Grüße aus Köln'))),
    { text: 'Grüße aus Köln', finish: 'stop' },
  ),
  streamed(
    'SAID-1: a server without pieces sends whole items',
    'lidge-jun/opencodex#4652; BerriAI/litellm#32718',
    stream(
      ['response.created', { response: { id: 'resp_7' } }],
      ['response.output_item.done', { output_index: 0, item: says('Done.') }],
      ['response.output_item.done', { output_index: 1, item: calls('c', '{"a":1}') }],
      ['response.completed', { response: { id: 'resp_7', usage: USAGE } }],
    ),
    { text: 'Done.', calls: [['clock', { a: 1 }]], finish: 'tool_calls' },
  ),
  streamed(
    'SAID-2: a last event that says something else cuts the answer',
    'invented: two backends behind one proxy',
    stream(created, delta('Yes.'), ended(says('No.'))),
    CUT,
  ),
  streamed(
    'SAID-2: words that follow in a part behind which another one has begun cut the answer',
    'invented',
    stream(created, delta('one '), delta('two', { ...place, content_index: 1 }), delta('three'), ended()),
    CUT,
  ),
  streamed(
    'SAID-2: a copy that has more of such a part cuts it, too',
    'invented',
    stream(
      created,
      delta('one '),
      delta('two', { ...place, content_index: 1 }),
      ['response.output_text.done', { ...place, text: 'one and a half ' }],
      ended(),
    ),
    CUT,
  ),
  streamed(
    'SAID-3: a last event without output takes nothing back',
    'BerriAI/litellm#32724; open-webui/open-webui#27800',
    stream(created, delta('Yes.'), ended()),
    { text: 'Yes.', finish: 'stop' },
  ),
  streamed(
    'SAID-4: calls whose pieces are mixed are kept apart by their places',
    'openai 6.49, responses.d.ts',
    stream(
      created,
      added(calls('a', ''), 1),
      added(calls('b', '', 'clock2'), 2),
      pieceOf('{"x":', 2),
      pieceOf('{"y":2}', 1),
      pieceOf('1}', 2),
      ended(
        { id: 'rs', type: 'reasoning', summary: [] },
        calls('a', '{"y":2}'),
        calls('b', '{"x":1}', 'clock2'),
      ),
    ),
    {
      calls: [
        ['clock', { y: 2 }],
        ['clock2', { x: 1 }],
      ],
      finish: 'tool_calls',
    },
  ),
  streamed(
    'a second beginning behind words cuts the answer, although its end is fine',
    'invented: a proxy that calls again',
    stream(created, delta('Yes. '), created, delta('Yes. '), ended()),
    CUT,
  ),
  streamed(
    'a beginning that only keeps the connection alive is none',
    'diegosouzapw/OmniRoute#14330',
    frame({ type: 'response.in_progress' }) + stream(created, delta('Yes.'), ended(says('Yes.'))),
    { text: 'Yes.', finish: 'stop' },
  ),
  streamed(
    'arguments of an item whose beginning was lost cut the answer',
    'invented',
    stream(created, pieceOf('{}', 3), ended(says('x'))),
    CUT,
  ),
  streamed(
    'arguments that are written anew in the last event are the same',
    'invented: a server that writes blanks behind colons',
    stream(created, added(calls('a', '')), pieceOf('{"x":1}'), ended(calls('a', '{"x": 1}'))),
    { calls: [['clock', { x: 1 }]], finish: 'tool_calls' },
  ),
]

const ENDS: AnswerCase[] = [
  streamed('without its last event it is cut', 'decision 0019', stream(created, delta('Yes.')), CUT),
  streamed(
    'keepalive and events not known carry nothing',
    'openai/openai-node#1964; openai-php/client#732',
    stream(
      created,
      ['keepalive', {}],
      ['response.output_text.annotation.added', { ...place, annotation: {}, annotation_index: 0 }],
      ['response.web_search_call.searching', { output_index: 0, item_id: 'ws' }],
      delta('Yes.'),
      ended(says('Yes.')),
    ),
    { text: 'Yes.', finish: 'stop' },
  ),
  streamed(
    'a tool that failed at the provider is no failure of the response',
    'openai 6.49, responses.d.ts (ResponseMcpCallFailedEvent)',
    stream(
      created,
      ['response.mcp_call.failed', { output_index: 0, item_id: 'mcp' }],
      [
        'response.output_item.done',
        { output_index: 0, item: { id: 'mcp', type: 'mcp_call', status: 'failed', error: 'refused' } },
      ],
      delta('Yes.', { ...place, output_index: 1 }),
      ended({ id: 'mcp', type: 'mcp_call', status: 'failed', error: 'refused' }, says('Yes.')),
    ),
    { text: 'Yes.', finish: 'stop' },
  ),
  streamed(
    'incomplete by its limit is length',
    'openai 6.49, responses.d.ts',
    stream(created, delta('Yes'), [
      'response.incomplete',
      {
        response: response('incomplete', [says('Yes')], {
          incomplete_details: { reason: 'max_output_tokens' },
        }),
      },
    ]),
    { text: 'Yes', finish: 'length' },
  ),
  streamed(
    'a call that the limit has cut is left out',
    'openai 6.49, responses.d.ts',
    stream(created, delta('Look.'), added(calls('a', ''), 1), pieceOf('{"x":', 1), [
      'response.incomplete',
      {
        response: response('incomplete', [says('Look.'), calls('a', '{"x":')], {
          incomplete_details: { reason: 'max_output_tokens' },
        }),
      },
    ]),
    { text: 'Look.', calls: [], finish: 'length' },
  ),
  streamed(
    'incomplete without a reason that is known is cut',
    'invented',
    stream(created, delta('Yes'), [
      'response.incomplete',
      { response: response('incomplete', [says('Yes')], { incomplete_details: { reason: 'interrupted' } }) },
    ]),
    CUT,
  ),
  streamed(
    'a whole body where a stream was requested',
    'invented',
    JSON.stringify(response('completed', [says('Yes.')])),
    { text: 'Yes.', finish: 'stop' },
  ),
  whole(
    'a body that is still in progress is none',
    'openai 6.49, ResponseStatus',
    response('in_progress'),
    CUT,
  ),
  whole('a body that is queued is none', 'openai 6.49, ResponseStatus', response('queued'), CUT),
  whole('a cancelled one failed', 'openai 6.49, ResponseStatus', response('cancelled'), {
    failure: 'server_error',
  }),
  whole(
    'a refusal beside words is a content filter’s end',
    'openai 6.49, responses.d.ts',
    response('completed', [
      {
        type: 'message',
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'Well.' },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
    ]),
    { text: 'Well.', finish: 'content_filter' },
  ),
  whole(
    'items of tools that the provider runs itself are no part of the answer',
    'openai 6.49, responses.d.ts',
    response('completed', [
      { id: 'ws', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'q' } },
      says('Yes.'),
    ]),
    { text: 'Yes.', calls: [], finish: 'stop' },
  ),
  whole(
    'a message of one text',
    'invented: a server that leaves the parts out',
    response('completed', [{ type: 'message', role: 'assistant', content: 'Yes.' }]),
    { text: 'Yes.', finish: 'stop' },
  ),
]

/** Every code of a failed response (openai 6.49, ResponseError), and those of public reports. */
const CODES: { readonly [code: string]: FailureClass } = {
  server_error: 'server_error',
  rate_limit_exceeded: 'rate_limited',
  invalid_prompt: 'content_refused',
  data_residency_mismatch: 'unsupported',
  bio_policy: 'content_refused',
  cyber_policy: 'content_refused',
  vector_store_timeout: 'server_error',
  invalid_image: 'invalid_request',
  invalid_image_format: 'invalid_request',
  invalid_base64_image: 'invalid_request',
  invalid_image_url: 'invalid_request',
  image_too_large: 'invalid_request',
  image_too_small: 'invalid_request',
  image_parse_error: 'invalid_request',
  image_content_policy_violation: 'content_refused',
  invalid_image_mode: 'invalid_request',
  image_file_too_large: 'invalid_request',
  unsupported_image_media_type: 'invalid_request',
  empty_image_file: 'invalid_request',
  failed_to_download_image: 'invalid_request',
  image_file_not_found: 'invalid_request',
  server_is_overloaded: 'overloaded',
  slow_down: 'overloaded',
  insufficient_quota: 'quota_exhausted',
  context_length_exceeded: 'context_too_long',
}

const FAILED: AnswerCase[] = Object.entries(CODES).flatMap(([code, failure]) => {
  const error = { code, message: 'It did not work.' }
  const source = 'openai 6.49, ResponseError; earendil-works/pi#1458; tailcallhq/forgecode#3040'
  return [
    streamed(
      `response.failed: ${code}`,
      source,
      stream(created, delta('Ye'), [
        'response.failed',
        { response: response('failed', [], { error, usage: null }) },
      ]),
      { failure },
    ),
    streamed(`error: ${code}`, source, stream(created, ['error', { ...error, param: null }]), { failure }),
    streamed(
      `error without its name: ${code}`,
      'XiaomiMiMo/MiMo-Code#2083 (the error inside of the event)',
      stream(created) + frame({ type: 'error', error: { type: 'x_error', ...error } }),
      { failure },
    ),
    whole(`status failed: ${code}`, source, response('failed', [], { error }), { failure }),
  ]
})

export const RESPONSES: AnswerCase[] = [...SAID, ...ENDS, ...FAILED]
