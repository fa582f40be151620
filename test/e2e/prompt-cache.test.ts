/** The providers' prompt caches, through the gateway, by the official clients: what is written, read and paid. */
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  claude: { api: anthropic-messages, baseUrl: ${url}/claude/v1, auth: none }
  gpt: { api: openai-responses, baseUrl: ${url}/gpt/v1, auth: none }
models:
  claude/m: { inputPerMillion: 4, cachedInputPerMillion: 0.4, cacheWritePerMillion: 5, longCacheWritePerMillion: 8, outputPerMillion: 20 }
defaults: { circuit: false }
routes:
  plain: { candidates: [claude/m] }
  marked: { candidates: [claude/m], promptCache: auto }
  hour: { candidates: [claude/m], promptCache: auto-1h }
`
const LONG = 'All that is known of the lamps. '.repeat(300)

let stack: Stack
let gateway: TestGateway
let anthropic: Anthropic
let openai: OpenAI
beforeAll(async () => {
  stack = await startStack({ config })
  gateway = await gatewayOver(stack, config)
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none', maxRetries: 0 })
  openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'none', maxRetries: 0 })
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

type Turn = { role: 'user' | 'assistant'; content: string }
const FIRST: Turn[] = [{ role: 'user', content: 'Who lit them?' }]
const SECOND: Turn[] = [
  ...FIRST,
  { role: 'assistant', content: 'The keeper.' },
  { role: 'user', content: 'When?' },
]

const askClaude = (model: string, messages: Turn[]) =>
  anthropic.messages.create({ model, max_tokens: 100, system: LONG, messages })

it('a route that sets marks: the second turn reads what the first has written, at its price', async () => {
  const first = await askClaude('marked', FIRST)
  const second = await askClaude('marked', SECOND)
  const [one, two] = [first.usage, second.usage]
  expect(one.cache_read_input_tokens).toBe(0)
  expect(one.cache_creation_input_tokens).toBeGreaterThan(2_000)
  expect(two.cache_read_input_tokens).toBe(one.cache_creation_input_tokens)
  expect(two.cache_creation_input_tokens).toBeGreaterThan(0)
  const cost = ({ usage }: typeof first) =>
    (usage.input_tokens * 4 +
      (usage.cache_creation_input_tokens ?? 0) * 5 +
      (usage.cache_read_input_tokens ?? 0) * 0.4 +
      usage.output_tokens * 20) /
    1e6
  expect(first).toMatchObject({ holdfast: { costUsd: expect.closeTo(cost(first), 9) } })
  expect(second).toMatchObject({ holdfast: { costUsd: expect.closeTo(cost(second), 9) } })
})

it('for an hour: what is written has that price', async () => {
  const { usage, ...first } = await askClaude('hour', FIRST)
  const { cache_creation: created, input_tokens: input, output_tokens: output } = usage
  expect(created?.ephemeral_1h_input_tokens).toBe(usage.cache_creation_input_tokens)
  const cost = (input * 4 + (created?.ephemeral_1h_input_tokens ?? 0) * 8 + output * 20) / 1e6
  expect(first).toMatchObject({ holdfast: { costUsd: expect.closeTo(cost, 9) } })
})

it('a route that does not: nothing is written, and nothing read', async () => {
  await askClaude('plain', FIRST)
  const { usage } = await askClaude('plain', SECOND)
  expect(usage).toMatchObject({ cache_read_input_tokens: 0, cache_creation_input_tokens: 0 })
})

it('marks of a chat client reach Claude, and its usage says what they did', async () => {
  const chat = (messages: Turn[]) =>
    openai.chat.completions.create({
      model: 'plain',
      messages: [
        { role: 'system', content: [{ type: 'text', text: LONG, cache_control: { type: 'ephemeral' } }] },
        ...messages,
      ] as OpenAI.ChatCompletionMessageParam[],
    })
  const first = await chat(FIRST)
  const second = await chat(SECOND)
  const written = first.usage?.prompt_tokens_details?.cache_write_tokens ?? 0
  expect(written).toBeGreaterThan(2_000)
  expect(second.usage?.prompt_tokens_details).toEqual({ cached_tokens: written })
})
