/** The same clients, in front of the Responses API. */
import {
  ask,
  back,
  type Common,
  called,
  calls,
  ours,
  PNG,
  type RequestCase,
  result,
  toolsOf,
  use,
} from './types'

const toResponses: Common = { from: 'chat', to: 'openai-responses', model: 'gpt-6.1-sol' }
const claudeToResponses: Common = { from: 'messages', to: 'openai-responses', model: 'gpt-6.1-sol' }
const CHATS_ONLY = { ...toResponses, model: 'gpt-4.1' }

const user = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const PDF = 'JVBERi0xLjQK'
const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }
const input_image = { type: 'input_image', image_url: `data:image/png;base64,${PNG}`, detail: 'auto' }
const item = { role: 'user', content: 'Ask.' }
const function_call = { type: 'function_call', call_id: 'a', name: 'clock', arguments: '{}' }

const input: RequestCase[] = [
  {
    ...toResponses,
    name: 'instructions stand among the items, in their order',
    source: 'openai 6.49, responses.d.ts',
    body: { messages: [{ role: 'developer', content: 'A' }, ask, { role: 'system', content: 'B' }] },
    sent: {
      input: [{ role: 'system', content: 'A' }, item, { role: 'system', content: 'B' }],
      instructions: null,
    },
  },
  {
    ...toResponses,
    name: 'calls and their results are items; an image that a tool returned stays in its result',
    source: 'openai 6.49, responses.d.ts (FunctionCallOutput)',
    body: {
      messages: [
        ask,
        { ...calls(called('a'), called('b')), content: 'Let me look.' },
        result('b', [{ type: 'text', text: 'seen' }, image]),
        result('a'),
      ],
      tools: toolsOf('clock'),
    },
    sent: {
      input: [
        item,
        { role: 'assistant', content: 'Let me look.' },
        function_call,
        { ...function_call, call_id: 'b' },
        { type: 'function_call_output', call_id: 'a', output: 'ok' },
        {
          type: 'function_call_output',
          call_id: 'b',
          output: [{ type: 'input_text', text: 'seen' }, input_image],
        },
      ],
    },
  },
  {
    ...claudeToResponses,
    name: 'a tool’s failure is said by its result',
    source: 'openai 6.49, responses.d.ts (no field for it)',
    body: {
      messages: [
        ask,
        { role: 'assistant', content: [use('t')] },
        { role: 'user', content: [{ ...back('t', 'gone'), is_error: true }] },
      ],
      tools: ours,
    },
    sent: { input: [item, { call_id: 't' }, { call_id: 't', output: 'Error: gone' }] },
  },
  {
    ...toResponses,
    name: 'a call without a result is said before the call',
    source: 'OpenAI: "No tool output found for function call"',
    body: { messages: [ask, calls(called('a')), ask], tools: toolsOf('clock') },
    unsupported: 'has no result behind it',
  },
  {
    ...toResponses,
    name: 'a file of a chat',
    source: 'openai 6.49, responses.d.ts (ResponseInputFile)',
    body: user({
      type: 'file',
      file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` },
    }),
    sent: {
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` },
          ],
        },
      ],
    },
  },
  {
    ...claudeToResponses,
    name: 'documents of Anthropic’s, by data, by address and as text',
    source: 'openai 6.49, responses.d.ts (ResponseInputFile)',
    body: user(
      {
        type: 'document',
        title: 'a.pdf',
        source: { type: 'base64', media_type: 'application/pdf', data: PDF },
      },
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'words' } },
    ),
    sent: {
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_file', filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` },
            { type: 'input_file', file_url: 'https://example.com/a.pdf' },
            { type: 'input_text', text: 'words' },
          ],
        },
      ],
    },
  },
  {
    ...toResponses,
    name: 'sound has no place',
    source: 'openai 6.49, responses.d.ts (ResponseInputContent)',
    body: user({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }),
    unsupported: 'input_audio has no place',
  },
]

const fields: RequestCase[] = [
  {
    ...toResponses,
    name: 'nothing is kept at the provider, and its thoughts come encrypted',
    source: 'openai 6.49, responses.d.ts (store, include)',
    body: { messages: [ask] },
    sent: { store: false, include: ['reasoning.encrypted_content'], stream_options: null },
  },
  {
    ...CHATS_ONLY,
    name: 'a model that does not reason is not asked for its thoughts, which it would refuse',
    source: 'miquido/draive#399',
    body: { messages: [ask] },
    sent: { store: false, include: null },
  },
  {
    ...toResponses,
    name: 'without reasoning there are no thoughts to ask for',
    source: 'miquido/draive#399',
    body: { messages: [ask], reasoning_effort: 'none' },
    sent: { reasoning: { effort: 'none' }, include: null },
  },
  {
    ...toResponses,
    name: 'function tools beside reasoning',
    source: 'openai/openai-openapi#541; laurent22/joplin#16451',
    body: { messages: [ask], reasoning_effort: 'high', tools: toolsOf('clock'), parallel_tool_calls: false },
    sent: {
      reasoning: { effort: 'high' },
      tools: [{ type: 'function', name: 'clock', strict: false }],
      parallel_tool_calls: false,
    },
  },
  {
    ...toResponses,
    name: 'a limit below the least that is taken is that least',
    source: 'farion1231/cc-switch#7287 (a client that asks for one token)',
    body: { messages: [ask], max_tokens: 1 },
    sent: { max_output_tokens: 16, max_tokens: null },
  },
  {
    ...toResponses,
    name: 'stop has no place',
    source: 'openai 6.49, responses.d.ts',
    body: { messages: [ask], stop: ['END'] },
    unsupported: 'stop has no place in the Responses API',
  },
  {
    ...toResponses,
    name: 'nor has a bias of tokens',
    source: 'openai 6.49, responses.d.ts',
    body: { messages: [ask], logit_bias: { 5: 1 } },
    unsupported: 'logitBias',
  },
  {
    ...toResponses,
    name: 'a penalty of 0 is none',
    source: 'openai 6.49, responses.d.ts',
    body: { messages: [ask], frequency_penalty: 0, presence_penalty: 0 },
    sent: { frequency_penalty: null, presence_penalty: null },
  },
  {
    ...toResponses,
    name: 'any object as JSON',
    source: 'openai 6.49, responses.d.ts',
    body: { messages: [ask], response_format: { type: 'json_object' } },
    sent: { text: { format: { type: 'json_object' } } },
  },
  {
    ...toResponses,
    native: true,
    name: 'labels of a chat client reach OpenAI by their names here',
    source: 'openai 6.49, responses.d.ts',
    body: {
      messages: [ask],
      metadata: { run: '7' },
      safety_identifier: 'u',
      prompt_cache_key: 'k',
      service_tier: 'flex',
      store: true,
      verbosity: 'low',
      prediction: { type: 'content', content: 'x' },
    },
    sent: {
      metadata: { run: '7' },
      safety_identifier: 'u',
      prompt_cache_key: 'k',
      service_tier: 'flex',
      store: true,
      text: { verbosity: 'low' },
      verbosity: null,
      prediction: null,
    },
    leftOut: ['prediction'],
  },
  {
    ...claudeToResponses,
    native: true,
    name: 'labels of Anthropic’s client do not',
    source: 'openai 6.49, responses.d.ts',
    body: { messages: [ask], metadata: { user_id: 'u' } },
    sent: { metadata: null },
    leftOut: ['metadata'],
  },
]

export const responses: RequestCase[] = [...input, ...fields]
