/** Today's callers, through the gateway, to AWS Bedrock: what its format alone can't show. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { type ScriptStep, wordsText } from '../../src/simulator'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { type Stack, startStack } from '../helpers/stack'

const CALLS = [
  { name: 'weather', arguments: { city: 'Rome' }, id: 'tooluse_1' },
  { name: 'weather', arguments: { city: 'Łódź' }, id: 'tooluse_2' },
]
const WEATHER = { type: 'object' as const, properties: { city: { type: 'string' } } }
const messages = [{ role: 'user' as const, content: 'Say hello' }]
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
/** Its slashes and colons are one segment of the path. */
const ARN = 'arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2'
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG',
  AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjEXAMPLE',
  KEY_1: 'bedrock-api-key-one',
  KEY_2: 'bedrock-api-key-two',
}

const config = (url: string): string => `
providers:
  bedrock: { api: bedrock, baseUrl: ${url}/bedrock/v1, region: eu-central-1 }
  by-key: { api: bedrock, baseUrl: ${url}/by-key/v1, apiKeysEnv: [KEY_1, KEY_2] }
  spare: { api: anthropic-messages, baseUrl: ${url}/spare/v1, auth: none }
models:
  bedrock/${CLAUDE}: { inputPerMillion: 3, cachedInputPerMillion: 0.3, outputPerMillion: 15 }
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
  default: { candidates: [bedrock/${CLAUDE}, spare/model-b] }
  arn: { candidates: [bedrock/${ARN}] }
  by-key: { candidates: [by-key/amazon.nova-pro-v1:0], retry: { maximumAttempts: 2, initialInterval: 20ms } }
`

let stack: Stack
let gateway: TestGateway
let openai: OpenAI
let anthropic: Anthropic

beforeAll(async () => {
  stack = await startStack({ config, env: CREDENTIALS })
  gateway = await gatewayOver(stack, config)
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none', maxRetries: 0 })
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

it.each([false, true])('tools there and back, with usage and cost (stream: %s)', async (stream) => {
  const usage = { inputTokens: 100, outputTokens: 10, cachedInputTokens: 40 }
  stack.simulator.script('bedrock', [{ answer: 'Let me look.', toolCalls: CALLS, usage }, { words: 9 }])
  const request = {
    model: 'default',
    messages,
    tools: [{ type: 'function' as const, function: { name: 'weather', parameters: WEATHER } }],
  }
  const first = stream
    ? await openai.chat.completions
        .stream({ ...request, stream_options: { include_usage: true } })
        .finalChatCompletion()
    : await openai.chat.completions.create(request)
  const [choice] = first.choices
  expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'Let me look.' } })
  expect(first.usage).toMatchObject({ prompt_tokens: 100, prompt_tokens_details: { cached_tokens: 40 } })
  // At its prices: 60 and 40 cached tokens in, 10 out.
  expect(first).toMatchObject({ holdfast: { costUsd: expect.closeTo(342e-6, 9) } })
  if (choice === undefined) throw new Error('no choice')
  const results = (choice.message.tool_calls ?? []).map(({ id }) => ({
    role: 'tool' as const,
    tool_call_id: id,
    content: 'rain',
  }))
  const last = await openai.chat.completions.create({
    ...request,
    messages: [...messages, choice.message, ...results],
  })
  expect(last.choices[0]?.message.content).toBe(wordsText(9))
  const calls = stack.simulator.calls({ api: 'bedrock', outcome: 'answered' })
  expect(calls.map((call) => [call.model, call.stream, call.authorization])).toEqual([
    [CLAUDE, stream, 'sigv4'],
    [CLAUDE, false, 'sigv4'],
  ])
  expect(calls[1]?.body).toMatchObject({
    messages: [
      {},
      { content: [{ text: 'Let me look.' }, { toolUse: { toolUseId: 'tooluse_1' } }, {}] },
      {
        content: [
          { toolResult: { toolUseId: 'tooluse_1' } },
          { toolResult: { content: [{ text: 'rain' }] } },
        ],
      },
    ],
  })
})

it('the Anthropic client’s marks reach it, and a model by its ARN is called by it', async () => {
  const system = [{ type: 'text' as const, text: 'Be brief.', cache_control: { type: 'ephemeral' as const } }]
  const answer = await anthropic.messages.create({ model: 'arn', max_tokens: 50, system, messages })
  expect(answer).toMatchObject({ stop_reason: 'end_turn' })
  expect(stack.simulator.calls()).toMatchObject([
    {
      model: ARN,
      path: `/bedrock/v1/model/${encodeURIComponent(ARN)}/converse`,
      body: { system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }] },
    },
  ])
})

it.each<[string, ScriptStep]>([
  ['cut', { words: 30, cut: { after: 12, how: 'end' } }],
  ['cut within a frame', { words: 30, cut: { after: 12, how: 'truncated_chunk' } }],
  ['an exception', { words: 30, errorEvent: { after: 12, type: 'ThrottlingException' } }],
  ['a frame that can’t be read', { words: 30, malformed: { after: 12 } }],
  [
    'frames cut anywhere, then an end',
    { words: 30, cosmetics: ['odd_chunks'], cut: { after: 12, how: 'end' } },
  ],
])('a stream that ends in the middle is rescued, each word once: %s', async (_, step) => {
  stack.simulator.script('bedrock', [step])
  stack.simulator.script('spare', [{ words: 30 }])
  const stream = openai.chat.completions.stream({ model: 'default', messages })
  expect(await stream.finalContent()).toBe(wordsText(30))
  expect(stack.simulator.calls().map(({ provider }) => provider)).toEqual(['bedrock', 'spare'])
})

it('of several API keys the next one is used where one is refused', async () => {
  stack.simulator.script('by-key', [{ fault: 'unauthorized' }, { words: 3 }])
  const answer = await openai.chat.completions.create({ model: 'by-key', messages })
  expect(answer.choices[0]?.message.content).toBe(wordsText(3))
  const calls = stack.simulator.calls({ provider: 'by-key' })
  expect(calls.map(({ authorization }) => authorization)).toEqual(['bearer', 'bearer'])
  expect(new Set(calls.map(({ keyHash }) => keyHash)).size).toBe(2)
})

it('no history, log line or error holds a secret, not even where AWS repeats what was signed', async () => {
  const message = `The request signature we calculated does not match. The Canonical String for this request should have been 'POST x-amz-security-token:${CREDENTIALS.AWS_SESSION_TOKEN}'`
  stack.simulator.script('bedrock', [{ status: 403, type: 'InvalidSignatureException', message }])
  const { id, attempts } = await stack.holdfast.generate({ prompt: 'hi' })
  expect(attempts.map(({ failure }) => failure?.class)).toEqual(['unauthorized', undefined])
  const history = await stack.client.workflow.getHandle(id).fetchHistory()
  const all = Buffer.from(JSON.stringify([history, stack.lines(), gateway.lines(), stack.simulator.calls()]))
  const payloads = JSON.stringify(history.events, (_, value) =>
    value instanceof Uint8Array || value?.type === 'Buffer'
      ? Buffer.from(value.data ?? value).toString()
      : value,
  )
  expect(payloads).toContain('does not match')
  for (const secret of Object.values(CREDENTIALS).filter((one) => one !== CREDENTIALS.AWS_ACCESS_KEY_ID)) {
    expect(payloads).not.toContain(secret)
    expect(all.toString()).not.toContain(secret)
  }
})
