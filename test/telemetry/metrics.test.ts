/** What the functions of the metrics count, under which names and labels. */
import { parseConfig } from '../../src/config'
import type { AttemptRecord } from '../../src/domain/routing/attempt'
import { createMetrics } from '../../src/telemetry/metrics'
import { parseScrape } from '../helpers/prometheus'

const CONFIG = parseConfig(`
providers:
  alpha: { api: openai-chat, baseUrl: http://127.0.0.1:9/v1, apiKeyEnv: ALPHA_KEY }
  beta: { api: openai-chat, baseUrl: http://127.0.0.1:9/v1, auth: none }
models:
  alpha/m: { inputPerMillion: 10, outputPerMillion: 20, shutdownAt: 2027-01-02 }
  beta/spare: {}
routes:
  default: { candidates: [alpha/m, beta/n] }
`)

const record = (more: Partial<AttemptRecord> = {}): AttemptRecord => ({
  candidate: 0,
  target: 'alpha/m',
  number: 1,
  startedAt: 0,
  durationMs: 1_500,
  ...more,
})
const facts = { inputPerMillion: 10, outputPerMillion: 20 }
const opened = (env = {}) => {
  const metrics = createMetrics()
  metrics.calls(CONFIG, env)
  return { metrics, scrape: async () => parseScrape(await metrics.text()) }
}

describe('an attempt', () => {
  it('that answered counts with its time, tokens and cost', async () => {
    const { metrics, scrape } = opened()
    const usage = { inputTokens: 1_000, outputTokens: 100, cachedInputTokens: 300 }
    metrics.attempt({ route: 'default', record: record({ usage }), facts })
    const { value } = await scrape()
    const target = 'alpha/m'
    expect(value('holdfast_attempts_total', { target, outcome: 'answered' })).toBe(1)
    expect(value('holdfast_attempt_duration_seconds_sum', { target, outcome: 'answered' })).toBe(1.5)
    expect(value('holdfast_tokens_total', { target, direction: 'input' })).toBe(1_000)
    expect(value('holdfast_tokens_total', { target, direction: 'output' })).toBe(100)
    expect(value('holdfast_tokens_total', { target, direction: 'cache_read' })).toBe(300)
    expect(value('holdfast_cost_usd_total', { route: 'default', target })).toBeCloseTo(0.012)
  })

  it('that failed counts by the class, and what it has cost', async () => {
    const { metrics, scrape } = opened()
    const failure = { class: 'bad_response', message: 'cut' } as const
    const usage = { inputTokens: 1_000, outputTokens: 0 }
    metrics.attempt({ route: 'default', record: record({ failure, usage }), facts })
    const { value } = await scrape()
    expect(value('holdfast_attempts_total', { outcome: 'bad_response' })).toBe(1)
    expect(value('holdfast_attempt_duration_seconds_count', { outcome: 'failed' })).toBe(1)
    expect(value('holdfast_cost_usd_total')).toBeCloseTo(0.01)
  })

  it.each([Number.NaN, -5, Number.POSITIVE_INFINITY, 1e308])(
    'whose provider says %d tokens is counted all the same',
    async (n) => {
      const { metrics, scrape } = opened()
      const usage = { inputTokens: n, outputTokens: n, cachedInputTokens: n, cacheWriteInputTokens: n }
      metrics.attempt({ route: 'default', record: record({ usage }), facts })
      metrics.attempt({ route: 'default', record: record({ durationMs: Number.NaN }), facts })
      metrics.firstToken('alpha/m', Number.NaN)
      const { value, samples } = await scrape()
      expect(value('holdfast_attempts_total', { outcome: 'answered' })).toBe(2)
      expect(samples.filter((one) => Number.isNaN(one.value))).toEqual([])
    },
  )

  it.each(['not_admitted', 'cancelled', 'worker_lost'] as const)(
    'that was %s says nothing of times',
    async (word) => {
      const { metrics, scrape } = opened()
      metrics.attempt({ route: 'default', record: record({ failure: { class: word, message: '' } }), facts })
      const { value } = await scrape()
      expect(value('holdfast_attempts_total', { outcome: word })).toBe(1)
      expect(value('holdfast_attempt_duration_seconds_count')).toBe(0)
    },
  )
})

it('TABLE-1: what no config names is counted as `other`, however many names callers make up', async () => {
  const { metrics, scrape } = opened()
  const before = (await scrape()).samples.length
  const planted = (one: number): string => `my diary, page ${one}"\n} 1`
  for (let one = 0; one < 1_000; one += 1) {
    const name = planted(one)
    metrics.attempt({
      route: name,
      record: record({ target: name, usage: { inputTokens: 1, outputTokens: 1 } }),
      facts,
    })
    metrics.firstToken(name, 1)
    metrics.generation({ route: name, outcome: 'answered', served: 'provider', target: null, totalMs: 1 })
    metrics.fallback({ route: name, from: name, to: name })
    metrics.hedge({ route: name, outcome: 'started' })
    metrics.circuitChanged({ target: name, to: 'open' })
    metrics.circuitsUnreadable(name)
    metrics.permit(name, 'granted')
    metrics.httpFirstToken(name, 1)
  }
  const end = metrics.watch({
    circuits: () => [[planted(0), [{ scope: planted(1), state: 'open', held: true }]]],
    heldKeys: () => [[planted(2), 1]],
    callsInFlight: () => [[planted(3), 1]],
  })
  const { samples, value } = await scrape()
  end()
  expect(value('holdfast_attempts_total', { target: 'other' })).toBe(1_000)
  expect(value('holdfast_fallbacks_total', { route: 'other', from: 'other', to: 'other' })).toBe(1_000)
  expect(samples.length - before).toBeLessThan(150)
  expect(JSON.stringify(samples)).not.toContain('diary')
})

it('a target that is named as a route, and the shadow of a route, keep their names', async () => {
  const { metrics, scrape } = opened()
  for (const route of ['default', 'default~shadow', 'alpha/m', 'beta/spare', 'constructor'])
    metrics.generation({ route, outcome: 'answered', served: 'provider', target: null, totalMs: 1 })
  const { samples } = await scrape()
  const routes = samples
    .filter(({ name }) => name === 'holdfast_generations_total')
    .map(({ labels }) => labels.route)
  expect(routes).toEqual(['default', 'default~shadow', 'alpha/m', 'beta/spare', 'other'])
})

it('a provider without its key is not usable, and a model has the day of its shutdown', async () => {
  const usable = async (env: object) =>
    (await opened(env).scrape()).value('holdfast_provider_usable', { provider: 'alpha' })
  expect(await usable({})).toBe(0)
  expect(await usable({ ALPHA_KEY: 'sk-1' })).toBe(1)
  const { value } = await opened().scrape()
  expect(value('holdfast_provider_usable', { provider: 'beta' })).toBe(1)
  expect(value('holdfast_model_shutdown_timestamp_seconds', { target: 'alpha/m' })).toBe(
    Date.UTC(2027, 0, 2) / 1_000,
  )
})

describe('circuits', () => {
  it('are closed while nothing is known of them, and each is in one state', async () => {
    const { metrics, scrape } = opened()
    const end = metrics.watch({
      circuits: () => [
        [
          'alpha',
          [
            { scope: null, state: 'watched', held: false },
            { scope: 'm', state: 'held', held: true },
          ],
        ],
      ],
    })
    const { value, samples } = await scrape()
    const states = samples.filter(({ name, value: one }) => name === 'holdfast_circuit_state' && one === 1)
    expect(states.map(({ labels }) => [labels.target, labels.state])).toEqual([
      ['alpha/m', 'held'],
      ['beta/n', 'closed'],
      ['alpha', 'closed'],
    ])
    expect(value('holdfast_holds', { provider: 'alpha', scope: 'target' })).toBe(1)
    end()
    expect((await scrape()).value('holdfast_circuit_state', { target: 'alpha/m', state: 'closed' })).toBe(1)
  })
})

it('what a config bounds stands there at 0, before anything has come near a bound', async () => {
  const config = parseConfig(`
providers:
  alpha: { api: openai-chat, baseUrl: http://127.0.0.1:9/v1, auth: none, limits: { tokensPerMinute: 5 } }
  beta: { api: openai-chat, baseUrl: http://127.0.0.1:9/v1, auth: none }
models: { beta/spare: { limits: { requestsPerDay: 5 } } }
defaults: { retryBudget: 20%, candidates: [alpha/m, beta/n] }
routes: { default: {} }
tenants: { acme: { budgets: [{ window: 1h, requests: 5, dollars: 5 }] } }
`)
  const metrics = createMetrics()
  metrics.calls(config, {})
  const scraped = parseScrape(await metrics.text()).samples.filter(({ name }) =>
    /budget|limit_used|limit_wait_seconds_count/.test(name),
  )
  const named = scraped.map(({ name, labels }) => `${name} ${Object.values(labels).join(' ')}`)
  expect(named.sort()).toEqual([
    'holdfast_budget_refusals_total acme dollars',
    'holdfast_budget_refusals_total acme requests',
    'holdfast_budget_used_ratio acme 1h dollars',
    'holdfast_budget_used_ratio acme 1h requests',
    'holdfast_limit_used_ratio alpha tokens',
    'holdfast_limit_used_ratio beta/spare requests',
    'holdfast_limit_wait_seconds_count alpha/m',
    'holdfast_limit_wait_seconds_count beta/spare',
    'holdfast_retry_budget_exhausted_total alpha/m',
    'holdfast_retry_budget_exhausted_total beta/n',
    'holdfast_retry_budget_exhausted_total default',
  ])
  expect(new Set(scraped.map(({ value }) => value))).toEqual(new Set([0]))
  const end = metrics.watch({
    limits: () => [{ target: 'alpha', unit: 'tokens', ratio: 0.5 }],
  })
  expect(parseScrape(await metrics.text()).value('holdfast_limit_used_ratio', { target: 'alpha' })).toBe(0.5)
  end()
})

it('what several workers of a process hold is summed, and one that has ended is gone', async () => {
  const { metrics, scrape } = opened()
  const ends = [1, 2].map((count) =>
    metrics.watch({ callsInFlight: () => [['alpha', count]], heldKeys: () => [['alpha', count]] }),
  )
  expect((await scrape()).value('holdfast_calls_in_flight', { provider: 'alpha' })).toBe(3)
  expect((await scrape()).value('holdfast_holds', { scope: 'key' })).toBe(3)
  ends[1]?.()
  expect((await scrape()).value('holdfast_calls_in_flight', { provider: 'alpha' })).toBe(1)
})

it('an open stream is closed once, however often that is said', async () => {
  const { metrics, scrape } = opened()
  const close = metrics.streamOpened()
  metrics.streamOpened()
  close()
  close()
  expect((await scrape()).value('holdfast_streams_open')).toBe(1)
})

it('a drill has its last result and its time', async () => {
  const { metrics, scrape } = opened()
  metrics.drill({ drill: 'faults', passed: true, at: 5_000 })
  metrics.drill({ drill: 'faults', passed: false, at: 9_000 })
  const { value } = await scrape()
  expect(value('holdfast_drill_last_success', { drill: 'faults' })).toBe(0)
  expect(value('holdfast_drill_last_run_timestamp_seconds', { drill: 'faults' })).toBe(9)
})

it('text of another library stands behind ours, and one that has none leaves ours whole', async () => {
  const { metrics, scrape } = opened()
  metrics.watch({ text: async () => '# TYPE temporal_request counter\ntemporal_request 3\n' })
  metrics.watch({ text: async () => '' })
  const { value, types } = await scrape()
  expect(value('temporal_request')).toBe(3)
  expect(types.has('holdfast_attempts_total')).toBe(true)
})

it('what can happen to a target stands at 0 before it happens: a counter that begins with an event has no rate for it', async () => {
  const { scrape } = opened()
  const { value, samples } = await scrape()
  const of = (name: string, label: string, wanted: string) =>
    samples.filter((one) => one.name === name && one.labels[label] === wanted).length
  expect(of('holdfast_attempts_total', 'outcome', 'rate_limited')).toBeGreaterThan(0)
  expect(of('holdfast_circuit_transitions_total', 'to', 'open')).toBeGreaterThan(0)
  expect(of('holdfast_rescues_total', 'kind', 'prefix')).toBe(1)
  expect(value('holdfast_attempts_total')).toBe(0)
})

it('whose answer a generation had is counted, and that nobody’s was', async () => {
  const { metrics, scrape } = opened()
  const end = { route: 'default', totalMs: 1 }
  metrics.generation({ ...end, outcome: 'answered', served: 'provider', target: 'alpha/m' })
  metrics.generation({ ...end, outcome: 'all_failed', served: null, target: null })
  const { value } = await scrape()
  expect(value('holdfast_generations_total', { target: 'alpha/m' })).toBe(1)
  expect(value('holdfast_generations_total', { target: 'none', served: 'none' })).toBe(1)
})
