/** Anthropic's official client calls the simulator, which shows that both use the same protocol. */
import Anthropic from '@anthropic-ai/sdk'
import { keyHash, type Simulator, startSimulator, wordsText } from '../../../src/simulator'
import { collect } from '../../helpers/collect'

let simulator: Simulator
let client: Anthropic
const request = {
  model: 'model-y',
  max_tokens: 500,
  messages: [{ role: 'user' as const, content: 'What keeps the lamps lit?' }],
}
const weather = {
  name: 'weather',
  input_schema: {
    type: 'object' as const,
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
    required: ['city', 'days'],
  },
}

beforeAll(async () => {
  simulator = await startSimulator({ noPrefill: ['beta/no-prefill'] })
  // The client adds /v1 itself.
  const baseURL = `${simulator.url}/beta`
  client = new Anthropic({ baseURL, apiKey: 'key-one', maxRetries: 0 })
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const textOf = (message: Anthropic.Message) =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')

describe('anthropic client', () => {
  it('gets the default answer with usage and a stop reason', async () => {
    const message = await client.messages.create(request)
    expect(textOf(message)).toBe('Simulated answer from beta/model-y to "What keeps the lamps lit?"')
    expect(message.stop_reason).toBe('end_turn')
    expect(message.usage.output_tokens).toBeGreaterThan(5)
    expect(message._request_id).toBe('req_sim_0')
    expect(simulator.calls()[0]).toMatchObject({ api: 'anthropic-messages', keyHash: keyHash('key-one') })
  })

  it('streams the scripted words that the client puts together', async () => {
    const usage = { inputTokens: 100, outputTokens: 70, cachedInputTokens: 40, reasoningTokens: 8 }
    simulator.script('beta', [{ words: 50, finish: 'length', usage }])
    const message = await client.messages.stream(request).finalMessage()
    expect(textOf(message)).toBe(wordsText(50))
    expect(message.stop_reason).toBe('max_tokens')
    expect(message.usage).toMatchObject({
      input_tokens: 60,
      cache_read_input_tokens: 40,
      output_tokens: 70,
    })
  })

  it('streams events in the documented order', async () => {
    simulator.script('beta', [{ answer: 'two words' }])
    const stream = await client.messages.create({ ...request, stream: true })
    const types = (await collect(stream)).map(({ type }) => type)
    expect(types).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
  })

  it('calls a forced tool with arguments that fit, and answers when the result is sent back', async () => {
    const withTools = await client.messages.create({
      ...request,
      tools: [weather],
      tool_choice: { type: 'any' },
    })
    const call = withTools.content[0]
    if (call?.type !== 'tool_use') throw new Error('no tool call')
    expect(withTools.stop_reason).toBe('tool_use')
    expect(call.input).toEqual({ city: expect.any(String), days: 1 })

    const answer = await client.messages.create({
      ...request,
      tools: [weather],
      messages: [
        ...request.messages,
        { role: 'assistant', content: withTools.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'rain' }] },
      ],
    })
    expect(textOf(answer)).toBe('Simulated answer from beta/model-y to "rain"')
  })

  it('streams text and parallel tool calls in blocks of their own', async () => {
    const toolCalls = [
      { name: 'weather', arguments: { city: 'Łódź', days: 2 } },
      { name: 'weather', arguments: { city: '東京', days: 3 } },
    ]
    simulator.script('beta', [{ answer: 'Let me look.', toolCalls }])
    const message = await client.messages.stream({ ...request, tools: [weather] }).finalMessage()
    expect(textOf(message)).toBe('Let me look.')
    const inputs = message.content.flatMap((block) => (block.type === 'tool_use' ? [block.input] : []))
    expect(inputs).toEqual(toolCalls.map((call) => call.arguments))
  })

  it('answers JSON that fits the schema of output_config', async () => {
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] }
    const message = await client.messages.create({
      ...request,
      output_config: { format: { type: 'json_schema', schema } },
    })
    expect(JSON.parse(textOf(message))).toEqual({ ok: true })
  })

  it('continues a prefill that the scripted text begins with', async () => {
    simulator.script('beta', [{ words: 30 }])
    const prefill = wordsText(12)
    const messages = [...request.messages, { role: 'assistant' as const, content: prefill }]
    const whole = await client.messages.create({ ...request, messages })
    expect(prefill + textOf(whole)).toBe(wordsText(30))
    const streamed = await client.messages.stream({ ...request, messages }).finalMessage()
    expect(prefill + textOf(streamed)).toBe(wordsText(30))
  })

  it('refuses a prefill that ends in a space, and any where the model takes none', async () => {
    const withPrefill = (content: string) => [...request.messages, { role: 'assistant' as const, content }]
    await expect(client.messages.create({ ...request, messages: withPrefill('The ') })).rejects.toThrow(
      'trailing whitespace',
    )
    const refused = client.messages.create({
      ...request,
      model: 'no-prefill',
      messages: withPrefill('The'),
    })
    await expect(refused).rejects.toThrow('does not support assistant message prefill')
  })

  it.each([
    ['unauthorized', Anthropic.AuthenticationError, 'authentication_error'],
    ['forbidden', Anthropic.PermissionDeniedError, 'permission_error'],
    ['model_not_found', Anthropic.NotFoundError, 'not_found_error'],
    ['rate_limited', Anthropic.RateLimitError, 'rate_limit_error'],
    ['quota_exhausted', Anthropic.BadRequestError, 'invalid_request_error'],
    ['context_too_long', Anthropic.BadRequestError, 'invalid_request_error'],
    ['server_error', Anthropic.InternalServerError, 'api_error'],
    ['overloaded', Anthropic.InternalServerError, 'overloaded_error'],
  ] as const)('%s reaches the client as its own error class', async (fault, type, errorType) => {
    simulator.script('beta', [{ fault }])
    const error: unknown = await client.messages.create(request).catch((caught) => caught)
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ type: errorType, requestID: 'req_sim_0' })
  })

  it('an error event inside a 200 stream reaches the client as an error', async () => {
    simulator.script('beta', [{ words: 20, errorEvent: { after: 5 } }])
    await expect(client.messages.stream(request).finalMessage()).rejects.toMatchObject({
      type: 'overloaded_error',
    })
  })

  it.each([
    ['gzip', ['gzip']],
    ['bytes cut anywhere', ['odd_chunks']],
    ['characters cut in two', ['split_utf8']],
    ['CRLF', ['crlf']],
    ['comments and pings', ['comments', 'pings']],
  ] as const)('cosmetics do not change the text: %s', async (_name, cosmetics) => {
    simulator.script('beta', [{ words: 80, cosmetics: [...cosmetics] }])
    expect(textOf(await client.messages.stream(request).finalMessage())).toBe(wordsText(80))
    expect(textOf(await client.messages.create(request))).toBe(wordsText(80))
  })

  it('refuses what the real one refuses', async () => {
    const post = (body: unknown, headers: { [name: string]: string }) =>
      fetch(`${simulator.baseUrl('beta')}/messages`, { method: 'POST', headers, body: JSON.stringify(body) })
    const version = { 'anthropic-version': '2023-06-01' }
    const { max_tokens: _, ...noMaximum } = request
    const noMessages = { ...request, messages: [] }
    const system = { ...request, messages: [{ role: 'system', content: 'x' }] }
    const answers = await Promise.all([
      post(request, {}),
      post(noMaximum, version),
      post(noMessages, version),
      post(system, version),
    ])
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400])
    const errors = await Promise.all(answers.map(async (answer) => JSON.stringify(await answer.json())))
    expect(errors).toEqual([
      expect.stringContaining('anthropic-version'),
      expect.stringContaining('max_tokens'),
      expect.stringContaining('at least one message'),
      expect.stringContaining("'user' or 'assistant'"),
    ])
  })

  it('lists models in its own shape', async () => {
    simulator.script('beta/model-y', [{}])
    const models = await collect(client.models.list())
    expect(models.map(({ id, type }) => ({ id, type }))).toEqual([{ id: 'model-y', type: 'model' }])
  })
})
