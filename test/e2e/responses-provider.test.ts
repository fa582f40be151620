/** Today's callers, through the gateway, to a provider that has the Responses API: what its formats can't show alone. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { wordsText } from '../../src/simulator'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { type Stack, startStack } from '../helpers/stack'

const CALLS = [
  { name: 'weather', arguments: { city: 'Rome' }, id: 'call_1' },
  { name: 'weather', arguments: { city: 'Łódź' }, id: 'call_2' },
]
const WEATHER = { type: 'object' as const, properties: { city: { type: 'string' } } }
const messages = [{ role: 'user' as const, content: 'Say hello' }]
const USAGE = { inputTokens: 100, outputTokens: 10, cachedInputTokens: 40, reasoningTokens: 6 }
/** By its name it is one of OpenAI's that reason. */
const MODEL = 'gpt-6.1-sol'

const config = (url: string): string => `
providers:
  openai: { api: openai-responses, baseUrl: ${url}/openai/v1, auth: none }
  spare: { api: anthropic-messages, baseUrl: ${url}/spare/v1, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
  default: { candidates: [openai/${MODEL}, spare/model-b] }
`

let stack: Stack
let gateway: TestGateway
let openai: OpenAI
let anthropic: Anthropic

beforeAll(async () => {
  stack = await startStack({ config })
  gateway = await gatewayOver(stack, config)
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none', maxRetries: 0 })
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

it.each([false, true])('function tools beside reasoning, there and back (stream: %s)', async (stream) => {
  stack.simulator.script('openai', [{ answer: 'Let me look.', toolCalls: CALLS, usage: USAGE }, { words: 9 }])
  const request = {
    model: 'default',
    messages,
    reasoning_effort: 'high' as const,
    tools: [{ type: 'function' as const, function: { name: 'weather', parameters: WEATHER } }],
  }
  const first = stream
    ? await openai.chat.completions
        .stream({ ...request, stream_options: { include_usage: true } })
        .finalChatCompletion()
    : await openai.chat.completions.create(request)
  const [choice] = first.choices
  expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'Let me look.' } })
  expect(first.usage).toMatchObject({
    prompt_tokens: 100,
    prompt_tokens_details: { cached_tokens: 40 },
    completion_tokens_details: { reasoning_tokens: 6 },
  })
  // At list prices: 60 and 40 cached tokens in, 10 out.
  expect(first).toMatchObject({ holdfast: { costUsd: expect.closeTo(224e-6, 9) } })
  if (choice === undefined) throw new Error('no choice')
  const results = (choice.message.tool_calls ?? []).map(({ id }) => ({
    role: 'tool' as const,
    tool_call_id: id,
    content: 'rain',
  }))
  expect(results).toHaveLength(2)
  const last = await openai.chat.completions.create({
    ...request,
    messages: [...messages, choice.message, ...results],
  })
  expect(last.choices[0]?.message.content).toBe(wordsText(9))
  const calls = stack.simulator.calls({ api: 'openai-responses', outcome: 'answered' })
  expect(calls.map(({ body }) => body)).toMatchObject([
    { reasoning: { effort: 'high' }, store: false, tools: [{ name: 'weather' }] },
    { input: [{}, {}, { call_id: 'call_1' }, { call_id: 'call_2' }, { output: 'rain' }, { output: 'rain' }] },
  ])
})

it('the Anthropic client’s probe of one token is answered, and its tools are called', async () => {
  stack.simulator.script('openai', [{ answer: 'Hi', finish: 'length' }, { toolCalls: CALLS }])
  const probe = await anthropic.messages.create({ model: 'default', max_tokens: 1, messages })
  expect(probe).toMatchObject({ stop_reason: 'max_tokens', content: [{ text: 'Hi' }] })
  const tools = [{ name: 'weather', input_schema: WEATHER }]
  const called = await anthropic.messages
    .stream({ model: 'default', max_tokens: 500, messages, tools })
    .finalMessage()
  expect(called.content).toMatchObject(CALLS.map(({ name, arguments: input }) => ({ name, input })))
  expect(stack.simulator.calls().map(({ provider }) => provider)).toEqual(['openai', 'openai'])
})

it.each([
  ['cut', { words: 30, cut: { after: 12, how: 'end' } }],
  ['an error event', { words: 30, errorEvent: { after: 12, code: 'rate_limit_exceeded' } }],
  ['an event that can’t be read', { words: 30, malformed: { after: 12 } }],
] as const)('a stream that ends in the middle is rescued, each word once: %s', async (_, step) => {
  stack.simulator.script('openai', [step])
  stack.simulator.script('spare', [{ words: 30 }])
  const stream = openai.chat.completions.stream({ model: 'default', messages })
  expect(await stream.finalContent()).toBe(wordsText(30))
  expect(stack.simulator.calls().map(({ provider }) => provider)).toEqual(['openai', 'spare'])
})
