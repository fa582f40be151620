/** Calls and their results. */
import {
  ask,
  back,
  called,
  calls,
  type RequestCase,
  result,
  toClaude,
  toOpenAi,
  toOther,
  toolsOf,
  use,
} from './types'

export const pairs: RequestCase[] = [
  {
    ...toClaude,
    name: 'results behind later words come right behind their calls, in the order of the calls',
    source: 'anthropics/claude-code#1237; lidge-jun/opencodex#620',
    body: {
      messages: [
        ask,
        calls(called('a'), called('b')),
        { role: 'user', content: 'Well?' },
        result('b', '2'),
        result('a', '1'),
      ],
      tools: toolsOf('clock'),
    },
    sent: {
      messages: [
        ask,
        { role: 'assistant', content: [use('a'), use('b')] },
        { role: 'user', content: [back('a', '1'), back('b', '2'), { type: 'text', text: 'Well?' }] },
      ],
    },
  },
  {
    ...toOpenAi,
    name: 'a system message between a call and its result follows them',
    source: "control: OpenAI's rule that results follow their calls",
    body: {
      messages: [ask, calls(called('a')), { role: 'system', content: 'Be brief.' }, result('a')],
      tools: toolsOf('clock'),
    },
    sent: { messages: [ask, { role: 'assistant' }, { role: 'tool' }, { role: 'system' }] },
  },
  {
    ...toClaude,
    name: 'a call without its result is refused before the call, by the name of the tool',
    source: 'OpenHands/OpenHands#7512 (a trimmed history)',
    body: {
      messages: [ask, calls(called('a')), { role: 'user', content: 'Well?' }],
      tools: toolsOf('clock'),
    },
    unsupported: 'a call of the tool clock has no result behind it',
  },
  {
    ...toClaude,
    name: 'a result without its call is refused before the call',
    source: 'continuedev/continue#4751; anthropics/claude-code#13460',
    body: { messages: [result('toolu_1'), ask], tools: toolsOf('clock') },
    unsupported: 'the tool result toolu_1 has no tool call right before it',
  },
  {
    ...toOpenAi,
    name: 'OpenAI is not called with a result without its call either',
    source: "control: OpenAI's rule that results follow their calls",
    body: { messages: [ask, result('call_1')], tools: toolsOf('clock') },
    unsupported: 'the tool result call_1 has no tool call right before it',
  },
  {
    ...toOther,
    name: 'a server that may take a result without its call decides for itself',
    source: 'control',
    body: { messages: [ask, result('call_1')], tools: toolsOf('clock') },
    sent: { messages: [ask, { role: 'tool', tool_call_id: 'call_1' }] },
  },
  {
    ...toClaude,
    name: 'a history with calls, sent without tools, names its tools and lets none be called',
    source: 'anthropics/anthropic-sdk-python#494',
    body: { messages: [ask, calls(called('a')), result('a')] },
    sent: {
      tools: [{ name: 'clock', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'none' },
    },
  },
  {
    ...toOther,
    name: 'arguments that are the text null, empty, an object or an empty list are none',
    source: '1jehuang/jcode#225; spring-projects/spring-ai (variants)',
    body: {
      messages: [
        ask,
        calls(called('a', 'null'), called('b', ''), called('c', {}), called('d', '[]'), called('e', null)),
        ...['a', 'b', 'c', 'd', 'e'].map((id) => result(id)),
      ],
      tools: toolsOf('clock'),
    },
    sent: {
      messages: [
        ask,
        { tool_calls: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, function: { arguments: '{}' } })) },
        ...['a', 'b', 'c', 'd', 'e'].map((id) => ({ tool_call_id: id })),
      ],
    },
  },
]
