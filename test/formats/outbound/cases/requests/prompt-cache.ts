/** Marks and keys for the providers' prompt caches, as clients send them and as routes set them. */
import {
  ask,
  back,
  claudeToClaude,
  claudeToOpenAi,
  type RequestCase,
  toClaude,
  toOpenAi,
  toOther,
  use,
} from './types'

const SHORT = { type: 'ephemeral' }
const LONG = { type: 'ephemeral', ttl: '1h' }
const marked = (text: string, mark: object = SHORT) => ({ type: 'text', text, cache_control: mark })
const tool = { name: 'clock', input_schema: { type: 'object', properties: {} } }
const functionTool = { type: 'function', function: { name: 'clock', parameters: { type: 'object' } } }
const DOCS = 'platform.claude.com/docs, "Prompt caching"'
const short = { kind: 'short', key: 'holdfast-1' } as const

/** So many marks on the words of one turn. */
const turnOf = (marks: number) => ({
  role: 'user',
  content: Array.from({ length: marks }, (_, at) => marked(`part ${at}`)),
})

export const promptCaches: RequestCase[] = [
  {
    ...toClaude,
    name: 'marks in OpenAI’s shape reach Claude: on images, results, instructions and tools',
    source: 'docs.litellm.ai, "Prompt Caching"; openrouter.ai/docs, "Prompt Caching"',
    body: {
      tools: [{ ...functionTool, cache_control: SHORT }],
      messages: [
        { role: 'system', content: [marked('Long.')] },
        {
          role: 'user',
          content: [{ type: 'image_url', image_url: { url: 'https://a.test/x.png' }, cache_control: SHORT }],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'clock', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'noon', cache_control: SHORT },
      ],
    },
    sent: {
      tools: [{ cache_control: SHORT }],
      system: [{ cache_control: SHORT }],
      messages: [
        { content: [{ type: 'image', cache_control: SHORT }] },
        {},
        { content: [{ type: 'tool_result', cache_control: SHORT }] },
      ],
    },
    leftOut: [],
  },
  {
    ...claudeToClaude,
    name: 'a mark on what the model said stays behind it',
    source: DOCS,
    body: {
      messages: [
        ask,
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I look.' },
            { ...use('t1'), cache_control: LONG },
          ],
        },
        { role: 'user', content: [back('t1')] },
      ],
      tools: [tool],
    },
    sent: { messages: [{}, { content: [{ type: 'text' }, { type: 'tool_use', cache_control: LONG }] }, {}] },
  },
  {
    ...claudeToClaude,
    name: 'of more than four marks the one of the instructions and the latest stay, and that is named',
    source: `${DOCS}: "A maximum of 4 blocks with cache_control may be provided"`,
    body: { system: [marked('Long.')], tools: [{ ...tool, cache_control: SHORT }], messages: [turnOf(5)] },
    sent: {
      system: [{ cache_control: SHORT }],
      tools: [expect.not.objectContaining({ cache_control: SHORT })],
      messages: [
        {
          content: [
            expect.not.objectContaining({ cache_control: SHORT }),
            expect.not.objectContaining({ cache_control: SHORT }),
            { cache_control: SHORT },
            { cache_control: SHORT },
            { cache_control: SHORT },
          ],
        },
      ],
    },
    leftOut: ['cache_control'],
  },
  {
    ...claudeToClaude,
    name: 'what is kept for five minutes before what is kept for an hour is kept for an hour too',
    source: `${DOCS}: "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block"`,
    body: {
      system: [marked('Long.')],
      messages: [{ role: 'user', content: [marked('a', LONG), marked('b')] }],
    },
    sent: {
      system: [{ cache_control: LONG }],
      messages: [{ content: [{ cache_control: LONG }, { text: 'b', cache_control: SHORT }] }],
    },
    leftOut: [],
  },
  ...[claudeToOpenAi, toOther].map(
    (to): RequestCase => ({
      ...to,
      name: `marks do not reach ${to.model}, and that is named`,
      source: 'openai 7, types of the request',
      body: { messages: [{ role: 'user', content: [marked('hi')] }] },
      sent: {
        messages: [{ role: 'user', content: [expect.not.objectContaining({ cache_control: SHORT })] }],
      },
      leftOut: ['cache_control'],
    }),
  ),
  {
    ...toOther,
    name: 'a server of OpenAI’s format that takes marks gets them, on texts and tools',
    source: 'openrouter.ai/docs, "Prompt Caching"',
    takesMarks: true,
    body: {
      tools: [{ ...functionTool, cache_control: SHORT }],
      messages: [
        { role: 'system', content: [marked('Long.')] },
        { role: 'user', content: [marked('hi', LONG)] },
      ],
    },
    sent: {
      tools: [{ cache_control: SHORT }],
      messages: [{ content: [marked('Long.')] }, { content: [marked('hi', LONG)] }],
    },
    leftOut: [],
  },
  {
    ...claudeToClaude,
    name: 'a route marks what the caller has not: tools, instructions, and what came last',
    source: `${DOCS}; docs.litellm.ai, "Auto-Inject Prompt Caching Checkpoints"`,
    promptCache: short,
    body: { system: 'Long.', tools: [tool], messages: [ask] },
    sent: {
      system: [{ text: 'Long.', cache_control: SHORT }],
      tools: [{ cache_control: SHORT }],
      messages: [{ content: [{ type: 'text', text: 'Ask.', cache_control: SHORT }] }],
    },
    leftOut: [],
  },
  {
    ...claudeToClaude,
    name: 'and for an hour where it says so, behind a tool’s result',
    source: DOCS,
    promptCache: { ...short, kind: 'long' },
    body: {
      tools: [tool],
      messages: [ask, { role: 'assistant', content: [use('t1')] }, { role: 'user', content: [back('t1')] }],
    },
    sent: { messages: [{}, {}, { content: [{ type: 'tool_result', cache_control: LONG }] }] },
  },
  {
    ...claudeToClaude,
    native: true,
    name: 'a route changes nothing where the caller has marks, on a block or on the whole',
    source: DOCS,
    promptCache: { ...short, kind: 'long' },
    body: { system: 'Long.', cache_control: SHORT, messages: [ask] },
    sent: { system: 'Long.', cache_control: SHORT, messages: [{ role: 'user', content: 'Ask.' }] },
  },
  ...[toOpenAi, { ...toOpenAi, to: 'openai-responses' as const }].flatMap((to): RequestCase[] => [
    {
      ...to,
      native: true,
      name: `a route has a key for OpenAI’s cache (${to.to})`,
      source: 'openai 7, prompt_cache_key',
      promptCache: short,
      body: { messages: [ask] },
      sent: { prompt_cache_key: 'holdfast-1' },
      leftOut: [],
    },
    {
      ...to,
      native: true,
      name: `the caller’s key wins (${to.to})`,
      source: 'openai 7, prompt_cache_key',
      promptCache: short,
      body: { messages: [ask], prompt_cache_key: 'mine' },
      sent: { prompt_cache_key: 'mine' },
    },
  ]),
  {
    ...toOther,
    name: 'no key for servers that do not know the field',
    source: 'decolua/9router#1468',
    promptCache: short,
    body: { messages: [ask] },
    sent: { prompt_cache_key: null },
    leftOut: [],
  },
]
