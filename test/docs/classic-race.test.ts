/** The classic pattern of all at once: parallel fallback. */
import type { Config } from '../../src/config'
import {
  ANTHROPIC,
  ask,
  askInVain,
  called,
  DOWN,
  load,
  OPENAI,
  routeOf,
  start,
  TOGETHER,
} from '../helpers/classic'
import type { Stack } from '../helpers/stack'

const HUNG = [{ fault: 'silent' as const }]
/** 10 s is too long for a test: this number is not the file's. */
const ATTEMPT_MS = 1_400
const DEADLINE_MS = 2_400

const config = load('parallel-fallback.yaml')

function quicker(given: Config): Config {
  const route = routeOf(given)
  const candidates = route.candidates.map((candidate) => ({
    ...candidate,
    timeouts: { ...candidate.timeouts, attemptMs: ATTEMPT_MS },
  }))
  return { ...given, routes: { default: { ...route, candidates } } }
}

describe('parallel fallback', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await start(config)
  })
  afterAll(() => stack?.close())
  beforeEach(() => stack.simulator.reset())

  const ALL = [ANTHROPIC, OPENAI, TOGETHER]

  it('is written so: a race of three, 10 s for each call, 30 s overall', () => {
    const { candidates, strategy, deadlineMs } = routeOf(config)
    expect(candidates.map(({ target }) => target).sort()).toEqual(ALL)
    expect(candidates.map(({ timeouts }) => timeouts.attemptMs)).toEqual([10_000, 10_000, 10_000])
    expect({ strategy, deadlineMs }).toEqual({ strategy: { type: 'race' }, deadlineMs: 30_000 })
  })

  it('asks all at once, takes the first answer, and hangs up on the others', async () => {
    const { simulator } = stack
    simulator.script('openai', HUNG)
    simulator.script('anthropic', [{ answer: 'slow', latency: '10s' }])
    simulator.script('together', [{ answer: 'first', latency: '200ms' }])
    const { text, target } = await ask(stack)
    expect({ text, target }).toEqual({ text: 'first', target: TOGETHER })
    await simulator.waitForCalls(2, { outcome: 'client_aborted' })
    expect(called(stack).sort()).toEqual(ALL)
  })

  it('answers although one or two are down', async () => {
    const { simulator } = stack
    simulator.script('openai', [{ status: 401 }])
    simulator.script('anthropic', [{ status: 404 }])
    simulator.script('together', [{ answer: 'the third', latency: '300ms' }])
    const { text, attempts } = await ask(stack)
    expect(text).toBe('the third')
    expect(attempts).toHaveLength(3)
  })
})

describe('parallel fallback, with shorter timeouts', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await start(quicker(config))
  })
  afterAll(() => stack?.close())
  beforeEach(() => stack.simulator.reset())

  const script = (steps: Parameters<Stack['simulator']['script']>[1]): void => {
    for (const provider of ['openai', 'anthropic', 'together']) stack.simulator.script(provider, steps)
  }

  it('fails when each has hung for its time, once', async () => {
    script(HUNG)
    const { kind, failureClass, attempts } = await askInVain(stack)
    expect({ kind, failureClass }).toEqual({ kind: 'all_failed', failureClass: 'timeout' })
    expect(attempts).toHaveLength(3)
    for (const { durationMs } of attempts) expect(durationMs).toBeGreaterThanOrEqual(ATTEMPT_MS - 5)
  })

  it('is over at the deadline, though a second call would have had more time', async () => {
    script([{ ...DOWN[0], latency: '1s', times: 1 }, ...HUNG])
    const startedAt = Date.now()
    const { kind, attempts } = await askInVain(stack, { deadline: `${DEADLINE_MS}ms` })
    expect(kind).toBe('deadline_exceeded')
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(DEADLINE_MS)
    expect(attempts.map(({ failure }) => failure?.class).sort()).toEqual([
      ...Array(3).fill('overloaded'),
      ...Array(3).fill('timeout'),
    ])
  })
})
