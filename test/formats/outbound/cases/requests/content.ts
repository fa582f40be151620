/** Images and tools. */
import {
  ask,
  back,
  claudeToClaude,
  claudeToOpenAi,
  ours,
  PNG,
  type RequestCase,
  toClaude,
  toOpenAi,
  toOther,
  toolsOf,
  use,
} from './types'

const image = (url: unknown) => ({
  messages: [{ role: 'user', content: [{ type: 'image_url', image_url: url }] }],
})
const picture = (media_type: string, data: string) => ({
  messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type, data } }] }],
})
const base64 = (media_type: string, data: unknown) => ({
  messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type, data } }] }],
})

export const images: RequestCase[] = [
  {
    ...toClaude,
    name: 'image/jpg is image/jpeg',
    source: 'anotherai-dev/anotherai#457; NousResearch/hermes-agent#55432',
    body: image({ url: 'data:image/jpg;base64,AAAA' }),
    sent: base64('image/jpeg', 'AAAA'),
  },
  {
    ...claudeToClaude,
    name: 'an image is sent as the type of its bytes',
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

export const tools: RequestCase[] = [
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
