/** OpenAI's official client calls the simulator's Responses API, which shows that both use the same protocol. */
import OpenAI from 'openai'
import { type Simulator, startSimulator, wordsText } from '../../../src/simulator'
import { collect } from '../../helpers/collect'

let simulator: Simulator
let client: OpenAI
const model = 'model-x'
const input = 'What keeps the lamps lit?'
const weather = {
  type: 'function' as const,
  name: 'weather',
  strict: false,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
}

beforeAll(async () => {
  simulator = await startSimulator()
  const fromEnvironment = { organization: null, project: null }
  const baseURL = simulator.baseUrl('alpha')
  client = new OpenAI({ baseURL, apiKey: 'sk-test', maxRetries: 0, ...fromEnvironment })
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

it('gets the default answer with usage and status', async () => {
  const answer = await client.responses.create({ model, input })
  expect(answer).toMatchObject({
    object: 'response',
    status: 'completed',
    output_text: 'Simulated answer from alpha/model-x to "What keeps the lamps lit?"',
    usage: { total_tokens: expect.any(Number) },
    _request_id: 'req_sim_0',
  })
})

it('streams the scripted words in events that are numbered without a gap', async () => {
  simulator.script('alpha', [
    { words: 50, usage: { inputTokens: 9, outputTokens: 50, cachedInputTokens: 3, reasoningTokens: 4 } },
  ])
  const events = await collect(await client.responses.create({ model, input, stream: true }))
  const types = events.map(({ type }) => type)
  expect(types.slice(0, 5)).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.delta',
  ])
  expect(types.slice(-4)).toEqual([
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ])
  expect(
    events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join(''),
  ).toBe(wordsText(50))
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, number) => number))
  expect(events.at(-1)).toMatchObject({
    response: {
      usage: {
        input_tokens: 9,
        input_tokens_details: { cached_tokens: 3 },
        output_tokens_details: { reasoning_tokens: 4 },
      },
    },
  })
})

it('numbers what stands between its events: keepalives, and an error', async () => {
  simulator.script('alpha', [{ words: 9, cosmetics: ['pings', 'comments'], errorEvent: { after: 4 } }])
  const events: OpenAI.Responses.ResponseStreamEvent[] = []
  const read = async (): Promise<void> => {
    for await (const event of await client.responses.create({ model, input, stream: true }))
      events.push(event)
  }
  // The client throws what the last event says.
  const { error } = await read().catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'server_error', param: null, sequence_number: events.length })
  expect(events.filter(({ type }) => (type as string) === 'keepalive')).toHaveLength(4)
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, number) => number))
})

it('calls a forced tool with arguments that fit, and answers when the result is sent back', async () => {
  const first = await client.responses.create({ model, input, tools: [weather], tool_choice: 'required' })
  const call = first.output.find((item) => item.type === 'function_call')
  if (call?.type !== 'function_call') throw new Error('no tool call')
  expect(JSON.parse(call.arguments)).toEqual({ city: expect.any(String) })
  const answer = await client.responses.create({
    model,
    input: [
      { role: 'user', content: input },
      call,
      { type: 'function_call_output', call_id: call.call_id, output: 'rain' },
    ],
    tools: [weather],
  })
  expect(answer.output_text).toContain('Simulated answer')
})

it.each([
  ['a result that answers no call', [{ type: 'function_call_output', call_id: 'a', output: '' }]],
  ['a call without a result', [{ type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }]],
] as const)('refuses %s', async (_, items) => {
  const wrong = client.responses.create({ model, input: [{ role: 'user', content: input }, ...items] })
  await expect(wrong).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' })
})

it('refuses fewer tokens than OpenAI takes', async () => {
  const wrong = client.responses.create({ model, input, max_output_tokens: 1 })
  await expect(wrong).rejects.toMatchObject({ code: 'integer_below_min_value' })
})

it('streams a text and parallel tool calls that the client’s stream helper puts together', async () => {
  const toolCalls = [
    { name: 'weather', arguments: { city: 'Łódź', days: [1, 2, 3] } },
    { name: 'weather', arguments: { city: '東京' } },
  ]
  simulator.script('alpha', [{ answer: 'Let me look.', toolCalls, cosmetics: ['pings'] }])
  const answer = await client.responses.stream({ model, input, tools: [weather] }).finalResponse()
  expect(answer.output_text).toBe('Let me look.')
  const calls = answer.output.flatMap((item) =>
    item.type === 'function_call' ? [JSON.parse(item.arguments)] : [],
  )
  expect(calls).toEqual(toolCalls.map((call) => call.arguments))
  expect(answer.status).toBe('completed')
})

it('answers JSON that fits the schema of text.format', async () => {
  const schema = {
    type: 'object',
    properties: { title: { type: 'string' }, score: { type: 'integer', minimum: 7 } },
    required: ['title', 'score'],
    additionalProperties: false,
  }
  const answer = await client.responses.parse({
    model,
    input,
    text: { format: { type: 'json_schema', name: 'ticket', schema, strict: true } },
  })
  expect(JSON.parse(answer.output_text)).toEqual({ title: expect.any(String), score: 7 })
})

it.each([
  ['length', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
] as const)('finish %s is an incomplete response', async (finish, reason) => {
  simulator.script('alpha', [{ answer: 'Half', finish }])
  const ends = { status: 'incomplete', output_text: 'Half', incomplete_details: { reason } }
  expect(await client.responses.create({ model, input })).toMatchObject(ends)
  expect(await client.responses.stream({ model, input }).finalResponse()).toMatchObject(ends)
})

it.each([
  ['unauthorized', OpenAI.AuthenticationError, 'invalid_api_key'],
  ['model_not_found', OpenAI.NotFoundError, 'model_not_found'],
  ['rate_limited', OpenAI.RateLimitError, 'rate_limit_exceeded'],
  ['context_too_long', OpenAI.BadRequestError, 'context_length_exceeded'],
  ['overloaded', OpenAI.InternalServerError, null],
] as const)('%s reaches the client as its own error class', async (fault, type, code) => {
  simulator.script('alpha', [{ fault }])
  const error: unknown = await client.responses.create({ model, input }).catch((caught) => caught)
  expect(error).toBeInstanceOf(type)
  expect(error).toMatchObject({ code })
})

it('cosmetics do not change the text', async () => {
  simulator.script('alpha', [
    { words: 80, cosmetics: ['gzip', 'odd_chunks', 'split_utf8', 'crlf', 'comments', 'pings'] },
  ])
  const streamed = await client.responses.stream({ model, input }).finalResponse()
  expect(streamed.output_text).toBe(wordsText(80))
  expect((await client.responses.create({ model, input })).output_text).toBe(wordsText(80))
  expect(simulator.calls({ outcome: 'answered', api: 'openai-responses' })).toHaveLength(2)
})

describe('in the background', () => {
  it('answers at once, and with the whole response when it is made', async () => {
    simulator.script('alpha', [{ words: 3, tokenLatency: '20ms' }])
    const begun = await client.responses.create({ model, input, background: true })
    expect(begun).toMatchObject({ status: 'queued', background: true, output: [] })
    await simulator.waitForCalls(1, { outcome: 'answered' })
    const whole = await client.responses.retrieve(begun.id)
    expect(whole).toMatchObject({ id: begun.id, status: 'completed', output_text: wordsText(3) })
    expect(simulator.calls()).toHaveLength(1)
  })

  it('is made to its end when its reader has hung up, and read again from any event', async () => {
    simulator.script('alpha', [{ words: 30, tokenLatency: '5ms', cut: { after: 4 } }])
    const cut = collect(await client.responses.create({ model, input, background: true, stream: true }))
    await expect(cut).rejects.toThrow()
    const [{ body: _, ...call }] = simulator.calls() as [ReturnType<Simulator['calls']>[0]]
    expect(call.outcome).toBe('in_flight')
    const id = 'resp_sim_0'
    const all = await collect(await client.responses.retrieve(id, { stream: true }))
    expect(all.map((event) => event.sequence_number)).toEqual(all.map((_, number) => number))
    expect(all.at(-1)).toMatchObject({ type: 'response.completed', response: { id } })
    const words = all.flatMap((event) => (event.type === 'response.output_text.delta' ? event.delta : []))
    expect(words.join('')).toBe(wordsText(30))
    const rest = await collect(await client.responses.retrieve(id, { stream: true, starting_after: 10 }))
    expect(rest).toEqual(all.slice(11))
    expect(simulator.calls({ outcome: 'answered' })).toHaveLength(1)
  })

  it('ends when it is cancelled, and its reader with it', async () => {
    simulator.script('alpha', [{ words: 3, tokenLatency: '1h' }])
    const stream = await client.responses.create({ model, input, background: true, stream: true })
    const events = collect(stream)
    expect(await client.responses.cancel('resp_sim_0')).toMatchObject({ status: 'cancelled', output: [] })
    expect((await events).at(-1)?.type).toBe('response.content_part.added')
    expect(simulator.calls({ outcome: 'client_aborted' })).toHaveLength(1)
  })

  it.each([
    ['a response that nobody knows', () => client.responses.retrieve('resp_unknown'), 404],
    [
      'one that is not kept',
      () => client.responses.create({ model, input, background: true, store: false }),
      400,
    ],
  ])('refuses %s', async (_, call, status) => {
    await expect(call()).rejects.toMatchObject({ status })
  })

  it('streams no events of a response that was not created as a stream', async () => {
    const { id } = await client.responses.create({ model, input, background: true })
    await expect(client.responses.retrieve(id, { stream: true })).rejects.toMatchObject({ status: 400 })
  })
})
