/** Messages that say nothing, and ids of calls. */
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

export const histories: RequestCase[] = [
  {
    ...toClaude,
    name: 'an empty message of the assistant is left out, and the turns beside it become one',
    source: 'NousResearch/hermes-agent#11929; llama_index#17278',
    body: { messages: [ask, { role: 'assistant', content: '' }, { role: 'user', content: 'Again.' }] },
    sent: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Ask.' },
            { type: 'text', text: 'Again.' },
          ],
        },
      ],
    },
  },
  {
    ...toOther,
    name: 'an assistant that said null and called nothing is left out',
    source: 'aliasrobotics/cai#182',
    body: { messages: [ask, { role: 'assistant', content: null }, { role: 'user', content: 'Again.' }] },
    sent: { messages: [ask, { role: 'user', content: 'Again.' }] },
  },
  {
    ...toClaude,
    name: 'blanks between an image and a question are no block',
    source: 'tghamm/Anthropic.SDK#137',
    body: {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: ' \n' },
            { type: 'text', text: 'What is it?' },
          ],
        },
      ],
    },
    sent: { messages: [{ role: 'user', content: 'What is it?' }] },
  },
  {
    ...toClaude,
    name: 'a request in which nobody says anything is refused before the call',
    source: 'tghamm/Anthropic.SDK#137',
    body: { messages: [{ role: 'user', content: '' }] },
    unsupported: 'none of them says anything',
  },
  {
    ...toClaude,
    name: 'the words that the model is to go on with end without blanks',
    source: 'langchain-ai/langchain#35073; tailcallhq/forgecode#1872',
    body: { messages: [ask, { role: 'assistant', content: 'Title: \n' }] },
    sent: { messages: [ask, { role: 'assistant', content: 'Title:' }] },
  },
  {
    ...toClaude,
    name: "Kimi's id of a call is written in Anthropic's letters, for call and result alike",
    source: 'maximhq/bifrost#5097; langchain-ai/langchain#37756',
    body: {
      messages: [ask, calls(called('functions.clock:0')), result('functions.clock:0')],
      tools: toolsOf('clock'),
    },
    sent: {
      messages: [
        ask,
        { role: 'assistant', content: [use('functions_clock_0')] },
        { role: 'user', content: [back('functions_clock_0')] },
      ],
    },
  },
  {
    ...toClaude,
    name: 'two ids that would become the same one stay two',
    source: 'HKUDS/nanobot#4356',
    body: {
      messages: [ask, calls(called('a.b'), called('a:b')), result('a:b', 'two'), result('a.b', 'one')],
      tools: toolsOf('clock'),
    },
    sent: {
      messages: [
        ask,
        { role: 'assistant', content: [use('a_b'), use('a_b_1')] },
        { role: 'user', content: [back('a_b', 'one'), back('a_b_1', 'two')] },
      ],
    },
  },
  {
    ...toClaude,
    name: 'an id that comes again in a later turn becomes one of its own, with its result',
    source: 'NVIDIA-NeMo/Switchyard#502; anthropics/claude-code#20901',
    body: {
      messages: [
        ask,
        calls(called('call_0')),
        result('call_0', 'first'),
        calls(called('call_0')),
        result('call_0', 'second'),
      ],
      tools: toolsOf('clock'),
    },
    sent: {
      messages: [
        ask,
        { role: 'assistant', content: [use('call_0')] },
        { role: 'user', content: [back('call_0', 'first')] },
        { role: 'assistant', content: [use('call_0_1')] },
        { role: 'user', content: [back('call_0_1', 'second')] },
      ],
    },
  },
  {
    ...toClaude,
    name: 'calls without ids are paired with their results by order',
    source: 'anomalyco/opencode#1279 (callId is an empty text)',
    body: {
      messages: [ask, calls(called(''), called('')), result('', 'one'), result('', 'two')],
      tools: toolsOf('clock'),
    },
    sent: {
      messages: [
        ask,
        { role: 'assistant', content: [use('call'), use('call_1')] },
        { role: 'user', content: [back('call', 'one'), back('call_1', 'two')] },
      ],
    },
  },
  {
    ...toOther,
    model: 'mistral-large-latest',
    name: 'Mistral gets nine letters and digits for an id of OpenAI’s',
    source: 'anomalyco/opencode#1680; nearai/ironclaw#1241',
    body: {
      messages: [ask, calls(called('call_PTLP8xhu3uwZk4l3')), result('call_PTLP8xhu3uwZk4l3')],
      tools: toolsOf('clock'),
    },
    sent: {
      messages: [
        ask,
        { tool_calls: [{ id: expect.stringMatching(/^[a-zA-Z0-9]{9}$/) }] },
        { tool_call_id: expect.stringMatching(/^[a-zA-Z0-9]{9}$/) },
      ],
    },
  },
  {
    ...toOpenAi,
    name: 'OpenAI gets an id of at most 40 characters',
    source: 'camel-ai/camel#2215; Portkey-AI/gateway#1062',
    body: {
      messages: [ask, calls(called(`portkey-${'6'.repeat(36)}`)), result(`portkey-${'6'.repeat(36)}`)],
      tools: toolsOf('clock'),
    },
    sent: {
      messages: [
        ask,
        { tool_calls: [{ id: expect.stringMatching(/^.{1,40}$/) }] },
        { tool_call_id: expect.stringMatching(/^.{1,40}$/) },
      ],
    },
  },
  {
    ...toOther,
    name: 'an id that fits stays, for Kimi writes better calls with its own',
    source: "control: Moonshot's guide asks for its own ids",
    model: 'kimi-k2',
    body: {
      messages: [ask, calls(called('functions.clock:0')), result('functions.clock:0')],
      tools: toolsOf('clock'),
    },
    sent: {
      messages: [ask, { tool_calls: [{ id: 'functions.clock:0' }] }, { tool_call_id: 'functions.clock:0' }],
    },
  },
]
