/** AWS's official client calls the simulator's Converse API, which shows that both use the same protocol. */
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type Simulator, startSimulator, wordsText } from '../../../src/simulator'
import { collect } from '../../helpers/collect'

let simulator: Simulator
let client: BedrockRuntimeClient
/** An ARN: the client writes its colons and slashes into one segment of the path. */
const modelId = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-2-lite-v1:0'
const messages = [{ role: 'user' as const, content: [{ text: 'What keeps the lamps lit?' }] }]
const toolConfig = {
  tools: [
    {
      toolSpec: {
        name: 'weather',
        inputSchema: {
          json: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      },
    },
  ],
}

beforeAll(async () => {
  simulator = await startSimulator()
  client = new BedrockRuntimeClient({
    region: 'us-east-1',
    // Its default is HTTP/2.
    requestHandler: new NodeHttpHandler(),
    endpoint: simulator.baseUrl('alpha'),
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    authSchemePreference: ['sigv4'],
    maxAttempts: 1,
  })
})
afterAll(async () => {
  client.destroy()
  await simulator.close()
})
beforeEach(() => simulator.reset())

const converse = (more: Partial<ConverseCommandInput> = {}) =>
  client.send(new ConverseCommand({ modelId, messages, ...more }))

async function streamed(more: Partial<ConverseCommandInput> = {}): Promise<ConverseStreamOutput[]> {
  const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages, ...more }))
  if (stream === undefined) throw new Error('no stream')
  return collect(stream)
}

const textOf = (events: ConverseStreamOutput[]): string =>
  events.map((event) => event.contentBlockDelta?.delta?.text ?? '').join('')

it('gets the default answer with usage and the request’s id', async () => {
  const answer = await converse()
  expect(answer).toMatchObject({
    stopReason: 'end_turn',
    usage: { totalTokens: expect.any(Number) },
    $metadata: { requestId: 'req_sim_0' },
  })
  expect(answer.output?.message?.content).toEqual([
    { text: `Simulated answer from alpha/${modelId} to "What keeps the lamps lit?"` },
  ])
  expect(simulator.calls()).toMatchObject([
    { model: modelId, api: 'bedrock', stream: false, authorization: 'sigv4' },
  ])
})

it('streams the scripted words in frames, and the usage behind the end', async () => {
  simulator.script('alpha', [
    { words: 50, usage: { inputTokens: 9, outputTokens: 50, cachedInputTokens: 3 } },
  ])
  const events = await streamed()
  expect(textOf(events)).toBe(wordsText(50))
  expect(events[0]).toEqual({ messageStart: { role: 'assistant' } })
  expect(events.slice(-3)).toMatchObject([
    { contentBlockStop: { contentBlockIndex: 0 } },
    { messageStop: { stopReason: 'end_turn' } },
    { metadata: { usage: { inputTokens: 6, outputTokens: 50, totalTokens: 59, cacheReadInputTokens: 3 } } },
  ])
})

it('calls a forced tool with arguments that fit, and answers when the result is sent back', async () => {
  const first = await converse({ toolConfig: { ...toolConfig, toolChoice: { any: {} } } })
  const content = first.output?.message?.content ?? []
  const call = content[0]?.toolUse
  expect(call?.input).toEqual({ city: expect.any(String) })
  const result = { toolUseId: call?.toolUseId, content: [{ text: 'rain' }] }
  const history = [
    ...messages,
    { role: 'assistant' as const, content },
    { role: 'user' as const, content: [{ toolResult: result }] },
  ]
  expect(await converse({ messages: history, toolConfig })).toMatchObject({ stopReason: 'end_turn' })
  await expect(converse({ messages: history })).rejects.toThrow('The toolConfig field must be defined')
})

it('streams a text and parallel tool calls in blocks of their own', async () => {
  const toolCalls = [
    { name: 'weather', arguments: { city: 'Łódź', days: [1, 2, 3] } },
    { name: 'weather', arguments: { city: '東京' } },
  ]
  simulator.script('alpha', [{ answer: 'Let me look.', toolCalls, cosmetics: ['pings', 'odd_chunks'] }])
  const events = await streamed({ toolConfig })
  expect(textOf(events)).toBe('Let me look.')
  const inputs = [1, 2].map((block) =>
    events
      .map(({ contentBlockDelta: one }) =>
        one?.contentBlockIndex === block ? (one.delta?.toolUse?.input ?? '') : '',
      )
      .join(''),
  )
  expect(inputs.map((json) => JSON.parse(json))).toEqual(toolCalls.map((call) => call.arguments))
  expect(events.at(-2)).toMatchObject({ messageStop: { stopReason: 'tool_use' } })
})

it('answers JSON that fits the schema of outputConfig', async () => {
  const schema = {
    type: 'object',
    properties: { title: { type: 'string' }, score: { type: 'integer', minimum: 7 } },
    required: ['title', 'score'],
    additionalProperties: false,
  }
  const jsonSchema = { name: 'ticket', schema: JSON.stringify(schema) }
  const { output } = await converse({
    outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } },
  })
  expect(JSON.parse(output?.message?.content?.[0]?.text ?? '')).toEqual({
    title: expect.any(String),
    score: 7,
  })
})

it.each([
  ['no messages', []],
  ['an answer first', [{ role: 'assistant' as const, content: [{ text: 'Hi.' }] }]],
  ['two turns of one', [...messages, ...messages]],
  ['a blank text', [{ role: 'user' as const, content: [{ text: ' ' }] }]],
])('refuses %s', async (_, wrong) => {
  await expect(converse({ messages: wrong })).rejects.toMatchObject({ name: 'ValidationException' })
})

it.each([
  ['unauthorized', 'UnrecognizedClientException', 403],
  ['forbidden', 'AccessDeniedException', 403],
  ['model_not_found', 'ResourceNotFoundException', 404],
  ['context_too_long', 'ValidationException', 400],
  ['rate_limited', 'ThrottlingException', 429],
  ['overloaded', 'ServiceUnavailableException', 503],
  ['server_error', 'InternalServerException', 500],
] as const)('%s reaches the client as its own error class', async (fault, name, httpStatusCode) => {
  simulator.script('alpha', [{ fault }])
  await expect(converse()).rejects.toMatchObject({ name, $metadata: { httpStatusCode } })
})

it.each([
  [{ after: 2 }, 'ServiceUnavailableException'],
  [{ after: 2, type: 'ThrottlingException', message: 'slow' }, 'ThrottlingException'],
])('an error in the stream is an exception of the client’s: %j', async (errorEvent, name) => {
  simulator.script('alpha', [{ words: 9, errorEvent }])
  await expect(streamed()).rejects.toMatchObject({ name })
})

it('takes a bearer key, and distinguishes keys without keeping them', async () => {
  const bearer = new BedrockRuntimeClient({
    region: 'us-east-1',
    // Its default is HTTP/2.
    requestHandler: new NodeHttpHandler(),
    endpoint: simulator.baseUrl('alpha'),
    token: { token: 'bedrock-api-key-1' },
    authSchemePreference: ['httpBearerAuth'],
  })
  await bearer.send(new ConverseCommand({ modelId, messages }))
  await converse()
  bearer.destroy()
  const [first, second] = simulator.calls()
  expect([first?.authorization, second?.authorization]).toEqual(['bearer', 'sigv4'])
  expect(first?.keyHash).not.toBe(second?.keyHash)
  expect(JSON.stringify(simulator.calls())).not.toMatch(/bedrock-api-key-1|AKIDEXAMPLE/)
})

it('cosmetics do not change the text', async () => {
  simulator.script('alpha', [
    { words: 80, cosmetics: ['odd_chunks', 'split_utf8', 'crlf', 'comments', 'pings'] },
  ])
  expect(textOf(await streamed())).toBe(wordsText(80))
  const { output } = await converse()
  expect(output?.message?.content).toEqual([{ text: wordsText(80) }])
  expect(simulator.calls({ outcome: 'answered', api: 'bedrock' })).toHaveLength(2)
})
