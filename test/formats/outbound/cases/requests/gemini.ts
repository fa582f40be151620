/** The same clients, in front of Gemini's own API. */
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

const toGemini: Common = { from: 'chat', to: 'gemini', model: 'gemini-3.8-flash' }
const claudeToGemini: Common = { from: 'messages', to: 'gemini', model: 'gemini-3.8-flash' }
const TYPES = 'types of @google/genai 2.32'
const THINKING = 'ai.google.dev, Gemini thinking'

const user = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const said = (text: string, role = 'user') => ({ role, parts: [{ text }] })
const PDF = 'JVBERi0xLjQK'
const image = (url: string) => ({ type: 'image_url', image_url: { url } })
const png = image(`data:image/png;base64,${PNG}`)
const inlinePng = { inlineData: { mimeType: 'image/png', data: PNG } }
const SIGNED = { thoughtSignature: 'skip_thought_signature_validator' }
const functionCall = (id: string, name = 'clock') => ({ functionCall: { id, name, args: {} } })
const returned = (id: string, response: object = { output: 'ok' }, name = 'clock') => ({
  functionResponse: { id, name, response },
})
const shown = (...parts: object[]) => ({ contents: [{ role: 'user', parts }] })

const contents: RequestCase[] = [
  {
    ...toGemini,
    name: 'instructions stand beside the contents',
    source: TYPES,
    body: { messages: [{ role: 'developer', content: 'A' }, ask, { role: 'system', content: 'B' }] },
    sent: { systemInstruction: { parts: [{ text: 'A\n\nB' }] }, contents: [said('Ask.')] },
  },
  {
    ...toGemini,
    name: 'what parallel calls returned is one content in their order, and an image that a tool returned follows it',
    source: 'googleapis/python-genai: the number of response parts is that of the calls',
    body: {
      messages: [
        ask,
        { ...calls(called('a'), called('b')), content: 'Let me look.' },
        result('b'),
        result('a', [{ type: 'text', text: 'seen' }, png]),
        { role: 'user', content: 'And?' },
      ],
      tools: toolsOf('clock'),
    },
    sent: {
      contents: [
        said('Ask.'),
        {
          role: 'model',
          parts: [{ text: 'Let me look.' }, { ...functionCall('a'), ...SIGNED }, functionCall('b')],
        },
        { role: 'user', parts: [returned('a', { output: 'seen' }), returned('b')] },
        { role: 'user', parts: [{ text: 'Returned by a:' }, inlinePng, { text: 'And?' }] },
      ],
    },
  },
  {
    ...claudeToGemini,
    name: "Claude's calls of two turns with one id get ids of their own, and a failed tool says so",
    source: TYPES,
    body: {
      messages: [
        ask,
        { role: 'assistant', content: [use('t')] },
        { role: 'user', content: [back('t')] },
        { role: 'assistant', content: [use('t')] },
        { role: 'user', content: [{ ...back('t', 'broken'), is_error: true }] },
      ],
      tools: ours,
    },
    sent: {
      contents: [
        said('Ask.'),
        { role: 'model', parts: [{ ...functionCall('t'), ...SIGNED }] },
        { role: 'user', parts: [returned('t')] },
        { role: 'model', parts: [{ ...functionCall('t_1'), ...SIGNED }] },
        { role: 'user', parts: [returned('t_1', { error: 'broken' })] },
      ],
    },
  },
  {
    ...toGemini,
    model: 'gemini-2.5-flash',
    name: 'an older model wants no signature',
    source: 'ai.google.dev, Thought signatures',
    body: { messages: [ask, calls(called('a')), result('a')], tools: toolsOf('clock') },
    sent: {
      contents: [
        said('Ask.'),
        { role: 'model', parts: [expect.not.objectContaining(SIGNED)] },
        { role: 'user', parts: [returned('a')] },
      ],
    },
  },
  {
    ...toGemini,
    name: 'a call without a result',
    source: 'the number of response parts is that of the calls',
    body: { messages: [ask, calls(called('a')), { role: 'user', content: 'Never mind.' }] },
    unsupported: 'has no result behind it',
  },
  {
    ...toGemini,
    name: 'nothing but blanks',
    source: TYPES,
    body: user({ type: 'text', text: ' ' }),
    unsupported: 'none of them says anything',
  },
]

const media: RequestCase[] = [
  {
    ...toGemini,
    name: 'an image by its address, with the type that it ends in',
    source: 'ai.google.dev, File input methods',
    body: user({ type: 'text', text: 'See.' }, image('https://example.com/a/photo.JPG?w=1')),
    sent: shown(
      { text: 'See.' },
      { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.com/a/photo.JPG?w=1' } },
    ),
  },
  {
    ...toGemini,
    name: 'an address without an ending',
    source: `${TYPES}: mimeType is required`,
    body: user(image('https://example.com/photo?type=png')),
    unsupported: 'images: an address has to end',
  },
  {
    ...toGemini,
    name: 'a GIF',
    source: 'ai.google.dev, Image understanding',
    body: user(image('data:image/gif;base64,R0lGODlhAQABAAAAACw=')),
    unsupported: 'images: image/gif is none of',
  },
  {
    ...toGemini,
    name: 'a type that the bytes do not have',
    source: 'ai.google.dev, Image understanding',
    body: user(image(`data:image/webp;base64,${PNG}`)),
    sent: shown(inlinePng),
  },
  {
    ...toGemini,
    name: "a chat's PDF and sound",
    source: TYPES,
    body: user(
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${PDF}` } },
      { type: 'input_audio', input_audio: { format: 'wav', data: 'AAAA' } },
    ),
    sent: shown(
      { inlineData: { mimeType: 'application/pdf', data: PDF } },
      { inlineData: { mimeType: 'audio/wav', data: 'AAAA' } },
    ),
  },
  {
    ...toGemini,
    name: 'a file that is kept at OpenAI',
    source: TYPES,
    body: user({ type: 'file', file: { file_id: 'file-1' } }),
    unsupported: 'a part of type file has no place',
  },
  {
    ...claudeToGemini,
    name: "Anthropic's documents, by data and by address",
    source: 'ai.google.dev, File input methods',
    body: user(
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: PDF } },
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
      { type: 'document', title: 'T', source: { type: 'text', media_type: 'text/plain', data: 'Text.' } },
    ),
    sent: shown(
      { inlineData: { mimeType: 'application/pdf', data: PDF } },
      { fileData: { mimeType: 'application/pdf', fileUri: 'https://example.com/a.pdf' } },
      { text: 'T\n\nText.' },
    ),
  },
]

const asks = (more: object) => ({ messages: [ask], ...more })
const thinks = (effort: string) => asks({ reasoning_effort: effort })
const config = (thinkingConfig: object) => ({ generationConfig: { thinkingConfig } })

const efforts: RequestCase[] = [
  {
    ...toGemini,
    name: 'the lowest level of a Flash',
    source: THINKING,
    body: thinks('minimal'),
    sent: config({ thinkingLevel: 'MINIMAL', includeThoughts: true }),
  },
  {
    ...toGemini,
    model: 'gemini-4-argon',
    name: 'the lowest level of others',
    source: "ai.google.dev, What's new in Gemini 4 Argon",
    body: thinks('minimal'),
    sent: config({ thinkingLevel: 'LOW', includeThoughts: true }),
  },
  {
    ...toGemini,
    name: 'no word above high',
    source: THINKING,
    body: thinks('xhigh'),
    sent: config({ thinkingLevel: 'HIGH', includeThoughts: true }),
  },
  {
    ...toGemini,
    model: 'gemini-2.5-pro',
    name: 'a budget before Gemini 3',
    source: 'ai.google.dev, OpenAI compatibility',
    body: thinks('medium'),
    sent: config({ thinkingBudget: 8192, includeThoughts: true }),
  },
  {
    ...toGemini,
    model: 'gemini-2.5-flash',
    name: 'no thoughts where they can be off',
    source: THINKING,
    body: thinks('none'),
    sent: config({ thinkingBudget: 0 }),
  },
  ...['gemini-2.5-pro', 'gemini-3.8-flash', 'gemini-4-argon'].map((model) => ({
    ...toGemini,
    model,
    name: 'no thoughts where they can not be off',
    source: THINKING,
    body: thinks('none'),
    unsupported: 'reasoningEffort none',
  })),
  {
    ...toGemini,
    model: 'gemini-2.0-flash',
    name: 'a model that does not think, and need not',
    source: THINKING,
    body: thinks('none'),
    sent: { generationConfig: expect.not.objectContaining({ thinkingConfig: expect.anything() }) },
  },
  {
    ...toGemini,
    model: 'gemma-4-31b-it',
    name: 'a model that takes no word for it',
    source: 'aduermael/herm#23',
    body: thinks('low'),
    unsupported: 'reasoningEffort',
  },
  {
    ...claudeToGemini,
    name: "Claude's budget is a level, and the words for it are left out where they say nothing",
    source: THINKING,
    body: asks({ max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 2048 } }),
    sent: {
      generationConfig: {
        maxOutputTokens: 9000,
        thinkingConfig: { thinkingLevel: 'LOW', includeThoughts: true },
      },
    },
  },
]

const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
const json_schema = {
  response_format: { type: 'json_schema', json_schema: { name: 's', schema: { $schema: 'x', ...schema } } },
}

const parameters: RequestCase[] = [
  {
    ...toGemini,
    name: 'sampling and penalties',
    source: TYPES,
    body: asks({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 7,
      seed: 3,
      presence_penalty: 0.5,
      frequency_penalty: 0,
      stop: 'END',
    }),
    sent: {
      generationConfig: {
        temperature: 0.5,
        topP: 0.9,
        topK: 7,
        seed: 3,
        presencePenalty: 0.5,
        stopSequences: ['END'],
      },
    },
  },
  {
    ...toGemini,
    name: 'six texts at which the answer ends',
    source: 'ai.google.dev/api/generate-content',
    body: asks({ stop: ['1', '2', '3', '4', '5', '6'] }),
    unsupported: 'stop has more than the 5',
  },
  {
    ...toGemini,
    name: 'words by their tokens',
    source: TYPES,
    body: asks({ logit_bias: { 7: 1 } }),
    unsupported: 'logitBias',
  },
  {
    ...toGemini,
    name: 'one call at a time',
    source: TYPES,
    body: asks({ tools: toolsOf('clock'), parallel_tool_calls: false }),
    unsupported: 'parallelToolCalls',
  },
  {
    ...toGemini,
    name: 'one call at a time, without tools',
    source: TYPES,
    body: asks({ parallel_tool_calls: false }),
    sent: { tools: null },
  },
  {
    ...toGemini,
    name: 'a schema beside tools',
    source: 'ai.google.dev, Structured outputs (Gemini 3)',
    body: asks({ ...json_schema, tools: toolsOf('clock') }),
    sent: {
      tools: [{ functionDeclarations: [{ name: 'clock' }] }],
      generationConfig: { responseMimeType: 'application/json', responseJsonSchema: schema },
    },
  },
  {
    ...toGemini,
    model: 'gemini-2.5-flash',
    name: 'a schema beside tools, before Gemini 3',
    source: "Gemini's own words for it",
    body: asks({ ...json_schema, tools: toolsOf('clock') }),
    unsupported: 'not taken beside tools',
  },
  {
    ...toGemini,
    name: 'any object',
    source: TYPES,
    body: asks({ response_format: { type: 'json_object' } }),
    sent: { generationConfig: { responseMimeType: 'application/json' } },
  },
  {
    ...toGemini,
    name: 'the name of a tool that Google does not take',
    source: TYPES,
    body: asks({ tools: toolsOf('1clock') }),
    unsupported: 'tools: the name 1clock',
  },
  {
    ...claudeToGemini,
    name: "a tool of Anthropic's own",
    source: TYPES,
    body: asks({ tools: [{ type: 'bash_20250124', name: 'bash' }] }),
    unsupported: "a tool of Anthropic's own",
  },
  {
    ...toGemini,
    native: true,
    name: "labels of OpenAI's have no place, and say so",
    source: TYPES,
    body: asks({ user: 'u', metadata: { a: 'b' }, service_tier: 'flex' }),
    sent: { user: null, metadata: null, service_tier: null },
    leftOut: ['user', 'metadata', 'service_tier'],
  },
]

export const gemini: RequestCase[] = [...contents, ...media, ...efforts, ...parameters]
