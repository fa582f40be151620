/** Thoughts that come back with tool calls, and thinking beside what forbids it. */
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
  toOpenAi,
  toOther,
  toolsOf,
  use,
} from './types'

const thoughtful = (more: object = { reasoning_content: 'Hm.' }) => ({
  messages: [
    ask,
    { ...calls(called('a')), ...more },
    result('a'),
    ask,
    { ...calls(called('b')), ...more },
    result('b'),
  ],
  tools: toolsOf('clock'),
})
const history = (first: object, second: object) => ({ messages: [ask, first, {}, ask, second, {}] })
const thinks = { type: 'enabled', budget_tokens: 2_048 }
const unsigned = { type: 'thinking', thinking: 'Hm.', signature: '' }

export const thoughts: RequestCase[] = [
  ...(['deepseek-reasoner', 'kimi-k2-thinking', 'glm-4.6'] as const).flatMap((model): RequestCase[] =>
    [{ reasoning_content: 'Hm.' }, { reasoning: 'Hm.' }].map((more) => ({
      ...toOther,
      model,
      name: `${model} gets its thoughts (${Object.keys(more)}) back with the calls since the last words`,
      source: "DeepSeek's and Moonshot's guides to thinking with tools: a 400 without them",
      body: thoughtful(more),
      sent: history(expect.not.objectContaining({ reasoning_content: 'Hm.' }), { reasoning_content: 'Hm.' }),
    })),
  ),
  {
    ...toOther,
    model: 'deepseek-reasoner',
    name: 'it thinks on where the thoughts are there',
    source: "DeepSeek's guide to thinking with tools",
    body: { ...thoughtful(), thinking: { type: 'enabled' } },
    sent: { thinking: { type: 'enabled' } },
  },
  {
    ...claudeToOpenAi,
    model: 'kimi-k2-thinking',
    name: 'thoughts that our own stream delivered without a signature go back to the model that had them',
    source: "Moonshot's guide; Claude Code in front of it",
    body: {
      tools: ours,
      messages: [
        ask,
        { role: 'assistant', content: [unsigned, use('t')] },
        { role: 'user', content: [back('t')] },
      ],
    },
    sent: { messages: [ask, { reasoning_content: 'Hm.', tool_calls: [{}] }, { role: 'tool' }] },
  },
  {
    ...claudeToClaude,
    name: 'thinking gives way to a temperature, and is named',
    source: "Anthropic's rule: temperature may only be 1 while it thinks",
    body: { messages: [ask], max_tokens: 9_000, thinking: thinks, temperature: 0.5 },
    sent: { thinking: null, temperature: 0.5 },
    leftOut: ['reasoningEffort', 'thinking'],
  },
  {
    ...claudeToClaude,
    name: 'thinking gives way to a forced tool, and is named',
    source: "Anthropic's rule: no forced tool while it thinks",
    body: { messages: [ask], max_tokens: 9_000, thinking: thinks, tools: ours, tool_choice: { type: 'any' } },
    sent: { thinking: null, tool_choice: { type: 'any' } },
    leftOut: ['reasoningEffort', 'thinking'],
  },
  {
    ...claudeToClaude,
    name: 'thinking gives way to words that are to be gone on with, and is named',
    source: "Anthropic's rule: the last turn begins with a thought while it thinks",
    body: {
      messages: [ask, { role: 'assistant', content: '{' }],
      max_tokens: 9_000,
      thinking: thinks,
    },
    sent: { thinking: null },
    leftOut: ['reasoningEffort', 'thinking'],
  },
  {
    ...claudeToClaude,
    name: 'thinking gives way to a limit that leaves it no room, and is named',
    source: "Anthropic's rule: a budget of at least 1024, below max_tokens",
    body: { messages: [ask], max_tokens: 512, thinking: thinks },
    sent: { thinking: null, max_tokens: 512 },
    leftOut: ['reasoningEffort', 'thinking'],
  },
  {
    ...toOpenAi,
    name: 'other models never get thoughts',
    source: 'control: an unknown field is a 400 there',
    body: thoughtful(),
    sent: {
      messages: [
        ask,
        expect.not.objectContaining({ reasoning_content: 'Hm.' }),
        {},
        ask,
        expect.not.objectContaining({ reasoning_content: 'Hm.' }),
        {},
      ],
    },
  },
]
