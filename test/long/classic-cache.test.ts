/** The classic patterns that keep answers: cached fallback, and all together in production. */
import type { Generation } from '../../src/client'
import { type Config, demoConfig } from '../../src/config'
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
} from '../helpers/classic'
import { holdfastError, type Stack, startStack } from '../helpers/stack'

const HOUR_MS = 3_600_000
/** In place of the hour. */
const TTL_MS = 1_500
const PROVIDERS = ['openai', 'anthropic', 'together']
const ALL = [OPENAI, ANTHROPIC, TOGETHER]

// Whole stacks start and end in here; a busy machine takes its time.
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

/** An hour is too long for a test: this is the one number that is not the file's. */
function withTtl(config: Config, ttlMs: number): Config {
  const route = routeOf(config)
  if (route.cache === null) throw new Error('the file has no cache')
  return { ...config, routes: { default: { ...route, cache: { ...route.cache, ttlMs } } } }
}

/** Simulated providers that want their keys. */
function withKeys(config: Config, url: string): Config {
  const demo = demoConfig(config, url)
  const providers = Object.values(config.providers).map(({ name, auth, apiKeysEnv }) => {
    const simulated = demo.providers[name]
    if (simulated === undefined) throw new Error(`no provider ${name}`)
    return [name, { ...simulated, auth, apiKeysEnv }] as const
  })
  return { ...demo, providers: Object.fromEntries(providers) }
}

const askFor = (prompt: string): Promise<Generation> => stack.holdfast.generate({ prompt })

const allDown = (): void => {
  for (const provider of PROVIDERS) stack.simulator.script(provider, DOWN)
}

const opened = async (target: string): Promise<void> => {
  const [provider = '', ...model] = target.split('/')
  await untilPublished(stack, provider, (state) => phaseOf(state, model.join('/')) === 'open')
}

describe('cached fallback', () => {
  const config = load('cached-fallback.yaml')

  it('is written so: fresh for 1 h, stale for 24 h more, on disk; one call each, no circuits', () => {
    const { candidates, circuit, cache } = routeOf(config)
    expect(candidates.map(({ target, retry }) => [target, retry.maximumAttempts])).toEqual([
      [OPENAI, 1],
      [ANTHROPIC, 1],
      [TOGETHER, 1],
    ])
    expect(circuit).toBeNull()
    expect(cache).toMatchObject({ ttlMs: HOUR_MS, staleIfErrorMs: 24 * HOUR_MS, staleWhileRevalidateMs: 0 })
    expect(config.cache.store).toBe('disk')
  })

  it('answers again what it has answered, at no cost', async () => {
    await begin(config)
    const [first, ...more] = await times(4, () => ask(stack))
    expect(first).toMatchObject({ served: 'provider', target: OPENAI })
    for (const one of more)
      expect(one).toMatchObject({
        served: 'cache',
        target: OPENAI,
        text: first?.text,
        costUsd: 0,
        attempts: [],
      })
    await askFor('something else')
    expect(called(stack)).toEqual([OPENAI, OPENAI])
  })

  it('keeps what a fallback answered as well', async () => {
    await begin(config)
    stack.simulator.script('openai', DOWN)
    const answers = await times(2, () => ask(stack))
    expect(answers.map(({ served, target }) => [served, target])).toEqual([
      ['provider', ANTHROPIC],
      ['cache', ANTHROPIC],
    ])
    expect(called(stack)).toEqual([OPENAI, ANTHROPIC])
  })

  it('asks anew when the hour is over, and keeps the new answer', async () => {
    await begin(withTtl(config, TTL_MS))
    stack.simulator.script('openai', [{ answer: 'old' }, { answer: 'new' }])
    const first = await ask(stack)
    const later = await timesUntil(
      () => ask(stack),
      ({ served }) => served === 'provider',
    )
    const [anew, ...fromCache] = later.reverse()
    expect([first.text, anew?.text]).toEqual(['old', 'new'])
    expect(fromCache.length).toBeGreaterThan(0)
    expect(new Set(fromCache.map(({ text, served }) => `${served}: ${text}`))).toEqual(
      new Set(['cache: old']),
    )
    expect(called(stack)).toEqual([OPENAI, OPENAI])
    // Over was over, and not a moment before.
    expect((anew?.timings.finishedAt ?? 0) - first.timings.startedAt).toBeGreaterThanOrEqual(TTL_MS)
    expect(await ask(stack)).toMatchObject({ served: 'cache', text: 'new' })
  })

  it('with all down the old answer comes, marked as stale, with its age and the failures', async () => {
    await begin(withTtl(config, TTL_MS))
    const first = await ask(stack)
    allDown()
    const answers = await timesUntil(
      () => ask(stack),
      ({ served }) => served === 'stale',
    )
    const stale = answers.at(-1)
    expect(stale).toMatchObject({ served: 'stale', text: first.text, target: OPENAI, costUsd: 0 })
    expect(stale?.cacheAgeMs).toBeGreaterThanOrEqual(TTL_MS)
    expect(stale?.attempts.map(({ target, failure }) => [target, failure?.class])).toEqual([
      [OPENAI, 'overloaded'],
      [ANTHROPIC, 'overloaded'],
      [TOGETHER, 'overloaded'],
    ])
    // Each time they are called first; and there is no old answer to a new request.
    expect(await ask(stack)).toMatchObject({ served: 'stale', text: first.text })
    expect(called(stack)).toEqual([OPENAI, ...ALL, ...ALL])
    expect((await holdfastError(askFor('never sent before'))).kind).toBe('all_failed')

    stack.simulator.script('together', [{ answer: 'well again' }])
    expect(await ask(stack)).toMatchObject({ served: 'provider', text: 'well again', target: TOGETHER })
  })
})

describe('production', () => {
  const config = load('production.yaml')

  it('is written so: cache, circuits, stale answers, three providers with their keys; the times fit', () => {
    const { candidates, strategy, circuit, cache, deadlineMs, upstream } = routeOf(config)
    expect(candidates.map(({ target }) => target)).toEqual([OPENAI, ANTHROPIC, TOGETHER])
    expect(Object.values(config.providers).map(({ apiKeysEnv }) => apiKeysEnv)).toEqual([
      ['OPENAI_API_KEY'],
      ['ANTHROPIC_API_KEY'],
      ['TOGETHER_API_KEY'],
    ])
    expect({ strategy, upstream }).toEqual({ strategy: { type: 'sequence' }, upstream: 'stream' })
    expect(circuit).toMatchObject({ consecutive: 5, openForMs: 30_000, maxOpenForMs: 300_000 })
    expect(cache).toMatchObject({ ttlMs: HOUR_MS, staleIfErrorMs: 24 * HOUR_MS, coalesce: true })
    for (const { timeouts } of candidates)
      expect(2 * timeouts.firstTokenMs + timeouts.attemptMs).toBeLessThanOrEqual(deadlineMs)
  })

  it('the first is down: its circuit opens, the fallback answers, and it is not called any more', async () => {
    await begin(config)
    stack.simulator.script('openai', DOWN)
    const answers = await times(3, (n) => askFor(`question ${n}`))
    expect(answers.map(({ target }) => target)).toEqual([ANTHROPIC, ANTHROPIC, ANTHROPIC])
    await opened(OPENAI)
    const calls = called(stack).length
    const later = await times(4, (n) => askFor(`later question ${n}`))
    expect(later.map(({ target }) => target)).toEqual(Array(4).fill(ANTHROPIC))
    expect(called(stack).slice(calls)).toEqual(Array(4).fill(ANTHROPIC))
    expect(called(stack).filter((target) => target === OPENAI)).toHaveLength(5)
  })

  it('all are down: the old answer; with all circuits open at once, without a call', async () => {
    await begin(withTtl(config, TTL_MS))
    const first = await ask(stack)
    allDown()
    const answers = await timesUntil(
      () => ask(stack),
      ({ served }) => served === 'stale',
    )
    expect(answers.at(-1)).toMatchObject({ text: first.text, target: OPENAI })
    expect(answers.at(-1)?.cacheAgeMs).toBeGreaterThanOrEqual(TTL_MS)

    await times(3, () => ask(stack))
    for (const target of [OPENAI, ANTHROPIC, TOGETHER]) await opened(target)
    // Till this worker has read it, it goes by its own short trips.
    const { retryAt, failureClass } = await holdfastError(askFor('never sent before'))
    expect(failureClass).toBe('not_admitted')
    expect(retryAt?.getTime()).toBeGreaterThan(Date.now())
    const calls = called(stack).length
    const again = await times(3, () => ask(stack))
    expect(again.map(({ served, text }) => [served, text])).toEqual(Array(3).fill(['stale', first.text]))
    expect(called(stack)).toHaveLength(calls)
  })

  it('with equal requests of many callers at once, it pays once, and then not at all', async () => {
    await begin(config)
    stack.simulator.script('openai', [{ answer: 'for all', latency: '500ms' }])
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(stack)))
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['for all']))
    expect((await ask(stack)).served).toBe('cache')
    expect(called(stack)).toEqual([OPENAI])
  })

  it('a provider whose key is not set is left out of the plan; with none at all, the error names the variables', async () => {
    const keys = { ANTHROPIC_API_KEY: 'key-a', TOGETHER_API_KEY: 'key-t' }
    stack = await startStack({ config: (url) => withKeys(config, url), env: keys })
    started.push(stack)
    expect(await ask(stack)).toMatchObject({ target: ANTHROPIC, attempts: [{ target: ANTHROPIC }] })
    expect(called(stack)).toEqual([ANTHROPIC])

    stack = await startStack({ config: (url) => withKeys(config, url) })
    started.push(stack)
    const { kind, message } = await askInVain(stack)
    expect(kind).toBe('unavailable')
    for (const name of ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'TOGETHER_API_KEY'])
      expect(message).toContain(name)
  })
})
