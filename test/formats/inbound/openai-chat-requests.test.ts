/** OpenAI's bodies, field by field. */

import type { JsonObject } from '../../../src/domain/request/json'
import { parseChatRequest } from '../../../src/formats/inbound'

const hello = [{ role: 'user', content: 'Hello' }]
const chat = (more: object = {}) => parseChatRequest({ model: 'chat', messages: hello, ...more })
const messagesOf = (messages: unknown) => chat({ messages }).request.messages

it('messages: developer is system, lists of text are joined, a lone text part is text', () => {
  const text = (...texts: string[]) => texts.map((one) => ({ type: 'text', text: one }))
  const given = [
    { role: 'developer', content: 'Be brief.' },
    { role: 'system', content: text('A', 'B') },
    { role: 'user', content: text('Hello'), name: 'Ada' },
    {
      role: 'assistant',
      content: text('Hi', '!'),
      annotations: [],
      refusal: null,
      reasoning_content: 'Hm',
    },
    { role: 'user', content: text('C', 'D') },
  ]
  expect(messagesOf(given)).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'system', content: 'A\nB' },
    { role: 'user', content: 'Hello' },
    { role: 'assistant', content: 'Hi!' },
    { role: 'user', content: text('C', 'D') },
  ])
})

it('images: by URL, and as data', () => {
  const image = (url: string) => ({ type: 'image_url', image_url: { url, detail: 'low' } })
  const content = [image('https://example.com/a.png'), image('data:image/png;base64,iVBORw0KGgo=')]
  expect(messagesOf([{ role: 'user', content }])).toEqual([
    {
      role: 'user',
      content: [
        { type: 'image', url: 'https://example.com/a.png' },
        { type: 'image', data: 'iVBORw0KGgo=', mediaType: 'image/png' },
      ],
    },
  ])
  const bad = [{ role: 'user', content: [image('file:///etc/passwd')] }]
  expect(() => messagesOf(bad)).toThrow('messages.0.content.0.image_url.url: an http(s) URL')
})

it('tool calls: null content, arguments parsed; a refusal becomes the text', () => {
  const call = (text: string) => ({ id: 'c', type: 'function', function: { name: 'f', arguments: text } })
  const given = [
    ...hello,
    { role: 'assistant', content: null, tool_calls: [call('{"a":1}'), call('')] },
    { role: 'tool', tool_call_id: 'c', content: [{ type: 'text', text: '7' }] },
    { role: 'assistant', content: null, refusal: 'I will not.' },
  ]
  expect(messagesOf(given).slice(1)).toEqual([
    {
      role: 'assistant',
      content: '',
      toolCalls: [
        { id: 'c', name: 'f', arguments: { a: 1 } },
        { id: 'c', name: 'f', arguments: {} },
      ],
    },
    { role: 'tool', toolCallId: 'c', content: '7' },
    { role: 'assistant', content: 'I will not.' },
  ])
  for (const broken of ['{"a":', '[1]', '7', 'nul'])
    expect(messagesOf([{ role: 'assistant', tool_calls: [call(broken)] }])).toMatchObject([
      { toolCalls: [{ arguments: { INVALID_JSON: broken } }] },
    ])
  for (const nothing of ['null', '', '[]', null, undefined])
    expect(messagesOf([{ role: 'assistant', tool_calls: [call(nothing as string)] }])).toMatchObject([
      { toolCalls: [{ arguments: {} }] },
    ])
  expect(messagesOf([...hello, { role: 'assistant', content: null }])).toEqual([
    ...hello,
    { role: 'assistant', content: '' },
  ])
})

it('answers in JSON: any object, or of a schema whose name goes along as its title', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }
  const of = (response_format: JsonObject) => chat({ response_format }).request.schema
  expect(of({ type: 'text' })).toBeUndefined()
  expect(of({ type: 'json_object' })).toEqual({ type: 'object' })
  expect(of({ type: 'json_schema', json_schema: { name: 'ticket', schema, strict: true } })).toEqual({
    title: 'ticket',
    ...schema,
  })
  expect(
    of({ type: 'json_schema', json_schema: { name: 'n', schema: { ...schema, title: 'own' } } }),
  ).toEqual({
    ...schema,
    title: 'own',
  })
})

it('parameters: either limit counts, one stop is a list of one, null is absent', () => {
  expect(chat({ max_tokens: 5 }).request.params).toEqual({ maxTokens: 5 })
  expect(chat({ max_tokens: 5, max_completion_tokens: null }).request.params).toEqual({ maxTokens: 5 })
  expect(() => chat({ max_tokens: 5, max_completion_tokens: 6 })).toThrow(
    'max_tokens: differs from max_completion_tokens',
  )
  const { request, includeUsage } = chat({
    max_tokens: 6,
    max_completion_tokens: 6,
    stop: 'END',
    seed: 7,
    top_p: null,
    temperature: 0,
    reasoning_effort: 'low',
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
    tools: [{ type: 'function', function: { name: 'now', strict: null } }],
    tool_choice: { type: 'function', function: { name: 'now' } },
  })
  expect(includeUsage).toBe(true)
  expect(request.params).toEqual({
    maxTokens: 6,
    stop: ['END'],
    seed: 7,
    temperature: 0,
    reasoningEffort: 'low',
  })
  expect(request.tools).toEqual([{ name: 'now', parameters: { type: 'object', properties: {} } }])
  expect(request.toolChoice).toEqual({ tool: 'now' })
})

it('fields with their default value are accepted', () => {
  const parsedChat = chat({
    n: 1,
    logprobs: false,
    top_logprobs: 0,
    frequency_penalty: 0,
    presence_penalty: 0,
    logit_bias: {},
    parallel_tool_calls: true,
    service_tier: 'auto',
    modalities: ['text'],
    audio: null,
    functions: [],
    tools: [],
  })
  const hints = { api: 'openai-chat', fields: { service_tier: 'auto' } }
  expect(parsedChat.request).toEqual({ route: 'chat', messages: hello, params: { hints } })
})

it('what changes nothing of the answer is a hint', () => {
  const fields = {
    user: 'u',
    metadata: { a: 'b' },
    client_metadata: { c: 1 },
    store: true,
    service_tier: 'flex',
    verbosity: 'low',
    prompt_cache_key: 'k',
  }
  expect(chat({ ...fields, safety_identifier: null }).request.params).toEqual({
    hints: { api: 'openai-chat', fields },
  })
})

it('penalties, one tool call at most and every word for an effort are parameters', () => {
  const { params } = chat({
    frequency_penalty: 0.5,
    presence_penalty: -1,
    parallel_tool_calls: false,
    top_k: 3,
    reasoning_effort: 'xhigh',
  }).request
  expect(params).toEqual({
    frequencyPenalty: 0.5,
    presencePenalty: -1,
    parallelToolCalls: false,
    topK: 3,
    reasoningEffort: 'xhigh',
  })
  for (const effort of ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
    expect(chat({ reasoning: { effort } }).request.params).toEqual({ reasoningEffort: effort })
})

it('an image as text alone, and a tool result with an image', () => {
  const url = 'data:image/png;base64,aGk='
  const image = { type: 'image', data: 'aGk=', mediaType: 'image/png' }
  expect(messagesOf([{ role: 'user', content: [{ type: 'image_url', image_url: url }] }])).toEqual([
    { role: 'user', content: [image] },
  ])
  const content = [
    { type: 'text', text: 'see' },
    { type: 'image_url', image_url: { url } },
  ]
  expect(messagesOf([{ role: 'tool', tool_call_id: 'c', content }])).toEqual([
    { role: 'tool', toolCallId: 'c', content: [{ type: 'text', text: 'see' }, image] },
  ])
})

it.each<[string, object]>([
  ['n', { n: 2 }],
  ['logprobs', { logprobs: true }],
  ['frequency_penalty', { frequency_penalty: 3 }],
  ['logit_bias.5', { logit_bias: { 5: 101 } }],
  ['audio', { audio: { voice: 'x' } }],
  [
    'tool_choice',
    {
      tools: [],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [{ name: 'f' }] } },
    },
  ],
  ['tools.0.type', { tools: [{ type: 'custom', custom: { name: 'x' } }] }],
  ['tool_choice', { tool_choice: { type: 'allowed_tools' } }],
  ['reasoning_effort', { reasoning_effort: 'huge' }],
  ['min_p', { min_p: 0.3 }],
  ['max_tokens', { max_tokens: 5, max_completion_tokens: 6 }],
])('%s, which would change the answer, is refused and not dropped', (field, more) => {
  expect(() => chat(more)).toThrow(`The request is not valid: ${field}: `)
})
