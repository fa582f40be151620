/** The named requests of the conformance suite; each format's fixture says what they become on the wire. */
import type { GenerationRequest, Message, Tool } from '../../../src/domain/request/request'

const hello: Message[] = [{ role: 'user', content: 'Hello' }]
const weather: Message[] = [{ role: 'user', content: 'Weather?' }]

export const TOOLS: Tool[] = [
  {
    name: 'weather',
    description: 'Weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
  { name: 'now', parameters: { type: 'object', properties: {} } },
]

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' }, degrees: { type: 'integer', minimum: -90 } },
  required: ['city', 'degrees'],
  additionalProperties: false,
}

export const REQUESTS = {
  plain: { messages: hello },
  system: { messages: [{ role: 'system', content: 'Be brief.' }, ...hello] },
  'multi-turn': {
    messages: [...hello, { role: 'assistant', content: 'Hi!' }, { role: 'user', content: 'And now?' }],
  },
  images: {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Compare.' },
          { type: 'image', url: 'https://example.com/a.png' },
          { type: 'image', data: 'iVBORw0KGgo=', mediaType: 'image/png' },
        ],
      },
    ],
  },
  tools: { messages: weather, tools: TOOLS, toolChoice: 'required' },
  'tool-choice': { messages: weather, tools: TOOLS, toolChoice: { tool: 'weather' } },
  'tools-round-trip': {
    messages: [
      ...weather,
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { id: 'call_a', name: 'weather', arguments: { city: 'Köln' } },
          { id: 'call_b', name: 'now', arguments: {} },
        ],
      },
      { role: 'tool', toolCallId: 'call_a', content: '21 degrees' },
      { role: 'tool', toolCallId: 'call_b', content: 'no clock', isError: true },
      { role: 'user', content: 'Thanks. In short?' },
    ],
    tools: TOOLS,
  },
  schema: { messages: hello, output: { name: 'weather report', schema: SCHEMA } },
  stop: { messages: hello, params: { stop: ['END', '###'] } },
  length: { messages: hello, params: { maxTokens: 50 } },
  sampling: { messages: hello, params: { temperature: 0.2, topP: 0.9 } },
  seed: { messages: hello, params: { seed: 7 } },
  reasoning: { messages: hello, params: { reasoningEffort: 'low' } },
  options: {
    messages: hello,
    params: { providerOptions: { here: { service_tier: 'flex' }, elsewhere: { x: 1 } } },
  },
  stream: { messages: hello },
} as const satisfies { [name: string]: GenerationRequest }

export type RequestName = keyof typeof REQUESTS
