/**
 * What clients send, and what of it reaches a provider: bodies as public reports tell of them, in our own data.
 * `source` names the report.
 */
import type { Api } from '../../../src/providers/wire-format'

export interface RequestCase {
  name: string
  source: string
  from: 'chat' | 'messages'
  to: Api
  model: string
  /** The API of the format's own maker. */
  native?: boolean
  headers?: { [name: string]: string }
  body: object
  /** Part of the body that is sent; `null`: the field is not there. */
  sent?: { [field: string]: unknown }
  sentHeaders?: object
  leftOut?: string[]
  /** Words of the refusal before the call. */
  unsupported?: string
}

const CLAUDE = 'claude-sonnet-4-5'
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const ask = { role: 'user', content: 'Ask.' }
const called = (id: string, args: unknown = '{}', name = 'clock') => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})
const calls = (...all: object[]) => ({ role: 'assistant', content: null, tool_calls: all })
const result = (id: string, content: unknown = 'ok') => ({ role: 'tool', tool_call_id: id, content })
const use = (id: string, name = 'clock') => ({ type: 'tool_use', id, name, input: {} })
const back = (id: string, content: unknown = 'ok') => ({ type: 'tool_result', tool_use_id: id, content })
const toolsOf = (...names: string[]) =>
  names.map((name) => ({
    type: 'function',
    function: { name, parameters: { type: 'object', properties: {} } },
  }))
const ours = [{ name: 'clock', input_schema: { type: 'object', properties: {} } }]

type Common = Pick<RequestCase, 'from' | 'to' | 'model'>
const toClaude: Common = { from: 'chat', to: 'anthropic-messages', model: CLAUDE }
const claudeToClaude: Common = { from: 'messages', to: 'anthropic-messages', model: CLAUDE }
const toOpenAi: Common = { from: 'chat', to: 'openai-chat', model: 'gpt-4.1' }
const toOther: Common = { from: 'chat', to: 'openai-chat', model: 'qwen3' }
const claudeToOpenAi: Common = { from: 'messages', to: 'openai-chat', model: 'gpt-4.1' }

const histories: RequestCase[] = [
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
    source: 'MoonshotAI/Kimi-K2 (tool call guidance)',
    model: 'kimi-k2',
    body: {
      messages: [ask, calls(called('functions.clock:0')), result('functions.clock:0')],
      tools: toolsOf('clock'),
    },
    sent: {
      messages: [ask, { tool_calls: [{ id: 'functions.clock:0' }] }, { tool_call_id: 'functions.clock:0' }],
    },
  },
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
    source: 'langchain-ai/langchain#25996 (tool messages must follow)',
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
    name: 'OpenAI is not asked with a result without its call either',
    source: 'openai/openai-python#1184 (messages with role tool must be a response)',
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
    name: 'a history with calls, asked without tools, names its tools and lets none be called',
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

const image = (url: unknown) => ({
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: url }] }],
})
const picture = (media_type: string, data: string) => ({
  messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type, data } }] }],
})
const base64 = (media_type: string, data: unknown) => ({
  messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type, data } }] }],
})

const images: RequestCase[] = [
  {
    ...toClaude,
    name: 'image/jpg is image/jpeg',
    source: 'anotherai-dev/anotherai#457; NousResearch/hermes-agent#55432',
    body: image({ url: 'data:image/jpg;base64,AAAA' }),
    sent: base64('image/jpeg', 'AAAA'),
  },
  {
    ...claudeToClaude,
    name: 'an image is told as what its bytes are',
    source: 'BerriAI/litellm#24900; home-assistant/core#167208; dust-tt/dust#26545',
    body: picture('image/jpeg', PNG),
    sent: base64('image/png', PNG),
  },
  {
    ...toClaude,
    name: 'a type that Anthropic does not read is refused before the call, by its name',
    source: 'NousResearch/hermes-agent#55432 (svg)',
    body: image({ url: 'data:image/svg+xml;base64,PHN2Zz4=' }),
    unsupported: 'images: image/svg+xml is none of',
  },
  {
    ...toOther,
    name: 'an image_url that is a text',
    source: "Mistral's own format",
    body: image(`data:image/png;base64,${PNG}`),
    sent: { messages: [{ content: [{ image_url: { url: `data:image/png;base64,${PNG}` } }] }] },
  },
  {
    ...claudeToClaude,
    name: 'base64 in lines is the same bytes',
    source: 'RFC 2045 encoders: Python’s base64.encodebytes',
    body: picture('image/png', `${PNG.slice(0, 76)}\n${PNG.slice(76)}\n`),
    sent: base64('image/png', PNG),
  },
  {
    ...claudeToOpenAi,
    name: "a tool's picture follows the results in a message of the user's",
    source: 'BerriAI/litellm#23712',
    body: {
      messages: [
        ask,
        { role: 'assistant', content: [use('t1')] },
        {
          role: 'user',
          content: [
            back('t1', [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }]),
          ],
        },
      ],
      tools: ours,
    },
    sent: {
      messages: [
        ask,
        { role: 'assistant' },
        { role: 'tool', tool_call_id: 't1' },
        { role: 'user', content: [{ type: 'text' }, { type: 'image_url' }] },
      ],
    },
  },
]

const tool = (parameters: unknown, name = 'f') => ({
  messages: [ask],
  tools: [{ type: 'function', function: { name, parameters } }],
})

const tools: RequestCase[] = [
  {
    ...toOpenAi,
    name: 'a schema without properties gets an empty list of them',
    source: 'spring-projects/spring-ai#4776; mark3labs/mcphost#90',
    body: tool({ type: 'object' }),
    sent: { tools: [{ function: { parameters: { type: 'object', properties: {} } } }] },
  },
  {
    ...toClaude,
    name: 'a schema without a type is one of an object',
    source: 'inboxapi/cli#106 (variant)',
    body: tool({ properties: { a: { type: 'string' } } }),
    sent: { tools: [{ input_schema: { type: 'object', properties: { a: { type: 'string' } } } }] },
  },
  {
    ...toOther,
    name: 'a tool without parameters at all',
    source: 'pocketpaw/pocketpaw#741',
    body: tool(undefined),
    sent: { tools: [{ function: { parameters: { type: 'object', properties: {} } } }] },
  },
  {
    ...toClaude,
    name: 'a choice at the top of a schema is refused before the call, by the name of the tool',
    source: 'anthropics/claude-code#5319; mobile-next/mobile-mcp#344',
    body: tool({ type: 'object', anyOf: [{ required: ['a'] }] }, 'run'),
    unsupported: 'tools: run has anyOf at the top of its parameters',
  },
  {
    ...toOpenAi,
    name: 'a name with a dot is refused before the call, by that name',
    source: 'openai/codex#8174; modelcontextprotocol/csharp-sdk#679',
    body: tool({ type: 'object' }, 'calendar.read'),
    unsupported: 'tools: the name calendar.read',
  },
  {
    ...toOther,
    name: 'a server that may take a name with a dot decides for itself',
    source: 'control',
    body: tool({ type: 'object' }, 'calendar.read'),
    sent: { tools: [{ function: { name: 'calendar.read' } }] },
  },
  {
    ...toClaude,
    name: 'an empty list of tools is none',
    source: 'control: LangChain and LlamaIndex send one',
    body: { messages: [ask], tools: [], tool_choice: 'auto' },
    sent: { tools: null, tool_choice: null },
  },
  {
    ...toClaude,
    name: 'one tool at a time is said in Anthropic’s words',
    source: "LangChain's bind_tools(parallel_tool_calls=False)",
    body: { messages: [ask], tools: toolsOf('clock'), parallel_tool_calls: false },
    sent: { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
  },
]

const parameters: RequestCase[] = [
  {
    ...toOpenAi,
    model: 'o3-mini',
    name: 'a model that calls one tool at a time is not told to',
    source: 'control: o1 and o3-mini refuse the field',
    body: { messages: [ask], tools: toolsOf('clock'), parallel_tool_calls: false },
    sent: { parallel_tool_calls: null },
  },
  {
    ...toOther,
    name: 'any JSON object is asked for as such',
    source: 'UKGovernmentBEIS/inspect_ai#4916; BerriAI/litellm#31466 (DeepSeek takes no json_schema)',
    body: { messages: [ask], response_format: { type: 'json_object' } },
    sent: { response_format: { type: 'json_object' } },
  },
  {
    ...toClaude,
    name: 'any JSON object is asked for by the caller’s words alone where there is no such mode',
    source: 'control: the answer is checked all the same',
    body: { messages: [ask], response_format: { type: 'json_object' } },
    sent: { output_config: null },
  },
  {
    ...toOther,
    name: 'no reasoning is asked for as such',
    source: 'livekit/agents#3966',
    body: { messages: [ask], reasoning_effort: 'none' },
    sent: { reasoning_effort: 'none' },
  },
  {
    ...toClaude,
    name: 'no reasoning asks Anthropic for none',
    source: 'livekit/agents#3966 (variant)',
    body: { messages: [ask], reasoning_effort: 'none' },
    sent: { thinking: null, output_config: null },
  },
  {
    ...toOpenAi,
    name: 'five stops are refused before the call where four are taken',
    source: "OpenAI's reference: up to 4 sequences",
    body: { messages: [ask], stop: ['a', 'b', 'c', 'd', 'e'] },
    unsupported: 'stop has more than the four that are taken',
  },
  {
    ...toClaude,
    name: 'a stop of blanks is refused before the call',
    source: 'BerriAI/litellm#3286; EleutherAI/lm-evaluation-harness#3822',
    body: { messages: [ask], stop: ['\n'] },
    unsupported: 'stop of blanks alone',
  },
  {
    ...toOther,
    name: 'labels, keys of caches and tiers are left out where the server may refuse them, and named',
    source: "LangChain's, LlamaIndex's and Codex's bodies",
    body: {
      messages: [ask],
      user: 'u',
      metadata: { a: 'b' },
      store: false,
      prompt_cache_key: 'k',
      safety_identifier: 's',
      service_tier: 'auto',
      verbosity: 'low',
      client_metadata: { session: 'x' },
    },
    sent: { user: null, metadata: null, store: null, service_tier: null },
    leftOut: [
      'user',
      'metadata',
      'store',
      'prompt_cache_key',
      'safety_identifier',
      'service_tier',
      'verbosity',
      'client_metadata',
    ],
  },
  {
    ...toOpenAi,
    native: true,
    name: 'they are passed on to OpenAI',
    source: 'control',
    body: { messages: [ask], user: 'u', store: false, service_tier: 'flex' },
    sent: { user: 'u', store: false, service_tier: 'flex' },
    leftOut: [],
  },
]

const efforts: RequestCase[] = (
  [
    ['claude-opus-4-5', 'xhigh', 'high'],
    ['claude-opus-4-5', 'max', 'high'],
    ['claude-sonnet-4-6', 'xhigh', 'high'],
    ['claude-opus-4-6', 'max', 'max'],
    ['claude-opus-4-7', 'xhigh', 'xhigh'],
    ['claude-opus-4-6', 'minimal', 'low'],
  ] as const
).map(([model, effort, sent]) => ({
  ...toClaude,
  model,
  name: `${model} is asked for ${sent} where ${effort} was meant`,
  source: 'checkmarble/llmberjack#14 (the levels of each model)',
  body: { messages: [ask], reasoning_effort: effort },
  sent: { output_config: { effort: sent } },
}))

const marked = (text: string, more: object = {}) => ({
  type: 'text',
  text,
  cache_control: { type: 'ephemeral', ...more },
})
const code = {
  max_tokens: 32_000,
  system: [marked('You are Claude Code.'), marked('More.', { ttl: '1h' })],
  metadata: { user_id: 'u' },
  thinking: { type: 'adaptive' },
  output_config: { effort: 'high' },
  context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
  tools: [
    {
      name: 'Read',
      input_schema: {
        type: 'object',
        properties: { path: { type: 'string' } },
        $schema: 'http://json-schema.org/draft-07/schema#',
      },
      eager_input_streaming: true,
      cache_control: { type: 'ephemeral' },
    },
  ],
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }, marked('there')] }],
}
const thought = { type: 'thinking', thinking: 'hm', signature: 'sig' }
const afterTool = (...thoughts: object[]) => ({
  max_tokens: 20_000,
  thinking: { type: 'enabled', budget_tokens: 8_000 },
  tools: ours,
  messages: [
    ask,
    { role: 'assistant', content: [...thoughts, use('t1')] },
    { role: 'user', content: [back('t1')] },
  ],
})

const claude: RequestCase[] = [
  {
    ...claudeToClaude,
    model: 'claude-opus-4-6',
    native: true,
    name: 'Claude Code’s body reaches Anthropic with its marks, thinking, context management and betas',
    source: 'mozilla-ai/otari#124; anthropics/claude-code#21612',
    headers: { 'anthropic-beta': 'claude-code-20250219,oauth-2025-04-20' },
    body: code,
    sent: {
      system: code.system,
      thinking: { type: 'adaptive' },
      output_config: { effort: 'high' },
      context_management: code.context_management,
      metadata: { user_id: 'u' },
      messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }, marked('there')] }],
      tools: [{ name: 'Read', cache_control: { type: 'ephemeral' } }],
    },
    sentHeaders: { 'anthropic-beta': 'claude-code-20250219,context-management-2025-06-27' },
    leftOut: [],
  },
  {
    ...claudeToClaude,
    native: true,
    name: 'thoughts are not cleared where the model does not think',
    source: 'router-for-me/CLIProxyAPI#4957; can1357/oh-my-pi#2143',
    body: code,
    sent: { thinking: null, context_management: null },
    leftOut: ['reasoningEffort', 'thinking'],
  },
  {
    ...claudeToOpenAi,
    name: 'to another server, Claude Code’s body goes without what only Anthropic has, and that is named',
    source: 'decolua/9router#1468; anomalyco/opencode#34694',
    model: 'qwen3',
    body: code,
    sent: { reasoning_effort: 'high', max_tokens: 32_000, context_management: null, thinking: null },
    leftOut: ['metadata', 'context_management', 'anthropic-beta'],
  },
  {
    ...claudeToClaude,
    name: 'signed thoughts go back with a tool’s result',
    source: 'anomalyco/opencode#3077; langgenius/dify#41092',
    body: afterTool(thought),
    sent: {
      thinking: { type: 'enabled', budget_tokens: 8_000 },
      messages: [ask, { role: 'assistant', content: [thought, use('t1')] }, { role: 'user' }],
    },
    leftOut: [],
  },
  {
    ...claudeToClaude,
    name: 'thinking is left off behind a tool’s result whose thoughts are not there, and that is named',
    source: 'anomalyco/opencode#3077 (variant)',
    body: afterTool({ type: 'thinking', thinking: 'hm', signature: '' }),
    sent: { thinking: null, messages: [ask, { role: 'assistant', content: [use('t1')] }, { role: 'user' }] },
    leftOut: ['reasoningEffort', 'thinking'],
  },
  {
    ...claudeToOpenAi,
    model: 'qwen3',
    name: 'thoughts are never made into text for another format',
    source: 'onyx-dot-app/onyx#13691',
    body: afterTool(thought),
    sent: { messages: [ask, { role: 'assistant', content: null }, { role: 'tool' }] },
  },
  {
    ...claudeToClaude,
    model: 'claude-opus-4-7',
    name: 'a budget is left to a model that takes none',
    source: 'google/adk-docs#2241 (Opus 4.7 rejects enabled)',
    body: { max_tokens: 9_000, thinking: { type: 'enabled', budget_tokens: 4_000 }, messages: [ask] },
    sent: { thinking: { type: 'adaptive' } },
  },
  {
    ...claudeToClaude,
    name: 'a budget stays below the limit of the answer',
    source: 'BerriAI/litellm (max_tokens must be greater than thinking.budget_tokens)',
    body: { max_tokens: 4_000, thinking: { type: 'enabled', budget_tokens: 8_000 }, messages: [ask] },
    sent: { max_tokens: 4_000, thinking: { type: 'enabled', budget_tokens: 3_999 } },
  },
]

const oddities: RequestCase[] = [
  {
    ...toOther,
    name: 'thoughts among the parts of an answer are left out',
    source: "LangChain's content blocks",
    body: {
      messages: [
        ask,
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm' },
            { type: 'text', text: 'Yes.' },
          ],
        },
        ask,
      ],
    },
    sent: { messages: [ask, { role: 'assistant', content: 'Yes.' }, ask] },
  },
  {
    ...toOther,
    name: 'limits of -1 and penalties that change nothing are none',
    source: "vLLM's and LM Studio's clients",
    body: { messages: [ask], max_tokens: -1, top_k: -1, min_p: 0, repetition_penalty: 1 },
    sent: { max_tokens: null, top_k: null, min_p: null },
  },
  {
    ...claudeToClaude,
    name: 'an output format in its older place',
    source: 'anthropics/anthropic-sdk-python (structured-outputs-2025-11-13)',
    body: {
      messages: [ask],
      output_format: {
        type: 'json_schema',
        schema: { type: 'object', properties: { a: { type: 'string' } } },
      },
    },
    sent: { output_config: { format: { type: 'json_schema' } } },
  },
  {
    ...claudeToClaude,
    name: 'an assistant whose content is null',
    source: 'control: proxies that translate from OpenAI’s shape',
    body: { messages: [ask, { role: 'assistant', content: null }, ask] },
    sent: { messages: [{ role: 'user' }] },
  },
]

export const REQUEST_CASES: RequestCase[] = [
  ...histories,
  ...images,
  ...tools,
  ...parameters,
  ...efforts,
  ...claude,
  ...oddities,
]
