/** Arguments of calls in a history, ids and types of calls, thoughts among words. */
import {
  ask,
  back,
  called,
  calls,
  claudeToClaude,
  claudeToOpenAi,
  ours,
  type RequestCase,
  result,
  toClaude,
  toOpenAi,
  toOther,
  toolsOf,
  use,
} from './types'

const history = (args: unknown) => ({
  messages: [ask, calls(called('a', args)), result('a', 'invalid arguments')],
  tools: toolsOf('clock'),
})
const withArguments = (args: string) => ({
  messages: [ask, { tool_calls: [{ function: { arguments: args } }] }, { tool_call_id: 'a' }],
})
const used = (input: unknown) => ({
  messages: [
    ask,
    { role: 'assistant', content: [{ ...use('a'), input }] },
    { role: 'user', content: [back('a')] },
  ],
  tools: ours,
})
const sentInput = (input: object) => ({
  messages: [ask, { role: 'assistant', content: [{ ...use('a'), input }] }, { role: 'user' }],
})

const broken: RequestCase[] = (
  [
    [
      'cut by the token limit',
      '{"path":"a.ts","text":"on',
      'local-inference-lab/vllm#684; justrach/codegraff#752',
    ],
    ['with a line end in a text', '{"a":"x\ny"}', 'esengine/DeepSeek-Reasonix#3953'],
    ['with a comma at the end', '{"a":1,}', 'esengine/DeepSeek-Reasonix#3953 (variant)'],
    ['two objects in a row', '{}{"a":1}', 'control: calls that a server had put into one'],
    ['a list', '[1]', 'librefang/librefang#1476 (variant)'],
    ['a number', '7', 'librefang/librefang#1476 (variant)'],
  ] as const
).flatMap(([what, args, source]): RequestCase[] => [
  {
    ...toOther,
    name: `arguments ${what} go along as what they are, in JSON that the server can read`,
    source,
    body: history(args),
    sent: withArguments(JSON.stringify({ INVALID_JSON: args })),
  },
  {
    ...toClaude,
    name: `arguments ${what} go along to Anthropic under the name that its guide uses`,
    source,
    body: history(args),
    sent: sentInput({ INVALID_JSON: args }),
  },
])

const thought = (text: string) => ({ type: 'thinking', thinking: text, signature: `of ${text}` })
const words = (text: string) => ({ type: 'text', text })
const interleaved = [thought('one'), words('Let me look.'), thought('two'), use('t1')]

export const args: RequestCase[] = [
  ...broken,
  {
    ...toOpenAi,
    name: 'arguments that were written as a text twice are the object',
    source: 'librefang/librefang#1476',
    body: history(JSON.stringify('{"a":1}')),
    sent: withArguments('{"a":1}'),
  },
  ...(
    [
      [null, {}, 'lijunzh/koda#501'],
      ['', {}, 'lijunzh/koda#501 (variant)'],
      [undefined, {}, 'anthropics/anthropic-sdk-typescript#648'],
      ['{"a":1}', { a: 1 }, 'librefang/librefang#1476; run-llama/LlamaIndexTS#1582'],
      ['{"a":', { INVALID_JSON: '{"a":' }, 'anthropics/claude-code#6696'],
      [[1], { INVALID_JSON: '[1]' }, 'librefang/librefang#1476'],
    ] as const
  ).map(
    ([input, sent, source]): RequestCase => ({
      ...claudeToClaude,
      name: `an input of ${JSON.stringify(input)} is made an object`,
      source,
      body: used(input),
      sent: sentInput(sent),
    }),
  ),
  {
    ...claudeToClaude,
    name: 'an input that is not there is made an object',
    source: 'anthropics/anthropic-sdk-typescript#648',
    body: {
      messages: [
        ask,
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'clock' }] },
        { role: 'user', content: [back('a')] },
      ],
      tools: ours,
    },
    sent: sentInput({}),
  },
  {
    ...toOther,
    name: 'arguments that are not there are none',
    source: 'anthropics/anthropic-sdk-typescript#648 (variant)',
    body: {
      messages: [ask, calls({ id: 'a', type: 'function', function: { name: 'clock' } }), result('a')],
      tools: toolsOf('clock'),
    },
    sent: withArguments('{}'),
  },
  {
    ...toClaude,
    name: 'ids that are numbers',
    source: 'control: servers that count their calls',
    body: { messages: [ask, calls(called(7 as never)), result(7 as never)], tools: toolsOf('clock') },
    sent: {
      messages: [ask, { content: [use('7')] }, { content: [back('7')] }],
    },
  },
  ...[null, '', undefined].map(
    (type): RequestCase => ({
      ...toOther,
      name: `a call of the type ${JSON.stringify(type)} is one of a function`,
      source: 'control: deltas that were put together say the type once, or never',
      body: { messages: [ask, calls({ ...called('a'), type }), result('a')], tools: toolsOf('clock') },
      sent: { messages: [ask, { tool_calls: [{ id: 'a', type: 'function' }] }, { tool_call_id: 'a' }] },
    }),
  ),
  {
    ...claudeToClaude,
    name: 'thoughts with words between them keep their order',
    source: 'control: the beta interleaved-thinking-2025-05-14; other orders are refused as changed thoughts',
    body: {
      max_tokens: 20_000,
      thinking: { type: 'enabled', budget_tokens: 8_000 },
      tools: ours,
      messages: [ask, { role: 'assistant', content: interleaved }, { role: 'user', content: [back('t1')] }],
    },
    sent: { messages: [ask, { role: 'assistant', content: interleaved }, { role: 'user' }] },
  },
  {
    ...claudeToOpenAi,
    name: 'the words between thoughts reach another format once',
    source: 'control',
    body: {
      tools: ours,
      messages: [ask, { role: 'assistant', content: interleaved }, { role: 'user', content: [back('t1')] }],
    },
    sent: { messages: [ask, { role: 'assistant', content: 'Let me look.' }, { role: 'tool' }] },
  },
]
