/** `race` and `hedge` on a real server: who starts when, who wins, and that the losers stop. */
import { type Stack, startStack, twoProviders } from './helpers/stack'

const config = (url: string): string => `${twoProviders(url)}
  racing: { candidates: [alpha/model-a, beta/model-b], strategy: race }
  hedged: { candidates: [alpha/model-a, beta/model-b], strategy: { hedge: { after: 200ms, max: 1 } } }
`

describe('overlapping candidates', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config })
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  it('race: the first success wins, the loser is hung up on, and both are told', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ fault: 'silent' }])
    simulator.script('beta', [{ answer: 'beta was quicker', latency: '100ms' }])
    const { text, target, attempts } = await holdfast.generate({ route: 'racing', prompt: 'go' })
    expect({ text, target }).toEqual({ text: 'beta was quicker', target: 'beta/model-b' })
    await simulator.waitForCalls(1, { provider: 'alpha', outcome: 'client_aborted' })
    expect(attempts.map((attempt) => [attempt.target, attempt.failure?.class ?? 'answered'])).toEqual([
      ['beta/model-b', 'answered'],
      ['alpha/model-a', 'cancelled'],
    ])
  })

  it('race: one that fails does not end it', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ fault: 'invalid_request' }])
    simulator.script('beta', [{ answer: 'still running', latency: '300ms' }])
    const { target } = await holdfast.generate({ route: 'racing', prompt: 'go' })
    expect(target).toBe('beta/model-b')
  })

  it('hedge: the next one starts only when the first has kept silent for `after`', async () => {
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ answer: 'quick' }])
    expect((await holdfast.generate({ route: 'hedged', prompt: 'go' })).text).toBe('quick')
    expect(simulator.calls({ provider: 'beta' })).toEqual([])

    simulator.reset()
    simulator.script('alpha', [{ fault: 'silent' }])
    simulator.script('beta', [{ answer: 'the hedge' }])
    expect((await holdfast.generate({ route: 'hedged', prompt: 'go' })).text).toBe('the hedge')
    const [first] = simulator.calls({ provider: 'alpha' })
    const [second] = simulator.calls({ provider: 'beta' })
    expect((second?.receivedAt ?? 0) - (first?.receivedAt ?? 0)).toBeGreaterThanOrEqual(200)
    await simulator.waitForCalls(1, { provider: 'alpha', outcome: 'client_aborted' })
  })
})
