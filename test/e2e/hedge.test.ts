/** `hedge` on a real server: when the next one starts, how many may, and what it may cost. */
import { candidates, fiveProviders } from '../helpers/overlap'
import { expectWithinBudget, SHARE } from '../helpers/slow-day'
import { type Stack, startStack } from '../helpers/stack'

const AFTER_MS = 300

const config = (url: string): string =>
  fiveProviders(url, [
    `unhurried: { candidates: ${candidates(2)}, strategy: { hedge: { after: 10s, budget: 100% } } }`,
    `hedged: { candidates: ${candidates(2)}, strategy: { hedge: { after: ${AFTER_MS}ms, budget: 100% } } }`,
    `patient: { candidates: ${candidates(3)}, strategy: { hedge: { after: 1h } }, retry: { maximumAttempts: 1 } }`,
    `two: { candidates: ${candidates(5)}, strategy: { hedge: { after: 50ms, max: 2, budget: 100% } }, retry: { maximumAttempts: 1 } }`,
    `seldom: { candidates: ${candidates(2)}, strategy: { hedge: { after: 50ms, budget: 1% } } }`,
    `slow: { candidates: ${candidates(2)}, strategy: { hedge: { after: 50ms, budget: ${SHARE * 100}% } } }`,
  ])

describe('a hedge', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config })
  })
  afterAll(() => stack?.close())
  beforeEach(() => stack.simulator.reset())

  const called = (): string[] => stack.simulator.calls().map(({ provider }) => provider)

  it('is not started when the answer comes in time', async () => {
    const { simulator, holdfast } = stack
    simulator.script('one', [{ answer: 'quick' }])
    const { attempts } = await holdfast.generate({ route: 'unhurried', prompt: 'go' })
    expect(attempts.map(({ target }) => target)).toEqual(['one/m'])
    expect(called()).toEqual(['one'])
  })

  it('starts when `after` has passed, and its answer counts; the first one is hung up on', async () => {
    const { simulator, holdfast } = stack
    simulator.script('one', [{ fault: 'silent' }])
    simulator.script('two', [{ answer: 'the hedge' }])
    const { text, attempts, timings } = await holdfast.generate({ route: 'hedged', prompt: 'go' })
    expect(text).toBe('the hedge')
    await simulator.waitForCalls(1, { provider: 'one', outcome: 'client_aborted' })
    // Not from the first call's arrival: on a busy machine that is late, and the hedge is not.
    const hedgedAt = attempts.find(({ target }) => target === 'two/m')?.startedAt ?? 0
    expect(hedgedAt - timings.startedAt).toBeGreaterThanOrEqual(AFTER_MS)
    expect(attempts.map(({ target, failure }) => [target, failure?.class ?? 'answered'])).toEqual([
      ['two/m', 'answered'],
      ['one/m', 'cancelled'],
    ])
  })

  it('loses to the first one, when that answers after all', async () => {
    const { simulator, holdfast } = stack
    simulator.script('one', [{ answer: 'after all', latency: '800ms' }])
    simulator.script('two', [{ fault: 'silent' }])
    const { text } = await holdfast.generate({ route: 'hedged', prompt: 'go' })
    expect(text).toBe('after all')
    await simulator.waitForCalls(1, { provider: 'two', outcome: 'client_aborted' })
    expect(called()).toEqual(['one', 'two'])
  })

  it('is not waited for when one fails: the next one starts at once', async () => {
    const { simulator, holdfast } = stack
    simulator.script('one', [{ status: 503 }])
    simulator.script('two', [{ status: 503 }])
    const { target, timings } = await holdfast.generate({ route: 'patient', prompt: 'go' })
    expect(target).toBe('three/m')
    expect(timings.totalMs).toBeLessThan(5_000)
  })

  it('is one of at most `max` at a time; one that fails makes room', async () => {
    const { simulator, holdfast } = stack
    for (const name of ['one', 'two']) simulator.script(name, [{ fault: 'silent' }])
    simulator.script('three', [{ status: 503, latency: '1s' }])
    simulator.script('four', [{ answer: 'in its place', latency: '500ms' }])
    const { text } = await holdfast.generate({ route: 'two', prompt: 'go' })
    expect(text).toBe('in its place')
    expect(called()).toEqual(['one', 'two', 'three', 'four'])
    const [, , third, fourth] = simulator.calls()
    expect(fourth?.receivedAt).toBeGreaterThanOrEqual(third?.finishedAt ?? Number.NaN)
  })

  it('costs from the budget: two that were saved up, then the slow answer is waited for', async () => {
    const { simulator, holdfast } = stack
    simulator.script('one', [{ answer: 'slow', latency: '400ms' }])
    simulator.script('two', [{ answer: 'the hedge' }])
    const startedAt = Date.now()
    for (let n = 0; n < 4; n += 1) await holdfast.generate({ route: 'seldom', prompt: 'go' })
    const hedges = simulator.calls({ provider: 'two' }).length
    expect(hedges).toBeGreaterThanOrEqual(2)
    // Time gives one back in five seconds: on a busy machine these four may take as long.
    expect(hedges).toBeLessThanOrEqual(2 + (Date.now() - startedAt) / 5_000)
  })

  it('on a slow day is for a tenth of the requests', async () => {
    await expectWithinBudget(stack, 'slow', { requests: 40, atOnce: 20, workers: 1 })
  })
})
