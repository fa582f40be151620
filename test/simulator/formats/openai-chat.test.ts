/** OpenAI's official client calls the simulator, which shows that both use the same protocol. */
import OpenAI from 'openai'
import { type Simulator, startSimulator, wordsText } from '../../../src/simulator'
import { collect } from '../../helpers/collect'

let simulator: Simulator
let client: OpenAI
const messages = [{ role: 'user' as const, content: 'What keeps the lamps lit?' }]
const model = 'model-x'
const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
}

beforeAll(async () => {
  simulator = await startSimulator()
  const fromEnvironment = { organization: null, project: null }
  const baseURL = simulator.baseUrl('alpha')
  client = new OpenAI({ baseURL, apiKey: 'sk-test', maxRetries: 0, ...fromEnvironment })
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

describe('openai client, chat', () => {
  it('gets the default answer with usage and a finish reason', async () => {
    const answer = await client.chat.completions.create({ model, messages })
    expect(answer.object).toBe('chat.completion')
    expect(answer.choices[0]?.message.content).toBe(
      'Simulated answer from alpha/model-x to "What keeps the lamps lit?"',
    )
    expect(answer.choices[0]?.finish_reason).toBe('stop')
    expect(answer.usage?.total_tokens).toBeGreaterThan(10)
    expect(answer._request_id).toBe('req_sim_0')
  })

  it('streams the scripted words, role first, finish reason and usage last', async () => {
    simulator.script('alpha', [{ words: 50 }])
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = await collect(stream)
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant')
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(wordsText(50))
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.at(-1)?.choices).toEqual([])
    expect(chunks.at(-1)?.usage?.completion_tokens).toBeGreaterThan(10)
  })

  it('sends no usage chunk unless it is requested', async () => {
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    const chunks = await collect(stream)
    expect(chunks.every((chunk) => chunk.usage === undefined)).toBe(true)
  })

  it('calls a forced tool with arguments that fit, and answers when the result is sent back', async () => {
    const withTools = await client.chat.completions.create({
      model,
      messages,
      tools: [weather],
      tool_choice: 'required',
    })
    const message = withTools.choices[0]?.message
    const call = message?.tool_calls?.[0]
    if (message === undefined || call?.type !== 'function') throw new Error('no tool call')
    expect(withTools.choices[0]?.finish_reason).toBe('tool_calls')
    expect(JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String) })

    const answer = await client.chat.completions.create({
      model,
      messages: [...messages, message, { role: 'tool', tool_call_id: call.id, content: 'rain' }],
      tools: [weather],
    })
    expect(answer.choices[0]?.message.content).toContain('Simulated answer')
  })

  it('refuses a tool result that answers no call', async () => {
    const stray = { role: 'tool' as const, tool_call_id: 'call_none', content: 'rain' }
    const withTools = client.chat.completions.create({ model, messages: [...messages, stray] })
    await expect(withTools).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' })
  })

  it('streams parallel tool calls that the client puts together', async () => {
    const toolCalls = [
      { name: 'weather', arguments: { city: 'Łódź', days: [1, 2, 3] } },
      { name: 'weather', arguments: { city: '東京' } },
    ]
    simulator.script('alpha', [{ answer: 'Let me look.', toolCalls }])
    const stream = client.chat.completions.stream({ model, messages, tools: [weather] })
    const { choices } = await stream.finalChatCompletion()
    expect(choices[0]?.message.content).toBe('Let me look.')
    const calls = choices[0]?.message.tool_calls ?? []
    expect(calls.map((call) => call.type === 'function' && JSON.parse(call.function.arguments))).toEqual(
      toolCalls.map((call) => call.arguments),
    )
    expect(choices[0]?.finish_reason).toBe('tool_calls')
  })

  it('answers JSON that fits the schema of response_format', async () => {
    const schema = {
      type: 'object',
      properties: {
        title: { type: 'string' },
        priority: { enum: ['low', 'high'] },
        tags: { type: 'array', items: { type: 'string' }, minItems: 2 },
        score: { type: 'integer', minimum: 7 },
      },
      required: ['title', 'priority', 'tags', 'score'],
      additionalProperties: false,
    }
    const answer = await client.chat.completions.create({
      model,
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'ticket', schema, strict: true } },
    })
    const parsed = JSON.parse(answer.choices[0]?.message.content ?? '')
    expect(parsed).toEqual({
      title: expect.any(String),
      priority: 'low',
      tags: [expect.any(String), expect.any(String)],
      score: 7,
    })
  })

  it.each([
    ['unauthorized', OpenAI.AuthenticationError, 'invalid_api_key'],
    ['forbidden', OpenAI.PermissionDeniedError, 'model_not_allowed'],
    ['model_not_found', OpenAI.NotFoundError, 'model_not_found'],
    ['rate_limited', OpenAI.RateLimitError, 'rate_limit_exceeded'],
    ['quota_exhausted', OpenAI.RateLimitError, 'insufficient_quota'],
    ['context_too_long', OpenAI.BadRequestError, 'context_length_exceeded'],
    ['server_error', OpenAI.InternalServerError, null],
    ['overloaded', OpenAI.InternalServerError, null],
  ] as const)('%s reaches the client as its own error class', async (fault, type, code) => {
    simulator.script('alpha', [{ fault }])
    const error: unknown = await client.chat.completions.create({ model, messages }).catch((caught) => caught)
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ code })
  })

  it('an error event inside a 200 stream reaches the client as an error', async () => {
    simulator.script('alpha', [{ words: 20, errorEvent: { after: 5 } }])
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    let words = 0
    const read = async () => {
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) words += 1
    }
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError)
    expect(words).toBe(5)
  })

  it.each([
    ['gzip', ['gzip']],
    ['bytes cut anywhere', ['odd_chunks']],
    ['characters cut in two', ['split_utf8']],
    ['CRLF', ['crlf']],
    ['comments and empty chunks', ['comments', 'pings']],
    ['all at once', ['gzip', 'odd_chunks', 'split_utf8', 'crlf', 'comments', 'pings']],
  ] as const)('cosmetics do not change the text: %s', async (_name, cosmetics) => {
    simulator.script('alpha', [{ words: 80, cosmetics: [...cosmetics] }])
    const stream = await client.chat.completions.create({ model, messages, stream: true })
    const chunks = await collect(stream)
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(wordsText(80))
    const whole = await client.chat.completions.create({ model, messages })
    expect(whole.choices[0]?.message.content).toBe(wordsText(80))
    expect(simulator.calls({ outcome: 'answered' })).toHaveLength(2)
  })

  it('lists models', async () => {
    simulator.script('alpha/meta-llama/Llama-3.3-70B', [{}])
    const models = await collect(client.models.list())
    expect(models.map(({ id }) => id)).toEqual(['meta-llama/Llama-3.3-70B'])
  })
})

describe('openai client, completions', () => {
  it('gets a text, whole and streamed', async () => {
    simulator.script('alpha', [{ words: 40, finish: 'length' }])
    const prompt = 'Once upon a time'
    const whole = await client.completions.create({ model, prompt })
    expect(whole.choices[0]).toMatchObject({ text: wordsText(40), finish_reason: 'length' })
    const chunks = await collect(await client.completions.create({ model, prompt, stream: true }))
    expect(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join('')).toBe(wordsText(40))
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('length')
  })
})
