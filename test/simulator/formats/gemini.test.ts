/** Google's official client calls the simulator's Gemini API, which shows that both use the same protocol. */
import {
  ApiError,
  type Content,
  FunctionCallingConfigMode,
  type FunctionDeclaration,
  type GenerateContentResponse,
  GoogleGenAI,
  ThinkingLevel,
} from '@google/genai'
import { keyHash, type Simulator, startSimulator, wordsText } from '../../../src/simulator'
import { collect } from '../../helpers/collect'

let simulator: Simulator
let client: GoogleGenAI
const model = 'model-x'
const contents = 'What keeps the lamps lit?'
const weather: FunctionDeclaration = {
  name: 'weather',
  parametersJsonSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}
const tools = [{ functionDeclarations: [weather] }]
const forced = { tools, toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } } }

/** Its own dispatcher looks for Node's in this realm's globals, where Jest has none. */
const clientOf = (provider: string, apiKey: string): GoogleGenAI =>
  new GoogleGenAI({
    apiKey,
    httpOptions: {
      baseUrl: `${simulator.url}/${provider}`,
      fetch: (url, init = {}) => {
        delete init.dispatcher
        return fetch(url, init)
      },
    },
  })

beforeAll(async () => {
  simulator = await startSimulator({ keys: { closed: ['right'] } })
  client = clientOf('alpha', 'test')
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const streamed = async (request: Parameters<GoogleGenAI['models']['generateContentStream']>[0]) =>
  collect(await client.models.generateContentStream(request))
const partsOf = (chunks: GenerateContentResponse[]) =>
  chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
const textOf = (chunks: GenerateContentResponse[]) =>
  partsOf(chunks)
    .map(({ text }) => text ?? '')
    .join('')

it('gets the default answer with usage, by the path and the key of the real one', async () => {
  const answer = await client.models.generateContent({ model, contents })
  expect(answer.text).toBe('Simulated answer from alpha/model-x to "What keeps the lamps lit?"')
  expect(answer).toMatchObject({
    candidates: [{ finishReason: 'STOP' }],
    usageMetadata: { totalTokenCount: expect.any(Number) },
    modelVersion: model,
    responseId: 'sim_0',
  })
  expect(simulator.calls()).toMatchObject([
    {
      path: '/alpha/v1beta/models/model-x:generateContent',
      api: 'gemini',
      model,
      stream: false,
      authorization: 'x-goog-api-key',
      keyHash: keyHash('test'),
    },
  ])
})

it('streams the scripted words, counts and the finish reason with the last event', async () => {
  simulator.script('alpha', [
    { words: 50, usage: { inputTokens: 9, outputTokens: 54, cachedInputTokens: 3, reasoningTokens: 4 } },
  ])
  const chunks = await streamed({ model, contents })
  expect(textOf(chunks)).toBe(wordsText(50))
  expect(chunks.slice(0, -1).some(({ candidates }) => candidates?.[0]?.finishReason)).toBe(false)
  expect(chunks.at(-1)).toMatchObject({
    candidates: [{ finishReason: 'STOP' }],
    usageMetadata: {
      promptTokenCount: 9,
      candidatesTokenCount: 50,
      thoughtsTokenCount: 4,
      cachedContentTokenCount: 3,
    },
  })
  expect(simulator.calls()).toMatchObject([{ stream: true, outcome: 'answered' }])
})

it.each([false, true])(
  'calls a forced tool, and answers when its content and the result go back (stream: %s)',
  async (stream) => {
    const signing = 'gemini-3.8-flash'
    const request = { model: signing, contents, config: forced }
    const chunks = stream ? await streamed(request) : [await client.models.generateContent(request)]
    const said = partsOf(chunks).find(({ functionCall }) => functionCall)
    expect(said).toMatchObject({
      functionCall: { name: 'weather', args: { city: expect.any(String) } },
      thoughtSignature: expect.any(String),
    })
    if (said?.functionCall === undefined) throw new Error('no call')
    const { id, name } = said.functionCall
    const history = (call: object): Content[] => [
      { role: 'user', parts: [{ text: contents }] },
      { role: 'model', parts: [call] },
      { role: 'user', parts: [{ functionResponse: { id, name, response: { output: 'rain' } } }] },
    ]
    const last = await client.models.generateContent({
      model: signing,
      contents: history(said),
      config: { tools },
    })
    expect(last.text).toContain('What keeps the lamps lit?')
    for (const wrong of [{}, { thoughtSignature: 'YW5vdGhlcg==' }])
      await expect(
        client.models.generateContent({
          model: signing,
          contents: history({ functionCall: said.functionCall, ...wrong }),
        }),
      ).rejects.toThrow(/thought.signature/)
  },
)

it('streams a text and parallel tool calls', async () => {
  const toolCalls = [
    { name: 'weather', arguments: { city: 'Łódź', days: [1, 2, 3] } },
    { name: 'weather', arguments: { city: '東京' } },
  ]
  simulator.script('alpha', [{ answer: 'Let me look.', toolCalls, cosmetics: ['pings'] }])
  const chunks = await streamed({ model, contents, config: { tools } })
  expect(textOf(chunks)).toBe('Let me look.')
  expect(chunks.flatMap(({ functionCalls = [] }) => functionCalls.map(({ args }) => args))).toEqual(
    toolCalls.map((call) => call.arguments),
  )
})

it('answers JSON that fits the schema of the request', async () => {
  const responseJsonSchema = {
    type: 'object',
    properties: { title: { type: 'string' }, score: { type: 'integer', minimum: 7 } },
    required: ['title', 'score'],
  }
  const config = {
    responseMimeType: 'application/json',
    responseJsonSchema,
    thinkingConfig: { thinkingLevel: ThinkingLevel.LOW, includeThoughts: true },
  }
  const answer = await client.models.generateContent({ model, contents, config })
  expect(JSON.parse(answer.text ?? '')).toEqual({ title: expect.any(String), score: 7 })
})

it.each([
  ['length', 'MAX_TOKENS'],
  ['content_filter', 'SAFETY'],
] as const)('finish %s is %s', async (finish, finishReason) => {
  simulator.script('alpha', [{ answer: 'Half', finish }])
  const answer = await client.models.generateContent({ model, contents })
  expect(answer).toMatchObject({ text: 'Half', candidates: [{ finishReason }] })
})

it.each([
  ['unauthorized', 400, 'API_KEY_INVALID'],
  ['model_not_found', 404, 'models/model-x is not found'],
  ['rate_limited', 429, 'PerMinute'],
  ['quota_exhausted', 429, 'PerDay'],
  ['overloaded', 503, 'UNAVAILABLE'],
] as const)('%s reaches the client as an error of its status', async (fault, status, word) => {
  simulator.script('alpha', [{ fault }])
  const error: unknown = await client.models.generateContent({ model, contents }).catch((caught) => caught)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status, message: expect.stringContaining(word) })
})

it('an error in the stream reaches the client', async () => {
  simulator.script('alpha', [{ words: 9, errorEvent: { after: 4, message: 'Too much' } }])
  await expect(streamed({ model, contents })).rejects.toThrow('Too much')
})

it('a key that is not taken is refused as Google refuses it', async () => {
  await expect(clientOf('closed', 'wrong').models.generateContent({ model, contents })).rejects.toMatchObject(
    { status: 400 },
  )
})

it.each([
  ['no contents', []],
  ['a content without parts', [{ role: 'user', parts: [] }]],
  ['a role of another API', [{ role: 'assistant', parts: [{ text: 'Hi' }] }]],
  ['a call without a result', [{ role: 'model', parts: [{ functionCall: { name: 'f', args: {} } }] }]],
  ['a result without a call', [{ role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] }]],
])('refuses %s', async (_, wrong) => {
  const answered = await fetch(`${simulator.url}/alpha/v1beta/models/${model}:generateContent`, {
    method: 'POST',
    body: JSON.stringify({ contents: wrong }),
  })
  expect(answered.status).toBe(400)
  expect(await answered.json()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } })
})

it('refuses a name that Google does not know', async () => {
  const config = { httpOptions: { extraBody: { stream: true } } }
  await expect(client.models.generateContent({ model, contents, config })).rejects.toThrow('Unknown name')
})

it('cosmetics do not change the text', async () => {
  simulator.script('alpha', [
    { words: 80, cosmetics: ['gzip', 'odd_chunks', 'split_utf8', 'crlf', 'comments', 'pings'] },
  ])
  expect((await client.models.generateContent({ model, contents })).text).toBe(wordsText(80))
  expect(textOf(await streamed({ model, contents }))).toBe(wordsText(80))
})
