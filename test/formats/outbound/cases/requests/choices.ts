/** Tools and the choice among them, in the words of several APIs. */
import { ask, type RequestCase, toClaude, toOpenAi, toOther, toolsOf, use } from './types'

const mark = { type: 'ephemeral' }
const schema = { type: 'object', properties: {} }
const chosen = (tool_choice: unknown) => ({ messages: [ask], tools: toolsOf('clock', 'moon'), tool_choice })
const clock = { type: 'function', function: { name: 'clock' } }
const allowed = (mode: string, ...names: string[]) => ({
  type: 'allowed_tools',
  allowed_tools: { mode, tools: names.map((name) => ({ type: 'function', function: { name } })) },
})

const spellings: RequestCase[] = (
  [
    ['any', 'required', "Mistral's own word; langchain-mistralai"],
    [{ type: 'any' }, 'required', "control: Anthropic's shape behind an OpenAI client"],
    [{ type: 'auto' }, 'auto', "control: Anthropic's shape behind an OpenAI client"],
    [{ type: 'none' }, 'none', "control: Anthropic's shape behind an OpenAI client"],
    [{ type: 'tool', name: 'clock' }, clock, "control: Anthropic's shape behind an OpenAI client"],
    [{ type: 'function', name: 'clock' }, clock, 'the Responses API; openai-agents'],
    [{ function: { name: 'clock' } }, clock, 'control: older clients leave the type out'],
  ] as const
).map(([given, sent, source]) => ({
  ...toOther,
  name: `the tool choice ${JSON.stringify(given)}`,
  source,
  body: chosen(given),
  sent: { tool_choice: sent },
}))

const older = {
  functions: [{ name: 'clock', description: 'Shows the time.', parameters: schema }],
  messages: [
    ask,
    { role: 'assistant', content: null, function_call: { name: 'clock', arguments: '{"a":1}' } },
    { role: 'function', name: 'clock', content: '12' },
    { role: 'assistant', content: null, function_call: { name: 'clock', arguments: '' } },
    { role: 'function', name: 'clock', content: '13' },
  ],
}

export const choices: RequestCase[] = [
  ...spellings,
  {
    ...toOther,
    name: 'of allowed tools the others are not sent',
    source: 'microsoft/agent-framework#7024',
    body: chosen(allowed('auto', 'moon')),
    sent: { tools: [{ function: { name: 'moon' } }], tool_choice: 'auto' },
  },
  {
    ...toClaude,
    name: 'one of the allowed tools has to be called',
    source: 'microsoft/agent-framework#7024',
    body: chosen(allowed('required', 'clock')),
    sent: { tools: [{ name: 'clock' }], tool_choice: { type: 'any' } },
  },
  {
    ...toOther,
    name: 'allowed tools as the Responses API writes them',
    source: 'microsoft/agent-framework#7024 (variant)',
    body: chosen({ type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'clock' }] }),
    sent: { tools: [{ function: { name: 'clock' } }], tool_choice: 'required' },
  },
  {
    ...toOther,
    name: 'a tool without an object around its fields',
    source: 'the Responses API; openai-agents',
    body: { messages: [ask], tools: [{ type: 'function', name: 'clock', parameters: schema, strict: true }] },
    sent: { tools: [{ type: 'function', function: { name: 'clock', parameters: schema } }] },
  },
  ...[
    { function: { name: 'clock', parameters: schema } },
    { name: 'clock', input_schema: schema },
    { type: 'custom', name: 'clock', input_schema: schema },
  ].map(
    (tool): RequestCase => ({
      ...toOther,
      name: `the tool ${JSON.stringify(tool)}`,
      source: "control: a tool without its type, and Anthropic's shape behind an OpenAI client",
      body: { messages: [ask], tools: [tool] },
      sent: { tools: [{ type: 'function', function: { name: 'clock', parameters: schema } }] },
    }),
  ),
  {
    ...toClaude,
    name: 'marks for the prompt cache on a system part, a tool and a message reach Claude from a chat',
    source: "LiteLLM's and OpenRouter's docs; opencode",
    body: {
      messages: [
        { role: 'system', content: [{ type: 'text', text: 's', cache_control: mark }] },
        { ...ask, cache_control: mark },
      ],
      tools: [{ ...clock, cache_control: mark }],
    },
    sent: {
      system: [{ text: 's', cache_control: mark }],
      tools: [{ name: 'clock', cache_control: mark }],
      messages: [{ content: [{ text: 'Ask.', cache_control: mark }] }],
    },
  },
  {
    ...toOpenAi,
    name: 'functions are tools, one of them a call',
    source: 'Continuum-AI-Corp/OrcaRouter-Lite#131; BerriAI/litellm#4544',
    body: { ...older, messages: [ask], function_call: { name: 'clock' } },
    sent: {
      functions: null,
      function_call: null,
      tools: [{ type: 'function', function: { name: 'clock', description: 'Shows the time.' } }],
      tool_choice: clock,
      parallel_tool_calls: false,
    },
  },
  {
    ...toClaude,
    name: 'the calls of functions and their results are paired in their order',
    source: 'BerriAI/litellm#4544',
    body: older,
    sent: {
      messages: [
        ask,
        { content: [{ ...use('call'), input: { a: 1 } }] },
        { content: [{ tool_use_id: 'call', content: '12' }] },
        { content: [use('call_1')] },
        { content: [{ tool_use_id: 'call_1', content: '13' }] },
      ],
      tools: [{ name: 'clock' }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    },
  },
  {
    ...toOther,
    name: 'no functions and no choice among them are none',
    source: 'control: clients that write every field',
    body: { messages: [ask], functions: [], function_call: 'none' },
    sent: { tools: null, tool_choice: null, parallel_tool_calls: null },
  },
]
