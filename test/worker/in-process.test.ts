/** Generations without Temporal, as `holdfast gateway` runs them while it is away. */
import pino from 'pino'
import { parseConfig } from '../../src/config'
import type { HoldfastError } from '../../src/contract/errors'
import type { GenerationInput } from '../../src/contract/generation'
import { prepare } from '../../src/request'
import { type Simulator, startSimulator } from '../../src/simulator'
import type { InProcess } from '../../src/worker/in-process'
import { startStandalone } from '../../src/worker/in-process/standalone'
import { until as eventually } from '../helpers/processes'
import { until } from '../helpers/sockets'

const configOf = (url: string) =>
  parseConfig(`
cache: { store: memory }
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
defaults:
  candidates: [alpha/model-a, beta/model-b]
  retry: { maximumAttempts: 2, initialInterval: 20ms }
routes:
  default: { circuit: false }
  race: { strategy: race, circuit: false }
  hedge: { strategy: { hedge: { after: 100ms, budget: 100% } }, circuit: false }
  brief: { candidates: [alpha/model-a], deadline: 300ms, circuit: false }
  patient: { candidates: [alpha/model-a], passes: 2, retry: { maximumAttempts: 1 }, circuit: false }
  kept: { candidates: [alpha/model-a], retry: { maximumAttempts: 1 }, circuit: false, cache: { ttl: 50ms } }
  tripped: { retry: { maximumAttempts: 1 }, circuit: { consecutive: 2 } }
`)

let simulator: Simulator
let direct: InProcess
let config: ReturnType<typeof configOf>
let made = 0

beforeAll(async () => {
  simulator = await startSimulator()
  config = configOf(simulator.url)
  direct = await startStandalone({ config, env: {}, logger: pino({ level: 'silent' }) })
})
afterAll(async () => {
  await direct.drain(0)
  await simulator.close()
})
beforeEach(() => simulator.reset())

const inputOf = (route: string, prompt = 'hi', stream = false): GenerationInput => {
  const prepared = prepare(config, { route, prompt })
  const deadlineAt = Date.now() + prepared.route.deadlineMs
  return { id: `g-${made++}`, tenant: null, deadlineAt, searchAttributes: false, stream, ...prepared }
}
const never = new AbortController().signal
const run = (route: string, signal = never, prompt?: string) => direct.run(inputOf(route, prompt), signal)
const failed = (work: Promise<unknown>): Promise<HoldfastError> =>
  work.then(
    () => Promise.reject(new Error('it was answered')),
    (error) => error,
  )
const callsTo = (provider: string) => simulator.calls({ provider })

it('retries, falls back, and reports every attempt', async () => {
  simulator.script('alpha', [{ status: 503 }])
  simulator.script('beta', [{ answer: 'from beta' }])
  const result = await run('default')
  expect(result).toMatchObject({
    text: 'from beta',
    target: 'beta/model-b',
    served: 'provider',
    durable: false,
  })
  expect(result.attempts.map(({ target, number }) => [target, number])).toEqual([
    ['alpha/model-a', 1],
    ['alpha/model-a', 2],
    ['beta/model-b', 1],
  ])
})

it('waits as long as the provider requested', async () => {
  simulator.script('alpha', [{ status: 429, retryAfter: '1', times: 1 }, { answer: 'later' }])
  expect((await run('default')).text).toBe('later')
  const [first, second] = callsTo('alpha')
  expect((second?.receivedAt ?? 0) - (first?.finishedAt ?? 0)).toBeGreaterThanOrEqual(950)
})

it('races: the loser is aborted, and its record reported', async () => {
  simulator.script('alpha', [{ fault: 'silent' }])
  simulator.script('beta', [{ answer: 'quick' }])
  const result = await run('race')
  expect(result.text).toBe('quick')
  expect(result.attempts.map(({ target }) => target).sort()).toEqual(['alpha/model-a', 'beta/model-b'])
  await until(() => callsTo('alpha')[0]?.abortedAt !== undefined)
})

it('hedges after the time that the route says', async () => {
  simulator.script('alpha', [{ fault: 'silent' }])
  simulator.script('beta', [{ answer: 'hedge' }])
  const startedAt = Date.now()
  expect((await run('hedge')).text).toBe('hedge')
  expect(callsTo('beta')[0]?.receivedAt).toBeGreaterThanOrEqual(startedAt + 100)
  expect(callsTo('alpha')).toHaveLength(1)
})

it('ends at its deadline', async () => {
  simulator.script('alpha', [{ fault: 'silent' }])
  const error = await failed(run('brief'))
  expect(error.kind).toBe('deadline_exceeded')
  expect(error.attempts).toHaveLength(1)
})

it('goes through the candidates again where the route has passes', async () => {
  simulator.script('alpha', [{ status: 503, times: 1 }, { answer: 'second pass' }])
  expect((await run('patient')).attempts).toHaveLength(2)
})

it('hangs up when nobody waits any longer, in a call and in a pause', async () => {
  simulator.script('alpha', [{ fault: 'silent' }])
  const abort = new AbortController()
  const error = failed(run('default', abort.signal))
  await simulator.waitForCalls(1)
  abort.abort()
  expect((await error).kind).toBe('cancelled')
  await until(() => callsTo('alpha')[0]?.abortedAt !== undefined)

  simulator.script('alpha', [{ status: 429, retryAfter: '2' }])
  const other = new AbortController()
  const paused = failed(run('default', other.signal))
  await until(() => callsTo('alpha')[1]?.status === 429)
  other.abort()
  expect((await paused).kind).toBe('cancelled')
  expect(callsTo('alpha')).toHaveLength(2)
})

it('serves from the cache, and an old answer in place of an error', async () => {
  simulator.script('alpha', [{ answer: 'kept', times: 1 }, { status: 503 }])
  expect((await run('kept', never, 'keep me')).served).toBe('provider')
  expect((await run('kept', never, 'keep me')).served).toMatch(/cache|stale/)
  const isStale = async () => (await run('kept', never, 'keep me')).served === 'stale'
  await eventually('it is stale', isStale)
})

it('stops asking a provider that fails, by what this process sees itself', async () => {
  simulator.script('alpha', [{ status: 503 }])
  for (let n = 0; n < 4; n++) expect((await run('tripped')).target).toBe('beta/model-b')
  expect(callsTo('alpha')).toHaveLength(2)
})

it('streams text as it comes', async () => {
  simulator.script('alpha', [{ words: 10 }])
  const input = inputOf('default', 'hi', true)
  const work = direct.run(input, never)
  const pieces: string[] = []
  for await (const { event } of direct.delivery.read(input.id, 0, never))
    if (event.type === 'text') pieces.push(event.text)
  expect(pieces.join('')).toBe((await work).text)
  expect(callsTo('alpha')[0]?.body).toMatchObject({ stream: true })
})

it('a drain lets a call end that ends in time, and hangs up on one that does not', async () => {
  const own = await startStandalone({ config, env: {}, logger: pino({ level: 'silent' }) })
  simulator.script('alpha', [{ answer: 'in time', latency: '300ms' }, { fault: 'silent' }])
  const quick = own.run(inputOf('default'), never)
  await simulator.waitForCalls(1)
  const hangs = failed(own.run(inputOf('default'), never))
  await simulator.waitForCalls(2)
  await own.drain(1_000)
  expect((await quick).text).toBe('in time')
  expect((await hangs).kind).toBe('cancelled')
})
