/** Holds, what happens when every circuit is open, a worker's slots, and the order of the candidates. */
import { Worker } from '@temporalio/worker'
import type { GenerationResult } from '../src/contract/generation'
import type { StepInput } from '../src/simulator'
import { workflowBundle } from '../src/temporal/workflow-bundle'
import {
  circuitConfig,
  phaseOf,
  publishedCircuits,
  steadyLoad,
  untilPublished,
  workersOf,
} from './helpers/circuits'
import { until } from './helpers/sockets'
import { holdfastError, type Stack, startStack } from './helpers/stack'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let stack: Stack
afterEach(() => stack.close())

const start = async (options: Parameters<typeof circuitConfig>[1] = {}, workers = 1, slots?: number) => {
  stack = await startStack({
    workers,
    ...(slots === undefined ? {} : { slots }),
    config: (url) => circuitConfig(url, options),
  })
  return stack
}

const ask = async (route = 'default'): Promise<string> =>
  (await stack.holdfast.generate({ route, prompt: 'hi' })).target

const callsTo = (target: string) => stack.simulator.calls({ target })

describe('holds', () => {
  it('a 429 with Retry-After of 20 s keeps all workers away from that model, the longest one wins; others stay in use', async () => {
    await start({ more: 'other: { candidates: [alpha/model-other, beta/model-b] }' }, 3)
    const { simulator, holdfast } = stack
    const load = steadyLoad(holdfast, 15)
    await until(() => workersOf(callsTo('alpha/model-a')).length === 3, 20_000)
    // The second one asks for less: it must not shorten the first one's.
    simulator.script('alpha/model-a', [
      { status: 429, retryAfter: 20 },
      { status: 429, retryAfter: 1 },
    ])
    const limitedAt = Date.now()
    // Two calls in flight may have been refused by two workers, and the shorter hold may be told first.
    const state = await untilPublished(
      stack,
      'alpha',
      ({ circuits }) => (circuits.models['model-a']?.hold?.until ?? 0) > limitedAt + 19_000,
    )
    const until20 = state.circuits.models['model-a']?.hold?.until ?? 0
    await pause(1_500)
    const from = Date.now()
    expect(await ask('other')).toBe('alpha/model-other')
    simulator.script('alpha/model-a', [])
    await pause(Math.max(0, until20 - Date.now() - 200))
    const kept = (await publishedCircuits(stack, 'alpha'))?.circuits.models['model-a']?.hold?.until ?? 0
    expect(kept).toBeGreaterThanOrEqual(until20)
    expect(callsTo('alpha/model-a').filter(({ receivedAt }) => receivedAt > from)).toEqual([])
    // And then it comes back to its place.
    await until(() => callsTo('alpha/model-a').some(({ receivedAt }) => receivedAt > until20), 5_000)
    expect((await load.stop()).filter(({ error }) => error !== null)).toEqual([])
  }, 60_000)

  it.each<[string, StepInput, 'provider' | 'model']>([
    ['quota_exhausted', { status: 429, code: 'insufficient_quota' }, 'provider'],
    ["the last key's unauthorized", { status: 401 }, 'provider'],
    ['forbidden', { status: 403 }, 'model'],
    ['model_not_found', { status: 404 }, 'model'],
  ])('%s holds the right thing', async (_name, step, scope) => {
    await start({ more: 'other: { candidates: [alpha/model-other, beta/model-b] }' })
    stack.simulator.script('alpha/model-a', [step])
    expect(await ask()).toBe('beta/model-b')
    await untilPublished(stack, 'alpha', ({ circuits }) =>
      scope === 'provider' ? circuits.account.hold !== null : circuits.models['model-a']?.hold != null,
    )
    expect(await ask()).toBe('beta/model-b')
    expect(callsTo('alpha/model-a')).toHaveLength(1)
    expect(await ask('other')).toBe(scope === 'provider' ? 'beta/model-b' : 'alpha/model-other')
  })
})

describe('when every circuit is open', () => {
  const DEAD: StepInput[] = [{ status: 503 }]
  const open = async (whenAllOpen: string, more = ''): Promise<void> => {
    await start({
      circuit: `consecutive: 2, openFor: 2s, maxOpenFor: 2s, whenAllOpen: ${whenAllOpen}`,
      route: more,
    })
    stack.simulator.script('alpha', DEAD)
    stack.simulator.script('beta', DEAD)
    while (callsTo('alpha/model-a').length < 2 || callsTo('beta/model-b').length < 2)
      await stack.holdfast.generate({ prompt: 'hi' }).catch(() => undefined)
    for (const [provider, model] of [
      ['alpha', 'model-a'],
      ['beta', 'model-b'],
    ] as const)
      await untilPublished(stack, provider, (state) => phaseOf(state, model) === 'open')
  }

  it('`try` asks them all the same, in the order of the route', async () => {
    await open('try')
    stack.simulator.script('beta', [])
    const { target, attempts } = await stack.holdfast.generate({ prompt: 'hi' })
    expect(target).toBe('beta/model-b')
    expect(attempts.map((one) => [one.target, one.failure?.class])).toEqual([
      ['alpha/model-a', 'overloaded'],
      ['beta/model-b', undefined],
    ])
  })

  it('`fail` calls nobody, and says when the first may be asked again', async () => {
    await open('fail')
    const before = stack.simulator.calls().length
    const error = await holdfastError(stack.holdfast.generate({ prompt: 'hi' }))
    expect(error).toMatchObject({
      kind: 'all_failed',
      accepted: true,
      failureClass: 'not_admitted',
      attempts: [],
    })
    // `saw it fail`: the worker that was asked may not have read yet what the entity says.
    expect(error.message).toMatch(
      /No candidate may be asked now: alpha\/model-a: (open|this worker saw it fail)/,
    )
    const inMs = (error.retryAt?.getTime() ?? 0) - Date.now()
    expect(inMs).toBeGreaterThan(0)
    expect(inMs).toBeLessThanOrEqual(2_000)
    expect(stack.simulator.calls()).toHaveLength(before)
  })

  it('`wait` waits durably till the first may be asked, and is answered', async () => {
    await open('wait')
    stack.simulator.script('alpha', [])
    const before = stack.simulator.calls().length
    const { target, attempts, timings } = await stack.holdfast.generate({ prompt: 'hi' })
    expect(target).toBe('alpha/model-a')
    expect(attempts.filter(({ failure }) => failure === undefined)).toHaveLength(1)
    expect(stack.simulator.calls()).toHaveLength(before + 1)
    expect(timings.totalMs).toBeLessThan(6_000)
  })

  it('`wait` ends at the deadline, and has called nobody', async () => {
    await open('wait', 'deadline: 1s')
    const before = stack.simulator.calls().length
    const error = await holdfastError(stack.holdfast.generate({ prompt: 'hi' }))
    expect(error.kind).toBe('deadline_exceeded')
    expect(stack.simulator.calls()).toHaveLength(before)
  })
})

it('an open candidate goes to the end and comes back to its place; the history replays the way it went', async () => {
  await start({ circuit: 'consecutive: 2, openFor: 1s' })
  const { simulator, holdfast, client } = stack
  simulator.script('alpha', [{ status: 503 }])
  await ask()
  await ask()
  await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'open')
  simulator.script('beta', [{ status: 503 }])
  const { attempts, generationId } = await holdfastError(holdfast.generate({ prompt: 'both are down' }))
  expect(attempts.map(({ target }) => target).slice(0, 1)).toEqual(['beta/model-b'])
  simulator.reset()
  while (callsTo('alpha/model-a').length === 0) await ask()
  await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'closed')
  await pause(1_000)
  expect(await ask()).toBe('alpha/model-a')
  // Today the board says something else than it did then: the history keeps what the run saw.
  const history = await client.workflow.getHandle(generationId ?? '').fetchHistory()
  await expect(
    Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, generationId ?? ''),
  ).resolves.toBeUndefined()
}, 30_000)

it("a hung provider takes half of a worker's slots, and the other one answers all the while", async () => {
  const SLOTS = 8
  await start({ circuit: 'consecutive: 1000', more: 'well: { candidates: [beta/model-b] }' }, 1, SLOTS)
  stack.simulator.script('alpha', [{ fault: 'silent' }])
  const hung: Promise<GenerationResult>[] = []
  for (let n = 0; n < 3 * SLOTS; n++) hung.push(stack.holdfast.generate({ prompt: 'hi' }))
  await stack.simulator.waitForCalls(SLOTS / 2, { provider: 'alpha' })
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask('well')))
  expect(new Set(answers)).toEqual(new Set(['beta/model-b']))
  expect(callsTo('alpha/model-a')).toHaveLength(SLOTS / 2)
  const ended = await Promise.all(hung)
  expect(ended.filter(({ target }) => target === 'beta/model-b')).toHaveLength(3 * SLOTS)
}, 30_000)
