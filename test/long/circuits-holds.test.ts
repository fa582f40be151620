/** Holds, what happens when every circuit is open, a worker's slots, and the order of the candidates. */
import { Worker } from '@temporalio/worker'
import type { GenerationResult } from '../../src/contract/generation'
import type { StepInput } from '../../src/simulator'
import { workflowBundle } from '../../src/temporal/workflow-bundle'
import { circuitConfig, phaseOf, untilPublished } from '../helpers/circuits'
import { mostAtOnce } from '../helpers/outage'
import { expectHeldByRateLimit } from '../helpers/rate-limit'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

/** Each test has its models, the first four their provider as well: one stack serves them all. */
const HOLDS: [name: string, provider: string, step: StepInput, scope: 'provider' | 'model'][] = [
  ['quota_exhausted', 'quota', { status: 429, code: 'insufficient_quota' }, 'provider'],
  ["the last key's unauthorized", 'key', { status: 401 }, 'provider'],
  ['forbidden', 'forbidden', { status: 403 }, 'model'],
  ['model_not_found', 'missing', { status: 404 }, 'model'],
]
const CHOICES = ['try', 'fail', 'wait', 'deadline'] as const
type Choice = (typeof CHOICES)[number]
/** Longer than any of these tests takes, but for the one that waits for its end. */
const OPEN_FOR_MS: { [C in Choice]: number } = { try: 20_000, fail: 20_000, wait: 2_000, deadline: 20_000 }

const config = (url: string): string => `
providers:
${['alpha', 'beta', ...HOLDS.map(([, provider]) => provider)]
  .map((name) => `  ${name}: { api: openai-chat, baseUrl: ${url}/${name}/v1, auth: none }`)
  .join('\n')}
defaults: { retry: { maximumAttempts: 1 }, timeouts: { attempt: 3s } }
routes:
  default: { candidates: [alpha/model-a, beta/model-b], circuit: { consecutive: 2, openFor: 1s } }
${HOLDS.map(
  ([, provider]) => `  ${provider}: { candidates: [${provider}/model-a, beta/model-b] }
  ${provider}-other: { candidates: [${provider}/model-other, beta/model-b] }`,
).join('\n')}
${CHOICES.map(
  (choice) => `  all-${choice}:
    candidates: [alpha/${choice}, beta/${choice}]
    circuit: { consecutive: 2, openFor: ${OPEN_FOR_MS[choice]}ms, whenAllOpen: ${choice === 'deadline' ? 'wait' : choice} }
    ${choice === 'deadline' ? 'deadline: 1s' : ''}`,
).join('\n')}
`

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ config })
})
afterAll(() => stack.close())
beforeEach(() => stack.simulator.reset())

const ask = async (route = 'default'): Promise<string> =>
  (await stack.holdfast.generate({ route, prompt: 'hi' })).target

const callsTo = (target: string) => stack.simulator.calls({ target })

describe('holds', () => {
  it(
    'a 429 with Retry-After of 6 s keeps all workers away from that model, the longest one wins; others stay in use',
    () => expectHeldByRateLimit({ perSecond: 6, atOnce: 8, retryAfterSeconds: 6, lagMs: 3_500 }),
    60_000,
  )

  it.each(HOLDS)('%s holds the right thing', async (_name, provider, step, scope) => {
    stack.simulator.script(`${provider}/model-a`, [step])
    expect(await ask(provider)).toBe('beta/model-b')
    await untilPublished(stack, provider, ({ circuits }) =>
      scope === 'provider' ? circuits.account.hold !== null : circuits.models['model-a']?.hold != null,
    )
    expect(await ask(provider)).toBe('beta/model-b')
    expect(callsTo(`${provider}/model-a`)).toHaveLength(1)
    const other = scope === 'provider' ? 'beta/model-b' : `${provider}/model-other`
    expect(await ask(`${provider}-other`)).toBe(other)
  })
})

describe('when every circuit is open', () => {
  /** The route's own candidates, opened. */
  const open = async (choice: Choice): Promise<string> => {
    const route = `all-${choice}`
    const targets = [`alpha/${choice}`, `beta/${choice}`]
    for (const target of targets) stack.simulator.script(target, [{ status: 503 }])
    while (targets.some((target) => callsTo(target).length < 2))
      await stack.holdfast.generate({ route, prompt: 'hi' }).catch(() => undefined)
    await Promise.all(
      ['alpha', 'beta'].map((provider) =>
        untilPublished(stack, provider, (state) => phaseOf(state, choice) === 'open'),
      ),
    )
    return route
  }

  it('`try` asks them all the same, in the order of the route', async () => {
    const route = await open('try')
    stack.simulator.script('beta/try', [])
    const { target, attempts } = await stack.holdfast.generate({ route, prompt: 'hi' })
    expect(target).toBe('beta/try')
    expect(attempts.map((one) => [one.target, one.failure?.class])).toEqual([
      ['alpha/try', 'overloaded'],
      ['beta/try', undefined],
    ])
  })

  it('`fail` calls nobody, and says when the first may be called again', async () => {
    const route = await open('fail')
    const before = stack.simulator.calls().length
    const error = await holdfastError(stack.holdfast.generate({ route, prompt: 'hi' }))
    expect(error).toMatchObject({
      kind: 'all_failed',
      accepted: true,
      failureClass: 'not_admitted',
      attempts: [],
    })
    // `saw it fail`: the worker that was queried may not have read yet what the entity says.
    expect(error.message).toMatch(
      /No candidate may be called now: alpha\/fail: (open|this worker saw it fail)/,
    )
    const inMs = (error.retryAt?.getTime() ?? 0) - Date.now()
    expect(inMs).toBeGreaterThan(0)
    expect(inMs).toBeLessThanOrEqual(OPEN_FOR_MS.fail)
    expect(stack.simulator.calls()).toHaveLength(before)
  })

  it('`wait` waits durably till the first may be called, and is answered', async () => {
    const route = await open('wait')
    stack.simulator.script('alpha/wait', [])
    const before = stack.simulator.calls().length
    const { target, attempts } = await stack.holdfast.generate({ route, prompt: 'hi' })
    expect(target).toBe('alpha/wait')
    expect(attempts.filter(({ failure }) => failure === undefined)).toHaveLength(1)
    expect(stack.simulator.calls()).toHaveLength(before + 1)
  })

  it('`wait` ends at the deadline, and has called nobody', async () => {
    const route = await open('deadline')
    const before = stack.simulator.calls().length
    const error = await holdfastError(stack.holdfast.generate({ route, prompt: 'hi' }))
    expect(error.kind).toBe('deadline_exceeded')
    expect(stack.simulator.calls()).toHaveLength(before)
  })
})

it('an open candidate goes to the end and comes back to its place; the history replays the way it went', async () => {
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
  // Till its worker has read that, the fallback is called.
  const closedAt = Date.now()
  while ((await ask()) !== 'alpha/model-a')
    if (Date.now() - closedAt > 10_000) throw new Error('it never came back to its place')
  // Today the board says something else than it did then: the history keeps what the run saw.
  const history = await client.workflow.getHandle(generationId ?? '').fetchHistory()
  await expect(
    Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, generationId ?? ''),
  ).resolves.toBeUndefined()
}, 30_000)

it("a hung provider takes half of a worker's slots, and the other one answers all the while", async () => {
  const SLOTS = 8
  const few = await startStack({
    slots: SLOTS,
    config: (url) =>
      circuitConfig(url, { circuit: 'consecutive: 1000', more: 'well: { candidates: [beta/model-b] }' }),
  })
  try {
    const { simulator, holdfast } = few
    simulator.script('alpha', [{ fault: 'silent' }])
    const hung: Promise<GenerationResult>[] = []
    for (let n = 0; n < 3 * SLOTS; n++) hung.push(holdfast.generate({ prompt: 'hi' }))
    await simulator.waitForCalls(SLOTS / 2, { provider: 'alpha' })
    const well = () => holdfast.generate({ route: 'well', prompt: 'hi' })
    const answers = await Promise.all(Array.from({ length: 10 }, well))
    expect(new Set(answers.map(({ target }) => target))).toEqual(new Set(['beta/model-b']))
    const alpha = simulator.calls({ provider: 'alpha' })
    expect(mostAtOnce(alpha)).toBe(SLOTS / 2)
    const ended = await Promise.all(hung)
    expect(ended.filter(({ target }) => target === 'beta/model-b')).toHaveLength(3 * SLOTS)
  } finally {
    await few.close()
  }
}, 30_000)
