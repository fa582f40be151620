/** The classic patterns without a memory: simple fallback, and retry with backoff. And all the files as files. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import Ajv from 'ajv'
import { parse } from 'yaml'
import { check } from '../../src/cli/check'
import { configJsonSchema } from '../../src/config/json-schema'
import {
  ANTHROPIC,
  ask,
  askInVain,
  called,
  DOWN,
  FOLDER,
  load,
  OPENAI,
  routeOf,
  start,
  TOGETHER,
  times,
} from '../helpers/classic'
import { holdfastError, type Stack } from '../helpers/stack'

const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))

describe('the files', () => {
  const validate = new Ajv({ strict: false }).compile(configJsonSchema())
  const text = (name: string): string => readFileSync(path.join(FOLDER, name), 'utf8')

  it('are the seven, each in the README beside them', () => {
    const linked = [...text('README.md').matchAll(/^\|.*\]\((\S+\.yaml)\)/gm)].map(([, file]) => file)
    expect(FILES).toEqual([
      'cached-fallback.yaml',
      'circuit-breaker.yaml',
      'health-aware.yaml',
      'parallel-fallback.yaml',
      'production.yaml',
      'retry-with-backoff.yaml',
      'simple-fallback.yaml',
    ])
    expect(linked.sort()).toEqual(FILES)
  })

  it.each(FILES)(
    '%s is accepted by check, and by the JSON Schema that it names for editors',
    async (name) => {
      expect(await check(path.join(FOLDER, name), {})).toMatchObject({ ok: true })
      const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text(name)) ?? []
      expect(path.join(FOLDER, schema)).toBe(path.resolve(__dirname, '..', '..', 'holdfast.schema.json'))
      expect(validate(parse(text(name)))).toBe(true)
    },
  )

  it.each(FILES)('%s takes a key of each provider from the environment', async (name) => {
    const { keys, providers } = await check(path.join(FOLDER, name), {})
    expect(keys.map(({ provider }) => provider)).toEqual(Object.keys(providers))
  })
})

describe('simple fallback', () => {
  const config = load('simple-fallback.yaml')
  let stack: Stack
  beforeAll(async () => {
    stack = await start(config)
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  it('is written so: three candidates in order, one call each, no circuits', () => {
    const { candidates, strategy, circuit } = routeOf(config)
    expect(candidates.map(({ target }) => target)).toEqual([OPENAI, ANTHROPIC, TOGETHER])
    expect(candidates.map(({ retry }) => retry.maximumAttempts)).toEqual([1, 1, 1])
    expect({ strategy, circuit }).toEqual({ strategy: { type: 'sequence' }, circuit: null })
  })

  it('calls only the first while it answers', async () => {
    const answers = await times(3, () => ask(stack))
    expect(answers.map(({ target }) => target)).toEqual([OPENAI, OPENAI, OPENAI])
    expect(called(stack)).toEqual([OPENAI, OPENAI, OPENAI])
  })

  it('asks the first again in each request, however often it failed before', async () => {
    stack.simulator.script('openai', DOWN)
    const answers = await times(10, () => ask(stack))
    expect(new Set(answers.map(({ target }) => target))).toEqual(new Set([ANTHROPIC]))
    expect(called(stack)).toEqual(Array(10).fill([OPENAI, ANTHROPIC]).flat())
  })

  it('asks in order till one answers, and is back at the first with its next answer', async () => {
    stack.simulator.script('openai', DOWN)
    stack.simulator.script('anthropic', DOWN)
    expect((await ask(stack)).target).toBe(TOGETHER)
    stack.simulator.script('openai', [])
    expect((await ask(stack)).target).toBe(OPENAI)
    expect(called(stack)).toEqual([OPENAI, ANTHROPIC, TOGETHER, OPENAI])
  })

  it('fails when each has failed once', async () => {
    for (const provider of ['openai', 'anthropic', 'together']) stack.simulator.script(provider, DOWN)
    const { kind, attempts } = await askInVain(stack)
    expect(kind).toBe('all_failed')
    expect(attempts.map(({ target }) => target)).toEqual([OPENAI, ANTHROPIC, TOGETHER])
    expect(called(stack)).toEqual([OPENAI, ANTHROPIC, TOGETHER])
  })
})

describe('retry with backoff', () => {
  const JITTER_MS = 1_000
  /** What Temporal and a busy machine may add to a pause. */
  const SLACK_MS = 1_000
  const config = load('retry-with-backoff.yaml')
  let stack: Stack
  beforeAll(async () => {
    stack = await start(config)
  })
  afterAll(() => stack.close())
  beforeEach(() => stack.simulator.reset())

  it('is written so: 3 calls, 1 s, doubling, up to 1 s of jitter, no circuit', () => {
    const { candidates, circuit } = routeOf(config)
    expect(candidates.map(({ target }) => target)).toEqual([OPENAI])
    expect(candidates[0]?.retry).toMatchObject({
      maximumAttempts: 3,
      initialIntervalMs: 1_000,
      backoffCoefficient: 2,
      jitter: JITTER_MS,
    })
    expect(circuit).toBeNull()
  })

  it('makes 3 calls, 1 to 2 s and 2 to 3 s apart, each caller at its own moments, then fails', async () => {
    stack.simulator.script('openai', DOWN)
    const prompts = ['a', 'b', 'c', 'd', 'e']
    const errors = await Promise.all(
      prompts.map((prompt) => holdfastError(stack.holdfast.generate({ prompt }))),
    )
    expect(errors.map(({ kind }) => kind)).toEqual(prompts.map(() => 'all_failed'))

    const drawn = errors.map(({ attempts }) => attempts.map(({ retryInMs }) => retryInMs ?? null))
    const pauses = prompts.map((prompt) => pausesOf(stack, prompt))
    for (const [first, second, third] of drawn) {
      expect(first).toBeGreaterThanOrEqual(1_000)
      expect(first).toBeLessThanOrEqual(1_000 + JITTER_MS)
      expect(second).toBeGreaterThanOrEqual(2_000)
      expect(second).toBeLessThanOrEqual(2_000 + JITTER_MS)
      expect(third).toBeNull()
    }
    // On the wire: the pause that was drawn, and what it took to get there.
    for (const [caller, [first = 0, second = 0, ...more]] of pauses.entries()) {
      const added = [first - (drawn[caller]?.[0] ?? 0), second - (drawn[caller]?.[1] ?? 0)]
      expect(Math.min(...added)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...added)).toBeLessThanOrEqual(SLACK_MS)
      expect(more).toEqual([])
    }
    expect(new Set(drawn.map(([first]) => first)).size).toBeGreaterThan(1)
  })

  it('answers with the first call that succeeds', async () => {
    stack.simulator.script('openai', [{ status: 503, times: 2 }, { answer: 'third time lucky' }])
    const { text, attempts } = await ask(stack)
    expect({ text, attempts: attempts.length }).toEqual({ text: 'third time lucky', attempts: 3 })
    expect(called(stack)).toEqual([OPENAI, OPENAI, OPENAI])
  })

  it('does not ask again where that can not help', async () => {
    stack.simulator.script('openai', [{ fault: 'invalid_request' }])
    expect((await askInVain(stack)).kind).toBe('invalid_request')
    expect(called(stack)).toEqual([OPENAI])
  })
})

/** From the end of each call with this prompt to the next one's arrival, milliseconds. */
function pausesOf({ simulator }: Stack, prompt: string): number[] {
  const calls = simulator
    .calls()
    .filter(({ body }) => JSON.stringify(body).includes(JSON.stringify({ role: 'user', content: prompt })))
  return calls.slice(1).map(({ receivedAt }, before) => receivedAt - (calls[before]?.finishedAt ?? 0))
}
