/** `POST /v1/messages/count_tokens` by the official client, and `holdfast.countTokens`. */
import Anthropic from '@anthropic-ai/sdk'
import { COUNT_WORKFLOW } from '../../src/contract/generation'
import { gatewayOver, type TestGateway } from '../helpers/gateway'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  chat: { api: openai-chat, baseUrl: ${url}/chat/v1, auth: none }
  alpha: { api: anthropic-messages, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-responses, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: { consecutive: 1, openFor: 1h, maxOpenFor: 1h } }
routes:
  default: { candidates: [chat/model-c, alpha/model-a, beta/model-b] }
  uncounted: { candidates: [chat/model-c] }
`
const messages = [{ role: 'user' as const, content: 'Say hello' }]
const COUNTED = { usage: { inputTokens: 42, outputTokens: 0 } }

let stack: Stack
let gateway: TestGateway
let anthropic: Anthropic

beforeAll(async () => {
  stack = await startStack({ config, delivery: true })
  gateway = await gatewayOver(stack, config)
  anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'none', maxRetries: 0 })
})
afterAll(async () => {
  await gateway.close()
  await stack.close()
})
beforeEach(() => stack.simulator.reset())

const paths = (): string[] => stack.simulator.calls().map(({ path }) => path)

it('the first candidate whose API counts is asked, without what only an answer needs', async () => {
  stack.simulator.script('alpha', [COUNTED])
  const { data, response } = await anthropic.messages
    .countTokens({
      model: 'default',
      messages,
      system: 'Be brief',
      tools: [
        { name: 'weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
      ],
      tool_choice: { type: 'auto' },
    })
    .withResponse()
  expect(data).toEqual({ input_tokens: 42 })
  expect(response.headers.get('x-holdfast-target')).toBe('alpha/model-a')
  expect(stack.simulator.calls().map(({ path, body }) => [path, Object.keys(body as object).sort()])).toEqual(
    [['/alpha/v1/messages/count_tokens', ['messages', 'model', 'system', 'tool_choice', 'tools']]],
  )
})

it('the beta of the client, whose requests are those of Claude Code, gets a count', async () => {
  stack.simulator.script('alpha', [COUNTED])
  const counted = await anthropic.beta.messages.countTokens({
    model: 'default',
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] },
    ],
    thinking: { type: 'enabled', budget_tokens: 2_000 },
    betas: ['token-counting-2024-11-01'],
  })
  expect(counted.input_tokens).toBe(42)
})

it('OpenAI counts in its own words', async () => {
  stack.simulator.script('beta', [COUNTED])
  const counted = await stack.holdfast.countTokens({
    route: 'beta/model-b',
    messages,
    schema: { type: 'object', properties: { a: { type: 'string' } } },
    params: { maxTokens: 100, temperature: 0 },
  })
  expect(counted).toMatchObject({ inputTokens: 42, target: 'beta/model-b' })
  const [call] = stack.simulator.calls()
  expect(call?.path).toBe('/beta/v1/responses/input_tokens')
  expect(Object.keys(call?.body as object).sort()).toEqual(['input', 'model', 'text'])
})

it('where nobody counts the error says so, in the shape of Anthropic', async () => {
  const error = await anthropic.messages.countTokens({ model: 'uncounted', messages }).catch((e) => e)
  expect(error).toMatchObject({
    status: 400,
    error: { type: 'error', error: { type: 'invalid_request_error' } },
  })
  expect(error.message).toContain('chat/model-c: unsupported: chat/model-c: its API does not count tokens')
  expect(stack.simulator.calls()).toEqual([])
})

it.each<[string, object]>([
  ['a negative count', { body: { input_tokens: -1 } }],
  ['a text', { body: { input_tokens: '42' } }],
  ['HTML', { body: '<html>' }],
  ['an error', { status: 500 }],
  ['nothing', { fault: 'reset' }],
])('a candidate that sends %s is passed over, asked once, and its circuit does not move', async (_, step) => {
  stack.simulator.script('alpha', [step as never])
  stack.simulator.script('beta', [COUNTED])
  expect(await stack.holdfast.countTokens({ messages })).toMatchObject({
    inputTokens: 42,
    target: 'beta/model-b',
  })
  expect(paths()).toEqual(['/alpha/v1/messages/count_tokens', '/beta/v1/responses/input_tokens'])
  stack.simulator.reset()
  const { target } = await stack.holdfast.generate({ route: 'alpha/model-a', messages })
  expect(target).toBe('alpha/model-a')
})

it('what is wrong with a request is said before anything is sent', async () => {
  const error = await anthropic.messages.countTokens({ model: 'default', messages: [] }).catch((e) => e)
  expect(error).toMatchObject({ status: 400, message: expect.stringContaining('at least one message') })
  const unknown = await anthropic.messages.countTokens({ model: 'nobody', messages }).catch((e) => e)
  expect(unknown.status).toBe(404)
  const { kind } = await holdfastError(stack.holdfast.countTokens({ route: 'default', messages: [] }))
  expect(kind).toBe('invalid_request')
})

it('a count is no generation: nobody finds it by its id, and it bears no search attribute', async () => {
  stack.simulator.script('alpha', [COUNTED])
  const counted = await stack.holdfast.countTokens({ messages })
  const id = 'id' in counted ? String(counted.id) : ''
  const described = await stack.client.workflow.getHandle(id).describe()
  expect(described).toMatchObject({ type: COUNT_WORKFLOW, typedSearchAttributes: expect.anything() })
  expect((await holdfastError(stack.holdfast.status(id))).kind).toBe('not_found')
})
