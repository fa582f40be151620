/** Anthropic's bodies, field by field. */
import { parseMessagesRequest } from '../../../src/formats/inbound'

const hello = [{ role: 'user', content: 'Hello' }]
const claude = (more: object = {}) =>
  parseMessagesRequest({ model: 'chat', max_tokens: 9, messages: hello, ...more })
const messagesOf = (messages: unknown) => claude({ messages }).request.messages

it('system: text, or a message for each block, with its mark for the prompt cache', () => {
  const system = (given: unknown) => claude({ system: given }).request.messages.slice(0, -1)
  expect(system('Be brief.')).toEqual([{ role: 'system', content: 'Be brief.' }])
  const block = (text: string) => ({ type: 'text', text, cache_control: { type: 'ephemeral' } })
  const cacheControl = { type: 'ephemeral' }
  expect(system([block('A'), block('B')])).toEqual([
    { role: 'system', content: 'A', cacheControl },
    { role: 'system', content: 'B', cacheControl },
  ])
})

it('turns: results and words in their order, signed thoughts kept, texts joined', () => {
  const result = (more: object) => ({ type: 'tool_result', tool_use_id: 't', ...more })
  const given = [
    ...hello,
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 's' },
        { type: 'text', text: 'Let me ' },
        { type: 'text', text: 'look.' },
        { type: 'tool_use', id: 't', name: 'f', input: { a: 1 }, caller: { type: 'direct' } },
      ],
    },
    {
      role: 'user',
      content: [
        result({ content: [{ type: 'text', text: '7' }] }),
        result({ is_error: true }),
        { type: 'text', text: 'Go on.' },
      ],
    },
    { role: 'assistant', content: [{ type: 'redacted_thinking', data: 'x' }] },
  ]
  expect(messagesOf(given).slice(1)).toEqual([
    {
      role: 'assistant',
      content: 'Let me look.',
      toolCalls: [{ id: 't', name: 'f', arguments: { a: 1 } }],
      opaque: [
        {
          api: 'anthropic-messages',
          block: { type: 'thinking', thinking: 'Hm', signature: 's' },
          at: { text: 0, calls: 0 },
        },
      ],
    },
    { role: 'tool', toolCallId: 't', content: '7' },
    { role: 'tool', toolCallId: 't', content: '', isError: true },
    { role: 'user', content: 'Go on.' },
  ])
})

it('words before a tool result stay before it', () => {
  const words = (text: string) => ({ type: 'text', text })
  const content = [words('First.'), { type: 'tool_result', tool_use_id: 't', content: '7' }, words('Last.')]
  expect(messagesOf([{ role: 'user', content }])).toEqual([
    { role: 'user', content: 'First.' },
    { role: 'tool', toolCallId: 't', content: '7' },
    { role: 'user', content: 'Last.' },
  ])
})

it('images: as data, and by URL', () => {
  const image = (source: object) => ({ type: 'image', source })
  const data = image({ type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' })
  const content = [data, image({ type: 'url', url: 'https://example.com/a.png' })]
  expect(messagesOf([{ role: 'user', content }])).toEqual([
    {
      role: 'user',
      content: [
        { type: 'image', data: 'iVBORw0KGgo=', mediaType: 'image/png' },
        { type: 'image', url: 'https://example.com/a.png' },
      ],
    },
  ])
  const file = [{ role: 'user', content: [image({ type: 'path', path: '/x' })] }]
  expect(() => messagesOf(file)).toThrow('messages.0.content.0.source')
})

it.each<[object, string | undefined]>([
  [{ thinking: { type: 'disabled' } }, undefined],
  [{ thinking: { type: 'adaptive' } }, undefined],
  [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, 'minimal'],
  [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, 'low'],
  [{ thinking: { type: 'enabled', budget_tokens: 10_000 } }, 'medium'],
  [{ thinking: { type: 'enabled', budget_tokens: 60_000 } }, 'high'],
  [{ thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }, 'high'],
])('%j asks for the reasoning effort %s', (more, effort) => {
  expect(claude(more).request.params?.reasoningEffort).toBe(effort)
})

it('parameters, tools and output', () => {
  const schema = { type: 'object', properties: {} }
  const { request } = claude({
    temperature: 0.5,
    stop_sequences: ['END'],
    metadata: { user_id: 'u' },
    tools: [{ name: 'f', description: 'd', input_schema: schema, cache_control: { type: 'ephemeral' } }],
    tool_choice: { type: 'any', disable_parallel_tool_use: false },
    output_config: { format: { type: 'json_schema', schema } },
  })
  expect(request).toEqual({
    route: 'chat',
    messages: hello,
    metadata: { user_id: 'u' },
    params: {
      maxTokens: 9,
      temperature: 0.5,
      stop: ['END'],
      hints: { api: 'anthropic-messages', fields: { metadata: { user_id: 'u' } } },
    },
    tools: [{ name: 'f', description: 'd', parameters: schema, cacheControl: { type: 'ephemeral' } }],
    toolChoice: 'required',
    schema,
  })
})

it.each<[string, object]>([
  ['max_tokens: is needed', { max_tokens: undefined }],
  ['top_k: ', { top_k: -2 }],
  [
    'tools.0.type: only tools of your own',
    { tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 8 }] },
  ],
  ['output_config.effort: write one of low', { output_config: { effort: 'huge' } }],
  ['thinking.type: ', { thinking: { type: 'between_tools' } }],
  ['mcp_servers: ', { mcp_servers: [{ url: 'x' }] }],
])('%s… is refused and not dropped', (field, more) => {
  expect(() => claude(more)).toThrow(`The request is not valid: ${field}`)
})

it('what Claude Code sends by itself is taken: context management, one tool at a time, a picture as a result', () => {
  const data = 'aGk='
  const { request } = claude({
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    top_k: 5,
    output_config: { effort: 'max' },
    tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    tools: [{ name: 'Read', input_schema: {}, eager_input_streaming: true }],
    messages: [
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't',
            content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }],
          },
        ],
      },
    ],
  })
  expect(request.params).toMatchObject({ topK: 5, reasoningEffort: 'max', parallelToolCalls: false })
  expect(request.params?.hints?.fields).toHaveProperty('context_management')
  expect(request.messages).toEqual([
    { role: 'tool', toolCallId: 't', content: [{ type: 'image', data, mediaType: 'image/png' }] },
  ])
})

it('the billing line of Claude Code is no field of the body', () => {
  expect(() => claude({ 'x-anthropic-billing-header': 'x' })).toThrow(
    'x-anthropic-billing-header: no field of this API',
  )
})
