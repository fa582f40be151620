/** A valid request to each endpoint of the gateway, from which others are drawn. */
import { named } from './fuzz'

/** Stands in bodies and queries. */
export const PRIVATE = 'words-of-a-prompt'

const user = { role: 'user', content: PRIVATE }
const PNG = 'iVBORw0KGgo='
const schema = { type: 'object', properties: { city: { type: 'string', enum: ['a'] } }, required: ['city'] }
const chatCall = { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"a"}' } }

const chat = {
  model: 'default',
  messages: [
    { role: 'system', content: 'be brief' },
    {
      role: 'user',
      content: [
        { type: 'text', text: PRIVATE },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'low' } },
      ],
    },
    { role: 'assistant', content: null, tool_calls: [chatCall] },
    { role: 'tool', tool_call_id: 'c1', content: 'rain' },
  ],
  tools: [{ type: 'function', function: { name: 'weather', description: 'w', parameters: schema } }],
  tool_choice: 'auto',
  stream: true,
  stream_options: { include_usage: true },
  response_format: { type: 'json_schema', json_schema: { name: 'x', schema } },
  temperature: 0.5,
  max_tokens: 10,
  stop: ['x'],
  metadata: { user: 'u' },
  reasoning_effort: 'low',
}
const messages = {
  model: 'default',
  max_tokens: 10,
  system: [{ type: 'text', text: 'be brief', cache_control: { type: 'ephemeral' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
        { type: 'text', text: PRIVATE },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 't', signature: 's' },
        { type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'a' } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'rain' }] },
  ],
  tools: [{ name: 'weather', description: 'w', input_schema: schema }],
  tool_choice: { type: 'auto' },
  thinking: { type: 'enabled', budget_tokens: 1_024 },
  metadata: { user_id: 'u' },
  stop_sequences: ['x'],
}
const responses = {
  model: 'default',
  instructions: 'be brief',
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: PRIVATE },
        { type: 'input_image', image_url: `data:image/png;base64,${PNG}` },
      ],
    },
    { type: 'reasoning', id: 'r1', summary: [{ type: 'summary_text', text: 't' }], encrypted_content: 's' },
    { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{"city":"a"}' },
    { type: 'function_call_output', call_id: 'c1', output: 'rain' },
  ],
  tools: [{ type: 'function', name: 'weather', parameters: schema, strict: true }],
  text: { format: { type: 'json_schema', name: 'x', schema } },
  reasoning: { effort: 'low' },
  max_output_tokens: 10,
  metadata: { user: 'u' },
}
const generation = {
  route: 'default',
  messages: [
    user,
    { role: 'assistant', content: 'b', toolCalls: [{ id: 'c1', name: 'weather', arguments: {} }] },
    { role: 'tool', toolCallId: 'c1', content: 'rain' },
  ],
  tools: [{ name: 'weather', parameters: schema }],
  schema,
  params: { maxTokens: 10, temperature: 0.5, stop: ['x'] },
  override: { deadline: '10s', candidates: ['alpha/model-a'] },
  metadata: { user: 'u' },
  cache: 'default',
}

export interface Endpoint {
  method: string
  path: string
  body?: object
}
export const BODIES: Required<Endpoint>[] = [
  { path: '/v1/chat/completions', body: chat },
  { path: '/v1/chat/completions', body: { model: 'alpha/model-a', messages: [user] } },
  { path: '/v1/messages', body: messages },
  { path: '/v1/messages', body: { ...messages, stream: true } },
  { path: '/v1/messages/count_tokens', body: messages },
  { path: '/v1/responses', body: responses },
  { path: '/v1/responses', body: { ...responses, stream: true } },
  { path: '/v1/responses', body: { model: 'default', input: PRIVATE, background: true, store: true } },
  { path: '/v1/responses', body: { model: 'default', input: PRIVATE, previous_response_id: 'resp_x' } },
  { path: '/v1/embeddings', body: { model: 'alpha/model-a', input: [PRIVATE, 'b'], dimensions: 8 } },
  { path: '/v1/embeddings', body: { model: 'alpha/model-a', input: [1, 2, 3], encoding_format: 'base64' } },
  { path: '/v1/generations', body: generation },
  { path: '/v1/generations', body: { prompt: PRIVATE, stream: false } },
].map((one) => named(one.path, { method: 'POST', ...one }))

export const ENDPOINTS: Endpoint[] = [
  ...BODIES,
  ...[
    '/v1/models',
    '/v1/models/alpha/model-a',
    '/v1/generations/gen-1',
    '/v1/generations/gen-1/events?restarts=event',
    '/v1/responses/resp_gen-1?stream=true&starting_after=3',
    '/openapi.json',
    '/healthz',
    '/readyz',
    '/ui',
    '/metrics',
  ].map((path) => named(path, { method: 'GET', path })),
  named('cancel', { method: 'POST', path: '/v1/responses/resp_gen-1/cancel', body: {} }),
  named('delete', { method: 'DELETE', path: '/v1/generations/gen-1?forget=true&force=false' }),
]
