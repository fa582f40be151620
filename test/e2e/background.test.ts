/** `background: true` on a candidate: its calls go on at the provider when nobody listens. Killed workers: background-killed.test.ts. */
import { wordsText } from '../../src/simulator'
import { type Stack, startStack } from '../helpers/stack'

const config = (url: string): string => `
providers:
  alpha: { api: openai-responses, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
  gamma: { api: openai-responses, baseUrl: ${url}/gamma/v1, auth: none }
defaults:
  circuit: false
  retry: { maximumAttempts: 2, initialInterval: 20ms }
routes:
  default:
    candidates: [{ target: alpha/model-a, background: true }, beta/model-b]
  raced:
    strategy: race
    candidates: [{ target: alpha/model-a, background: true }, { target: gamma/model-c, background: true }]
  hedged:
    strategy: { hedge: { after: 100ms, budget: 100% } }
    candidates: [{ target: alpha/model-a, background: true }, { target: gamma/model-c, background: true }]
  impatient:
    timeouts: { firstToken: 300ms }
    retry: { maximumAttempts: 1 }
    candidates: [{ target: alpha/model-a, background: true }, beta/model-b]
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config, delivery: true })
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

const callsOf = (provider: string) => stack.simulator.calls({ provider })

it('asks the provider to keep the response, and streams it whether its caller does or not', async () => {
  stack.simulator.script('alpha', [{ words: 5 }])
  const { text, attempts } = await stack.holdfast.generate({ prompt: 'in the background' })
  expect(text).toBe(wordsText(5))
  expect(attempts).toEqual([expect.not.objectContaining({ adopted: true })])
  expect(callsOf('alpha')[0]?.body).toMatchObject({ background: true, store: true, stream: true })
})

it('a connection that is cut costs no second call: the next attempt reads the response on, each word once', async () => {
  stack.simulator.script('alpha', [{ words: 40, tokenLatency: '5ms', cut: { after: 9 } }])
  let streamed = ''
  let attempts: unknown
  for await (const event of stack.holdfast.stream({ prompt: 'cut' })) {
    if (event.type === 'text') streamed += event.text
    if (event.type === 'done') attempts = event.result.attempts
  }
  expect(streamed).toBe(wordsText(40))
  expect(attempts).toMatchObject([
    { number: 1, failure: { class: 'bad_response' } },
    { number: 2, adopted: true, usage: { outputTokens: expect.any(Number) } },
  ])
  expect(callsOf('alpha')).toHaveLength(1)
  expect(callsOf('beta')).toEqual([])
})

it('what the provider itself has ended badly is called anew', async () => {
  stack.simulator.script('alpha', [{ answer: '', times: 1 }, { answer: 'now it is there' }])
  const { text, attempts } = await stack.holdfast.generate({ prompt: 'empty' })
  expect(text).toBe('now it is there')
  expect(attempts.map(({ failure, adopted }) => [failure?.class, adopted])).toEqual([
    ['bad_response', undefined],
    [undefined, undefined],
  ])
  expect(callsOf('alpha')).toHaveLength(2)
})

it('what nobody will read on is cancelled at the provider: when the next candidate is called', async () => {
  stack.simulator.script('alpha', [{ words: 3, tokenLatency: '1h' }])
  const { target } = await stack.holdfast.generate({ prompt: 'stalled', route: 'impatient' })
  expect(target).toBe('beta/model-b')
  await stack.simulator.waitForCalls(1, { provider: 'alpha', outcome: 'client_aborted' })
})

it('and when the caller cancels', async () => {
  stack.simulator.script('alpha', [{ words: 3, tokenLatency: '1h' }])
  const { id } = await stack.holdfast.start({ prompt: 'never mind' })
  await stack.simulator.waitForCalls(1, { provider: 'alpha' })
  await stack.holdfast.cancel(id)
  await stack.simulator.waitForCalls(1, { provider: 'alpha', outcome: 'client_aborted' })
})

it.each(['raced', 'hedged'])(
  'of two that are %s the loser is cancelled at its provider, and the winner is not',
  async (route) => {
    stack.simulator.script('alpha', [{ words: 3, tokenLatency: '1h' }])
    stack.simulator.script('gamma', [{ answer: 'first' }])
    const { text, target } = await stack.holdfast.generate({ prompt: route, route })
    expect([text, target]).toEqual(['first', 'gamma/model-c'])
    await stack.simulator.waitForCalls(1, { provider: 'alpha', outcome: 'client_aborted' })
    expect(callsOf('gamma').map(({ outcome }) => outcome)).toEqual(['answered'])
  },
)

it('a deadline that is reached cancels what still goes on at the provider', async () => {
  stack.simulator.script('alpha', [{ words: 3, tokenLatency: '1h' }])
  const late = stack.holdfast.generate({
    prompt: 'late',
    override: { deadline: '1s', candidates: ['alpha/model-a'] },
  })
  await expect(late).rejects.toMatchObject({ kind: 'deadline_exceeded' })
  await stack.simulator.waitForCalls(1, { provider: 'alpha', outcome: 'client_aborted' })
})
