/**
 * Clocks that are a minute off change nothing: deadlines are durations from the start by Temporal's clock (GENERATION-6 of
 * workflows/generation.ts), and a worker takes the time from Temporal (CLOCK-1 of src/worker/clock.ts).
 */
import { parseConfig } from '../../src/config'
import { GENERATION_WORKFLOW } from '../../src/contract/generation'
import { prepare } from '../../src/request'
import { until } from '../helpers/processes'
import { describeRedis, startRedis } from '../helpers/redis'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const MINUTE = 60_000

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
cache: { store: memory }
defaults: { circuit: false, retry: { maximumAttempts: 2, initialInterval: 10ms, maxWait: 5s } }
routes:
  default: { candidates: [alpha/m, beta/m], deadline: 20s }
  short: { candidates: [alpha/m], deadline: 1500ms }
  held: { candidates: [alpha/held, beta/m], circuit: { openFor: 2s, maxOpenFor: 2s }, retry: { maximumAttempts: 1 } }
  kept: { candidates: [alpha/m], cache: { ttl: 20s, staleWhileRevalidate: 1h } }
`

/**
 * `everybody`: caller and worker; Temporal's server is another process. (Behind, a process can't be shown so: the native
 * client counts its deadlines by the real clock.)
 */
describe.each([
  ['everybody’s clock is a minute ahead', { process: MINUTE, worker: 0 }],
  ['the worker’s clock is a minute ahead', { process: 0, worker: MINUTE }],
  ['the worker’s clock is a minute behind', { process: 0, worker: -MINUTE }],
])('%s', (_, ahead) => {
  let stack: Stack
  const trueNow = Date.now.bind(Date)
  beforeAll(async () => {
    jest.spyOn(Date, 'now').mockImplementation(() => trueNow() + ahead.process)
    stack = await startStack({ config, clocksAheadMs: [ahead.worker] })
    // What the clock is set by.
    await stack.holdfast.generate({ prompt: 'first' })
  })
  afterAll(async () => {
    await stack?.close()
    jest.restoreAllMocks()
  })
  beforeEach(() => stack.simulator.reset())
  const targets = (attempts: readonly { target: string; failure?: { class: string } | undefined }[]) =>
    attempts.map(({ target, failure }) => `${target} ${failure?.class ?? 'answered'}`)

  it('the deadline comes when it should, neither before nor after', async () => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    const begunAt = performance.now()
    const error = await holdfastError(stack.holdfast.generate({ route: 'short', prompt: 'too slow' }))
    const tookMs = performance.now() - begunAt
    expect(error.kind).toBe('deadline_exceeded')
    expect(stack.simulator.calls()).toHaveLength(1)
    expect(tookMs).toBeGreaterThan(1_400)
    expect(tookMs).toBeLessThan(6_000)
  })

  it('a pause that fits before the deadline is waited for, and attempts stand at their moments', async () => {
    stack.simulator.script('alpha', [{ status: 429, retryAfter: '1', times: 1 }, { answer: 'well again' }])
    const before = trueNow()
    const { attempts } = await stack.holdfast.generate({ prompt: 'wait' })
    expect(targets(attempts)).toEqual(['alpha/m rate_limited', 'alpha/m answered'])
    for (const { startedAt } of attempts) {
      expect(startedAt).toBeGreaterThan(before - 1_000)
      expect(startedAt).toBeLessThan(trueNow() + 1_000)
    }
  })

  it('a hold lasts as long as the provider requested', async () => {
    stack.simulator.script('alpha', [{ status: 429, retryAfter: '2', times: 1 }, { answer: 'alpha' }])
    const ask = async () =>
      targets((await stack.holdfast.generate({ route: 'held', prompt: 'held' })).attempts)
    expect(await ask()).toEqual(['alpha/held rate_limited', 'beta/m answered'])
    expect(await ask()).toEqual(['beta/m answered'])
    // Beside it the other one answers, until the hold is over.
    await until('alpha is called again', async () => (await ask()).join() === 'alpha/held answered')
    const [held, again] = stack.simulator.calls({ provider: 'alpha' })
    const heldMs = (again?.receivedAt ?? 0) - (held?.receivedAt ?? 0)
    expect(heldMs).toBeGreaterThanOrEqual(2_000)
    expect(heldMs).toBeLessThan(10_000)
  })

  it('what is kept is as old as it is', async () => {
    const ask = () => stack.holdfast.generate({ route: 'kept', prompt: 'kept' })
    await ask()
    const { served, cacheAgeMs } = await ask()
    expect(served).toBe('cache')
    expect(cacheAgeMs).toBeLessThan(5_000)
    expect(stack.simulator.calls()).toHaveLength(1)
  })
})

describeRedis('two workers whose clocks are two minutes apart, and one cache', () => {
  it('what one keeps is as old for the other', async () => {
    const redis = await startRedis()
    const shared = (url: string): string =>
      config(url).replace('store: memory', `store: redis, url: ${redis.url}`)
    const stack = await startStack({ config: shared, workers: 2, clocksAheadMs: [MINUTE, -MINUTE] })
    try {
      const ask = (at: number) => stack.holdfast.generate({ route: 'kept', prompt: `kept ${at}` })
      const all = () => Promise.all(Array.from({ length: 12 }, (_, at) => ask(at)))
      await all()
      // Each is read by either.
      for (const { served, cacheAgeMs } of [...(await all()), ...(await all())]) {
        expect(served).toBe('cache')
        expect(cacheAgeMs).toBeLessThan(10_000)
      }
      expect(stack.simulator.calls()).toHaveLength(12)
    } finally {
      await stack.close()
      await redis.close()
    }
  })
})

describe('the caller’s clock', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config })
  })
  afterAll(() => stack?.close())

  it.each([
    ['behind', -MINUTE],
    ['ahead', MINUTE],
  ])('a minute %s moves no deadline', async (_, aheadMs) => {
    const { simulator, client, taskQueue } = stack
    simulator.reset()
    simulator.script('alpha', [{ fault: 'silent' }])
    const { route, request } = prepare(parseConfig(config(simulator.url)), { route: 'short', prompt: 'go' })
    const { deadlineMs } = route
    const id = `caller-${aheadMs}`
    const deadlineAt = Date.now() + aheadMs + deadlineMs
    const input = { id, tenant: null, route, request, deadlineAt, deadlineMs, searchAttributes: false }
    const begunAt = performance.now()
    const run = client.workflow.execute(GENERATION_WORKFLOW, { workflowId: id, taskQueue, args: [input] })
    await expect(run).rejects.toMatchObject({ cause: { details: [{ kind: 'deadline_exceeded' }] } })
    expect(performance.now() - begunAt).toBeGreaterThan(1_400)
    expect(performance.now() - begunAt).toBeLessThan(6_000)
    expect(simulator.calls()).toHaveLength(1)
  })
})
