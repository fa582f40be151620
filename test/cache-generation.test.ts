/** The cache through the whole stack. */
import { eventTypes, type Stack, startStack } from './helpers/stack'

const config = (url: string): string => `
cache: { store: memory }
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: false, retry: { maximumAttempts: 1 } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b], cache: { ttl: 1h } }
  shared: { candidates: [alpha/model-a], cache: { ttl: 1h, coalesce: true } }
`

describe('a route with a cache', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config })
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  it('pays once, and a hit has at most 6 events', async () => {
    const { holdfast, client, simulator } = stack
    const first = await holdfast.generate({ prompt: 'once' })
    const second = await holdfast.generate({ prompt: 'once' })
    expect([first.served, second.served]).toEqual(['provider', 'cache'])
    expect(second.text).toBe(first.text)
    expect(simulator.calls()).toHaveLength(1)
    expect((await eventTypes(client, second.id)).length).toBeLessThanOrEqual(6)
  })

  it('200 equal requests at once: one paid call, 200 answers', async () => {
    const { holdfast, simulator } = stack
    simulator.script('alpha', [{ answer: 'shared', latency: '1s' }])
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => holdfast.generate({ route: 'shared', prompt: 'all together' })),
    )
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['shared']))
    expect(simulator.calls()).toHaveLength(1)
  })
})
