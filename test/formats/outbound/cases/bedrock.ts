/** What AWS Bedrock sends. Its frames are events here; their bytes are tested by themselves (`bedrock/frames.test.ts`). */
import type { FailureClass } from '../../../../src/domain/failures/failure'
import { type AnswerCase, frame } from './types'

const TYPES = '@aws-sdk/client-bedrock-runtime 3.1164'

type Event = [name: string, payload: unknown]

const stream = (...events: Event[]): string =>
  events.map(([name, payload]) => frame({ [name]: payload }, name)).join('')

const start: Event = ['messageStart', { role: 'assistant' }]
const delta = (fields: object, contentBlockIndex = 0): Event => [
  'contentBlockDelta',
  { contentBlockIndex, delta: fields },
]
const begin = (toolUse: object, contentBlockIndex = 0): Event => [
  'contentBlockStart',
  { contentBlockIndex, start: { toolUse } },
]
const stop: Event = ['contentBlockStop', { contentBlockIndex: 0 }]
const ended = (stopReason = 'end_turn'): Event => ['messageStop', { stopReason }]
const usage = { inputTokens: 9, outputTokens: 4, totalTokens: 13 }
const metadata: Event = ['metadata', { usage, metrics: { latencyMs: 7 } }]

const CUT = { failure: 'bad_response' } as const
type Expected = AnswerCase['expected']

const streamed = (name: string, source: string, body: string, expected: Expected): AnswerCase => ({
  name,
  source,
  api: 'bedrock',
  stream: true,
  body,
  expected,
})
const whole = (name: string, source: string, body: unknown, expected: Expected): AnswerCase => ({
  name,
  source,
  api: 'bedrock',
  stream: false,
  body: JSON.stringify(body),
  expected,
})
const answer = (content: unknown, stopReason: unknown = 'end_turn', more: object = {}): object => ({
  output: { message: { role: 'assistant', content } },
  stopReason,
  usage,
  metrics: { latencyMs: 7 },
  ...more,
})

const ENDS: AnswerCase[] = [
  streamed(
    'without messageStop it is cut',
    'decision 0019',
    stream(start, delta({ text: 'Yes.' }), stop),
    CUT,
  ),
  streamed(
    'without messageStop it is cut, although the usage has come',
    'decision 0019',
    stream(start, delta({ text: 'Yes.' }), stop, metadata),
    CUT,
  ),
  streamed(
    'it is whole by messageStop alone',
    'decision 0019',
    stream(start, delta({ text: 'Yes.' }), stop, ended()),
    { text: 'Yes.', finish: 'stop' },
  ),
  streamed(
    'a messageStop without its reason is an end marker',
    'invented',
    stream(start, delta({ text: 'Yes' }), ['messageStop', {}]),
    { text: 'Yes', finish: 'other' },
  ),
  streamed(
    'a second beginning behind words cuts the answer, although its end is fine',
    'invented: a proxy that calls again',
    stream(start, delta({ text: 'Yes. ' }), start, delta({ text: 'Yes.' }), ended(), metadata),
    CUT,
  ),
  streamed(
    'a whole body where a stream was requested',
    'invented',
    JSON.stringify(answer([{ text: 'Yes.' }])),
    { text: 'Yes.', finish: 'stop', usage: { inputTokens: 9, outputTokens: 4 } },
  ),
  streamed(
    'events yet to come, and padding, carry nothing',
    'aws/aws-sdk-js-v3 (the field p of each event)',
    stream(start, ['contentBlockMark', { p: 'abc' }], delta({ text: 'Yes.' }), ended(), metadata),
    { text: 'Yes.', finish: 'stop' },
  ),
]

/** Every stop reason of the types; the words of a guardrail are an answer. */
const REASONS: readonly [string, Expected, Expected][] = [
  ['end_turn', { text: 'Hm.', finish: 'stop' }, CUT],
  ['stop_sequence', { text: 'Hm.', finish: 'stop' }, CUT],
  ['tool_use', CUT, CUT],
  ['max_tokens', { text: 'Hm.', finish: 'length' }, { text: '', finish: 'length' }],
  ['model_context_window_exceeded', { text: 'Hm.', finish: 'length' }, { text: '', finish: 'length' }],
  ['guardrail_intervened', { text: 'Hm.', finish: 'content_filter' }, { failure: 'content_refused' }],
  ['content_filtered', { text: 'Hm.', finish: 'content_filter' }, { failure: 'content_refused' }],
  ['malformed_model_output', CUT, CUT],
  ['malformed_tool_use', CUT, CUT],
  ['a_reason_yet_to_come', CUT, CUT],
]

const STOPS: AnswerCase[] = REASONS.flatMap(([reason, withText, empty]) => [
  whole(
    `stop reason ${reason} behind text`,
    `${TYPES} (StopReason)`,
    answer([{ text: 'Hm.' }], reason),
    withText,
  ),
  whole(`stop reason ${reason} behind nothing`, `${TYPES} (StopReason)`, answer([], reason), empty),
  streamed(
    `stop reason ${reason} behind text`,
    `${TYPES} (StopReason)`,
    stream(start, delta({ text: 'Hm.' }), stop, ended(reason), metadata),
    withText,
  ),
  streamed(
    `stop reason ${reason} behind nothing`,
    `${TYPES} (StopReason)`,
    stream(start, ended(reason), metadata),
    empty,
  ),
])

const BLOCKS: AnswerCase[] = [
  streamed(
    'calls are put together by their blocks, however their pieces are mixed',
    `${TYPES} (ContentBlockStartEvent)`,
    stream(
      start,
      delta({ text: 'Look.' }),
      begin({ toolUseId: 'a', name: 'clock' }, 1),
      begin({ toolUseId: 'b', name: 'clock2' }, 2),
      delta({ toolUse: { input: '{"x":' } }, 2),
      delta({ toolUse: { input: '{"y":2}' } }, 1),
      delta({ toolUse: { input: '1}' } }, 2),
      ended('tool_use'),
      metadata,
    ),
    {
      text: 'Look.',
      calls: [
        ['clock', { y: 2 }],
        ['clock2', { x: 1 }],
      ],
      finish: 'tool_calls',
    },
  ),
  streamed(
    'arguments of a block whose beginning was lost cut the answer',
    'invented',
    stream(start, delta({ toolUse: { input: '{}' } }, 3), ended('tool_use')),
    CUT,
  ),
  streamed(
    'arguments without their words cut the answer',
    'invented',
    stream(start, begin({ toolUseId: 'a', name: 'clock' }), delta({ toolUse: {} }), ended('tool_use')),
    CUT,
  ),
  streamed(
    'a block that begins twice cuts the answer',
    'invented',
    stream(
      start,
      begin({ toolUseId: 'a', name: 'f' }),
      begin({ toolUseId: 'b', name: 'g' }),
      ended('tool_use'),
    ),
    CUT,
  ),
  streamed(
    'a call that the limit has cut is left out',
    TYPES,
    stream(
      start,
      delta({ text: 'Look.' }),
      begin({ toolUseId: 'a', name: 'clock' }, 1),
      delta({ toolUse: { input: '{"x":' } }, 1),
      ended('max_tokens'),
    ),
    { text: 'Look.', calls: [], finish: 'length' },
  ),
  streamed(
    'tools that the provider runs itself are no calls of the answer',
    `${TYPES} (ToolUseType)`,
    stream(
      start,
      begin({ toolUseId: 's', name: 'web_search', type: 'server_tool_use' }),
      delta({ toolUse: { input: '{"query":"q"}' } }),
      ['contentBlockStart', { contentBlockIndex: 1, start: { toolResult: { toolUseId: 's' } } }],
      delta({ toolResult: [{ text: 'found' }] }, 1),
      delta({ text: 'Yes.' }, 2),
      ended(),
      metadata,
    ),
    { text: 'Yes.', calls: [], finish: 'stop' },
  ),
  streamed(
    'thoughts, their signatures and hidden ones are no part of the answer',
    `${TYPES} (ReasoningContentBlockDelta)`,
    stream(
      start,
      delta({ reasoningContent: { text: 'Hm.' } }),
      delta({ reasoningContent: { signature: 'EqQB' } }),
      delta({ reasoningContent: { redactedContent: 'AAAA' } }, 1),
      delta({ text: 'Yes.' }, 2),
      ended(),
      metadata,
    ),
    { text: 'Yes.', finish: 'stop' },
  ),
  whole(
    'blocks of thoughts, citations and of types not known',
    `${TYPES} (ContentBlock)`,
    answer([
      { reasoningContent: { redactedContent: 'AAAA' } },
      { citationsContent: { content: [{ text: 'Yes' }, { text: '.' }], citations: [{ title: 't' }] } },
      { image: { format: 'png', source: { bytes: 'AAAA' } } },
    ]),
    { text: 'Yes.', finish: 'stop' },
  ),
  whole(
    'a call without arguments, whole',
    TYPES,
    answer([{ toolUse: { toolUseId: 'a', name: 'clock' } }], 'tool_use'),
    { calls: [['clock', {}]], finish: 'tool_calls' },
  ),
]

const WRONG: AnswerCase[] = [
  ...(
    [
      ['content that is a text', answer('Yes.')],
      ['content that is null', answer(null)],
      ['a text that is a number', answer([{ text: 7 }])],
      ['a reason that is a number', answer([{ text: 'Yes.' }], 7)],
      ['no message', { output: {}, stopReason: 'end_turn', usage }],
      [
        'AWS’s answer to an unknown operation',
        { Output: { __type: 'com.amazon.coral.service#UnknownOperationException' }, Version: '1.0' },
      ],
    ] as const
  ).map(([name, body]) => whole(name, 'invented', body, CUT)),
  ...(
    [
      ['a delta without its block', ['contentBlockDelta', { delta: { text: 'x' } }]],
      ['a delta that is a text', ['contentBlockDelta', { contentBlockIndex: 0, delta: 'x' }]],
      ['a text that is a number', delta({ text: 7 })],
      ['an event that is a text', ['contentBlockMark', 'x']],
      ['a place below zero', delta({ text: 'x' }, -1)],
      ['a reason that is an object', ['messageStop', { stopReason: {} }]],
    ] as [string, Event][]
  ).map(([name, event]) =>
    streamed(name, 'invented', stream(start, delta({ text: 'Yes' }), event, ended(), metadata), CUT),
  ),
  whole(
    'a usage of wrong types is none',
    'invented',
    answer([{ text: 'Yes.' }], 'end_turn', { usage: { inputTokens: 'x' } }),
    {
      text: 'Yes.',
      finish: 'stop',
    },
  ),
]

/** Every exception of the stream (its union's types), and those that a proxy may put there. */
const EXCEPTIONS: { readonly [name: string]: FailureClass } = {
  internalServerException: 'server_error',
  modelStreamErrorException: 'server_error',
  serviceUnavailableException: 'overloaded',
  throttlingException: 'rate_limited',
  validationException: 'invalid_request',
  accessDeniedException: 'forbidden',
  modelNotReadyException: 'overloaded',
  expiredTokenException: 'unauthorized',
  serviceQuotaExceededException: 'quota_exhausted',
  resourceNotFoundException: 'model_not_found',
  anExceptionYetToComeException: 'server_error',
}

const FAILED: AnswerCase[] = Object.entries(EXCEPTIONS).map(([name, failure]) =>
  streamed(
    `${name} in the stream`,
    `${TYPES} (ConverseStreamOutput)`,
    stream(start, delta({ text: 'Ye' }), [name, { message: 'It did not work.' }]),
    { failure },
  ),
)

const LATE: AnswerCase[] = [
  streamed(
    'an exception behind the end changes nothing',
    'OUTBOUND-SSE-4',
    stream(start, delta({ text: 'Yes.' }), stop, ended(), ['internalServerException', { message: 'late' }]),
    { text: 'Yes.', finish: 'stop' },
  ),
  streamed(
    'a prompt that is too long is said in the stream as well',
    'langchain-ai/langchain-aws#419',
    stream(start, [
      'validationException',
      { message: 'The model returned the following errors: Input is too long for requested model.' },
    ]),
    { failure: 'context_too_long' },
  ),
]

export const BEDROCK: AnswerCase[] = [...ENDS, ...STOPS, ...BLOCKS, ...WRONG, ...FAILED, ...LATE]
