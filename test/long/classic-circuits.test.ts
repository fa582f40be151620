/** The classic patterns that remember: health-aware fallback, and the circuit breaker. */
import type { Config } from '../../src/config'
import { phaseOf, untilPublished } from '../helpers/circuits'
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
  times,
  timesUntil,
  withPause,
} from '../helpers/classic'
import { until } from '../helpers/sockets'
import type { Stack } from '../helpers/stack'

/** In place of 300 s and of 60 s. */
const PAUSE_MS = 1_000

// A busy machine takes its time.
jest.setTimeout(60_000)

let stack: Stack
const started: Stack[] = []
const begin = async (config: Config): Promise<void> => {
  stack = await start(config)
  started.push(stack)
}
afterEach(async () => {
  for (const one of started.splice(0)) await one.close()
})

const splitTarget = (target: string): [provider: string, model: string] => {
  const slash = target.indexOf('/')
  return [target.slice(0, slash), target.slice(slash + 1)]
}

/** What the cluster knows of an open circuit, as soon as it does. `openings`: in a row. */
async function opened(target: string, openings = 1) {
  const [provider, model] = splitTarget(target)
  const { circuits } = await untilPublished(stack, provider, (state) => {
    const phase = state.circuits.models[model]?.phase
    return phase?.name === 'open' && phase.openings === openings
  })
  const phase = circuits.models[model]?.phase
  if (phase?.name !== 'open') throw new Error(`the circuit of ${target} is not open`)
  return phase
}

const closed = async (target: string): Promise<void> => {
  const [provider, model] = splitTarget(target)
  await untilPublished(stack, provider, (state) => phaseOf(state, model) === 'closed')
}

const arrivals = (target: string): number[] =>
  stack.simulator.calls({ target }).map(({ receivedAt }) => receivedAt)

describe('health-aware', () => {
  const config = load('health-aware.yaml')

  it('is written so: out after 3 failures in a row, back after 300 s, all tried if none is healthy', () => {
    const { candidates, strategy, circuit } = routeOf(config)
    expect(candidates.map(({ target }) => target)).toEqual([OPENAI, ANTHROPIC, TOGETHER])
    expect(candidates.map(({ retry }) => retry.maximumAttempts)).toEqual([1, 1, 1])
    expect(strategy).toEqual({ type: 'sequence' })
    expect(circuit).toEqual({
      consecutive: 3,
      openForMs: 300_000,
      maxOpenForMs: 300_000,
      whenAllOpen: 'try',
    })
  })

  it('passes over the first after its third failure, for 300 s', async () => {
    await begin(config)
    stack.simulator.script('openai', DOWN)
    const answers = await times(6, () => ask(stack))
    expect(new Set(answers.map(({ target }) => target))).toEqual(new Set([ANTHROPIC]))
    const withFirst = Array(3).fill([OPENAI, ANTHROPIC]).flat()
    expect(called(stack)).toEqual([...withFirst, ANTHROPIC, ANTHROPIC, ANTHROPIC])

    const { since, until: openUntil } = await opened(OPENAI)
    expect(openUntil - since).toBe(300_000)
    expect((await ask(stack)).target).toBe(ANTHROPIC)
    expect(arrivals(OPENAI)).toHaveLength(3)
  })

  it('a success between the failures begins the count anew', async () => {
    await begin(config)
    stack.simulator.script('openai', [
      { status: 503, times: 2 },
      { answer: 'well for once' },
      { status: 503, times: 2 },
      { answer: 'well again' },
    ])
    const answers = await times(6, () => ask(stack))
    const round = [ANTHROPIC, ANTHROPIC, OPENAI]
    expect(answers.map(({ target }) => target)).toEqual([...round, ...round])
    expect(arrivals(OPENAI)).toHaveLength(6)
  })

  it('tries it with one call after each pause, and has it back in its place when that succeeds', async () => {
    await begin(withPause(config, PAUSE_MS))
    stack.simulator.script('openai', DOWN)
    await times(3, () => ask(stack))
    await opened(OPENAI)

    // Still down: each pause ends with one call, and nobody's request is lost over it.
    const meanwhile = await timesUntil(
      () => ask(stack),
      () => arrivals(OPENAI).length === 5,
    )
    expect(new Set(meanwhile.map(({ target }) => target))).toEqual(new Set([ANTHROPIC]))
    const [, , third = 0, fourth = 0, fifth = 0] = arrivals(OPENAI)
    expect(fourth - third).toBeGreaterThanOrEqual(PAUSE_MS)
    expect(fifth - fourth).toBeGreaterThanOrEqual(PAUSE_MS)
    const again = await opened(OPENAI, 3)
    expect(again.until - again.since).toBe(PAUSE_MS)

    stack.simulator.script('openai', [])
    await timesUntil(
      () => ask(stack),
      ({ target }) => target === OPENAI,
    )
    expect(arrivals(OPENAI)).toHaveLength(6)
    await closed(OPENAI)
    await timesUntil(
      () => ask(stack),
      ({ target }) => target === OPENAI,
    )
    const back = await times(3, () => ask(stack))
    expect(back.map(({ target }) => target)).toEqual([OPENAI, OPENAI, OPENAI])
  })

  it('asks all of them, in order, when none is healthy', async () => {
    await begin(config)
    for (const provider of ['openai', 'anthropic', 'together']) stack.simulator.script(provider, DOWN)
    await times(3, () => askInVain(stack))
    for (const target of [OPENAI, ANTHROPIC, TOGETHER]) await opened(target)
    expect(called(stack)).toHaveLength(9)

    const { kind, attempts } = await askInVain(stack)
    expect(kind).toBe('all_failed')
    expect(attempts.map(({ target, failure }) => [target, failure?.class])).toEqual([
      [OPENAI, 'overloaded'],
      [ANTHROPIC, 'overloaded'],
      [TOGETHER, 'overloaded'],
    ])
    expect(called(stack).slice(9)).toEqual([OPENAI, ANTHROPIC, TOGETHER])

    stack.simulator.script('together', [])
    expect((await ask(stack)).target).toBe(TOGETHER)
    expect(called(stack).slice(12)).toEqual([OPENAI, ANTHROPIC, TOGETHER])
  })
})

describe('circuit breaker', () => {
  const config = load('circuit-breaker.yaml')

  it('is written so: opens after 5 failures in a row, for 60 s, and fails at once while it is open', () => {
    const { candidates, circuit } = routeOf(config)
    expect(candidates.map(({ target, retry }) => [target, retry.maximumAttempts])).toEqual([[OPENAI, 1]])
    expect(circuit).toEqual({
      consecutive: 5,
      openForMs: 60_000,
      maxOpenForMs: 60_000,
      whenAllOpen: 'fail',
    })
  })

  it('makes no call after the fifth failure, and retryAt is the end of the 60 s', async () => {
    await begin(config)
    stack.simulator.script('openai', DOWN)
    const failed = await times(5, () => askInVain(stack))
    expect(failed.map(({ failureClass }) => failureClass)).toEqual(Array(5).fill('overloaded'))

    // Till this worker has read that the circuit is open, it names the end of its own short trip.
    const first = await refusal()
    const { since, until: openUntil } = await opened(OPENAI)
    expect(openUntil - since).toBe(60_000)
    const refusals = await timesUntil(refusal, (retryAt) => retryAt === openUntil)
    expect(Math.min(first, ...refusals)).toBeGreaterThan(since)
    expect(await times(3, refusal)).toEqual([openUntil, openUntil, openUntil])
    expect(called(stack)).toEqual(Array(5).fill(OPENAI))
  })

  it('stays closed over a refused request and a limit: the provider is not in trouble', async () => {
    await begin(config)
    stack.simulator.script('openai', [{ fault: 'invalid_request', times: 6 }, { status: 429 }])
    const errors = await times(12, () => askInVain(stack))
    expect(errors.map(({ failureClass }) => failureClass)).toEqual([
      ...Array(6).fill('invalid_request'),
      ...Array(6).fill('rate_limited'),
    ])
    expect(called(stack)).toHaveLength(12)
  })

  it('lets one probe through when the pause is over, and its success closes it for all', async () => {
    await begin(withPause(config, PAUSE_MS))
    stack.simulator.script('openai', DOWN)
    await times(5, () => askInVain(stack))
    const { until: openUntil } = await opened(OPENAI)

    stack.simulator.script('openai', [{ answer: 'well again', latency: '2s', times: 1 }])
    await until(() => Date.now() >= openUntil)
    const ends = Promise.allSettled(Array.from({ length: 4 }, () => ask(stack)))
    await stack.simulator.waitForCalls(6, { target: OPENAI })
    const later = await times(3, () => askInVain(stack))
    expect(later.map(({ failureClass }) => failureClass)).toEqual(Array(3).fill('not_admitted'))
    expect((await ends).filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const [probedAt, ...more] = arrivals(OPENAI).slice(5)
    expect(probedAt).toBeGreaterThanOrEqual(openUntil)
    expect(more).toEqual([])

    await closed(OPENAI)
    await timesUntil(
      () => ask(stack).catch(() => null),
      (answer) => answer !== null,
    )
    const answers = await times(3, () => ask(stack))
    expect(answers.map(({ target }) => target)).toEqual([OPENAI, OPENAI, OPENAI])
  })

  it('opens anew when the probe fails', async () => {
    await begin(withPause(config, PAUSE_MS))
    stack.simulator.script('openai', DOWN)
    await times(5, () => askInVain(stack))
    const { until: openUntil } = await opened(OPENAI)
    await timesUntil(
      () => askInVain(stack),
      () => arrivals(OPENAI).length === 6,
    )
    expect(arrivals(OPENAI)[5]).toBeGreaterThanOrEqual(openUntil)
    const { since, until: again } = await opened(OPENAI, 2)
    expect(again - since).toBe(PAUSE_MS)
    await timesUntil(
      () => askInVain(stack),
      () => arrivals(OPENAI).length === 7,
    )
    expect(arrivals(OPENAI)[6]).toBeGreaterThanOrEqual(again)
  })

  /** Asks while it is open: no call was made for it. Returns `retryAt`, epoch milliseconds. */
  async function refusal(): Promise<number> {
    const { kind, failureClass, retryAt } = await askInVain(stack)
    expect({ kind, failureClass }).toEqual({ kind: 'all_failed', failureClass: 'not_admitted' })
    return retryAt?.getTime() ?? 0
  }
})
