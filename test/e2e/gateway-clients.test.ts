/** The official clients run against the gateway, unchanged. */

import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { generateText, Output, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { z } from 'zod'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { type Stack, startStack } from '../helpers/stack'

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const USAGE = { inputTokens: 11, outputTokens: 7 }
const WEATHER = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } as const
const CALL = { name: 'weather', arguments: { city: 'Rome' }, id: 'call_1' }
const messages = [{ role: 'user' as const, content: 'Say hello' }]

let stack: Stack
let gateway: TestGateway
let openai: OpenAI
let anthropic: Anthropic
let alpha: ReturnType<typeof createOpenAICompatible>

beforeAll(async () => {
  stack = await startStack()
  gateway = await gatewayOver(stack)
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none', maxRetries: 0 })
  alpha = createOpenAICompatible({
    name: 'holdfast',
    baseURL: `${gateway.url}/v1`,
    includeUsage: true,
    supportsStructuredOutputs: true,
  })
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

describe('the openai client', () => {
  it('gets an answer, the target that gave it, its usage, and the fields of Holdfast', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ answer: 'Hello from beta', usage: USAGE }])
    const { data, response } = await openai.chat.completions
      .create({ model: 'default', messages })
      .withResponse()
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: 'beta/model-b',
      choices: [{ message: { role: 'assistant', content: 'Hello from beta' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
      holdfast: { route: 'default', served: 'provider' },
    })
    const id = response.headers.get('x-holdfast-generation')
    expect(data.id).toBe(`chatcmpl-${id}`)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-holdfast-target': 'beta/model-b',
      'x-holdfast-attempts': '3',
      'x-holdfast-cache': 'miss',
    })
  })

  it('streams, with the usage in a last chunk where it is requested', async () => {
    stack.simulator.script('alpha', [{ words: 40, usage: USAGE }])
    const stream = await openai.chat.completions.create({
      model: 'alpha/model-a',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks: OpenAI.ChatCompletionChunk[] = []
    for await (const chunk of stream) chunks.push(chunk)
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')
    expect(text.split(' ')).toHaveLength(40)
    expect(chunks.flatMap(({ choices }) => choices[0]?.finish_reason ?? [])).toEqual(['stop'])
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 18 } })
    const [call] = stack.simulator.calls()
    expect(call?.stream).toBe(true)
  })

  it.each([false, true])('calls tools and sends their results back (stream: %s)', async (stream) => {
    stack.simulator.script('alpha', [{ toolCalls: [CALL] }, { answer: 'Sunny' }])
    const tools = [{ type: 'function' as const, function: { name: 'weather', parameters: { ...WEATHER } } }]
    const chatRequest = { model: 'default', messages, tools }
    const { choices } = stream
      ? await openai.chat.completions.stream(chatRequest).finalChatCompletion()
      : await openai.chat.completions.create(chatRequest)
    const [choice] = choices
    expect(choice?.finish_reason).toBe('tool_calls')
    const [call] = choice?.message.tool_calls ?? []
    expect(call).toMatchObject({ id: 'call_1', function: { name: 'weather', arguments: '{"city":"Rome"}' } })
    if (choice === undefined || call === undefined) throw new Error('no call')
    const { choices: last } = await openai.chat.completions.create({
      ...chatRequest,
      messages: [...messages, choice.message, { role: 'tool', tool_call_id: call.id, content: '25 °C' }],
    })
    expect(last[0]?.message.content).toBe('Sunny')
  })

  it('sends images and gets JSON that fits a schema', async () => {
    stack.simulator.script('alpha', [{ answer: '{"city":"Rome"}' }])
    const { choices } = await openai.chat.completions.create({
      model: 'default',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Where is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
          ],
        },
      ],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'place', schema: { ...WEATHER, additionalProperties: false }, strict: true },
      },
    })
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ city: 'Rome' })
    expect(JSON.stringify(stack.simulator.calls()[0]?.body)).toContain(PIXEL)
  })

  it('throws errors with status, code and what Holdfast knows', async () => {
    stack.simulator.script('alpha', [{ status: 503 }])
    stack.simulator.script('beta', [{ status: 503 }])
    const failed = await openai.chat.completions
      .create({ model: 'default', messages })
      .catch((error) => error)
    expect(failed).toBeInstanceOf(OpenAI.InternalServerError)
    expect(failed).toMatchObject({ status: 503, error: { holdfast: { kind: 'all_failed', accepted: true } } })
    expect(Number(failed.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(failed.error.holdfast.attempts.length).toBeGreaterThanOrEqual(2)

    const unknown = await openai.chat.completions
      .create({ model: 'defualt', messages })
      .catch((error) => error)
    expect(unknown).toBeInstanceOf(OpenAI.NotFoundError)
    expect(unknown.message).toContain('default')

    const many = await openai.chat.completions.create({ model: 'default', messages, n: 2 }).catch((e) => e)
    expect(many).toBeInstanceOf(OpenAI.BadRequestError)
    expect(many.message).toContain('n:')
  })

  it('has the status of an error that comes before the first token of a stream', async () => {
    stack.simulator.script('alpha', [{ fault: 'invalid_request' }])
    const chatRequest = { model: 'alpha/model-a', messages, stream: true as const }
    const failed = await openai.chat.completions.create(chatRequest).catch((error) => error)
    expect(failed).toBeInstanceOf(OpenAI.BadRequestError)
  })

  it('lists routes and targets as models', async () => {
    const ids: string[] = []
    for await (const { id } of openai.models.list()) ids.push(id)
    expect(ids).toEqual(['default', 'alpha/model-a', 'beta/model-b'])
  })

  it('gets each of them by its id, slash and all; an unknown one gets an error that lists them', async () => {
    for await (const model of openai.models.list())
      expect(await openai.models.retrieve(model.id)).toEqual(model)
    expect(await openai.models.retrieve('alpha/any')).toMatchObject({ id: 'alpha/any', owned_by: 'alpha' })
    const raw = await gateway.ask('/v1/models/alpha/model-a')
    expect(await raw.json()).toMatchObject({ id: 'alpha/model-a', object: 'model', owned_by: 'alpha' })

    for (const model of ['defualt', 'alhpa/model-a']) {
      const failed = await openai.models.retrieve(model).catch((error) => error)
      const chatRequest = await openai.chat.completions.create({ model, messages }).catch((error) => error)
      expect(failed).toBeInstanceOf(OpenAI.NotFoundError)
      expect(failed.error).toEqual(chatRequest.error)
    }
  })
})

describe('the Anthropic client', () => {
  const chatRequest = { model: 'default', max_tokens: 100, messages }

  it('gets a message and its usage', async () => {
    stack.simulator.script('alpha', [{ answer: 'Hello', usage: USAGE }])
    const { data, response } = await anthropic.messages.create(chatRequest).withResponse()
    expect(data).toMatchObject({
      type: 'message',
      model: 'alpha/model-a',
      content: [{ type: 'text', text: 'Hello' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 11, output_tokens: 7 },
    })
    expect(response.headers.get('x-holdfast-target')).toBe('alpha/model-a')
  })

  it('streams text and tool calls', async () => {
    stack.simulator.script('beta', [{ words: 30 }, { toolCalls: [CALL] }])
    const words = await anthropic.messages.stream({ ...chatRequest, model: 'beta/model-b' }).finalText()
    expect(words.split(' ')).toHaveLength(30)
    const { content, stop_reason } = await anthropic.messages
      .stream({
        ...chatRequest,
        model: 'beta/model-b',
        tools: [{ name: 'weather', input_schema: { ...WEATHER, required: ['city'] } }],
      })
      .finalMessage()
    expect(stop_reason).toBe('tool_use')
    expect(content).toMatchObject([{ type: 'tool_use', name: 'weather', input: { city: 'Rome' } }])
  })

  it("throws errors in Anthropic's shape", async () => {
    const unknown = await anthropic.messages
      .create({ ...chatRequest, model: 'nothing' })
      .catch((error) => error)
    expect(unknown).toBeInstanceOf(Anthropic.NotFoundError)
    expect(unknown.error).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
    stack.simulator.script('alpha', [{ fault: 'invalid_request' }])
    const failed = await anthropic.messages
      .stream({ ...chatRequest, model: 'alpha/model-a' })
      .finalText()
      .catch((error) => error)
    expect(failed).toBeInstanceOf(Anthropic.BadRequestError)
  })
})

describe('the AI SDK with @ai-sdk/openai-compatible', () => {
  it('generates text, objects and tool calls', async () => {
    stack.simulator.script('alpha', [
      { answer: 'Hello', usage: USAGE },
      { answer: '{"city":"Rome"}' },
      { toolCalls: [CALL] },
    ])
    const model = alpha('default')
    const { text, usage } = await generateText({ model, prompt: 'Say hello', maxRetries: 0 })
    expect(text).toBe('Hello')
    expect(usage).toMatchObject({ inputTokens: 11, outputTokens: 7 })
    const schema = z.object({ city: z.string() })
    const { output } = await generateText({
      model,
      prompt: 'Where?',
      output: Output.object({ schema }),
      maxRetries: 0,
    })
    expect(output).toEqual({ city: 'Rome' })
    const tools = { weather: tool({ inputSchema: schema, outputSchema: z.string() }) }
    const { toolCalls } = await generateText({ model, prompt: 'Weather?', tools, maxRetries: 0 })
    expect(toolCalls).toMatchObject([{ toolName: 'weather', input: { city: 'Rome' } }])
  })

  it('streams text', async () => {
    stack.simulator.script('alpha', [{ words: 20, usage: USAGE }])
    const result = streamText({ model: alpha('default'), prompt: 'Say hello', maxRetries: 0 })
    expect((await result.text).split(' ')).toHaveLength(20)
    expect(await result.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 })
    expect(await result.finishReason).toBe('stop')
  })
})
