/** A worker as a process, and a scraper: every metric moves that can, once for what happens once. Needs `npm run build`. */
import { spawnSync } from 'node:child_process'
import { Client, Connection } from '@temporalio/client'
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { METRICS, type MetricName } from '../../src/telemetry/metrics'
import { type Command, type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'
import { parseScrape, type Scrape } from '../helpers/prometheus'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const PROMPT = 'the diary of a lighthouse keeper'
const ANSWER = 'fog again, and the lamp needs oil'
const KEYS = { ALPHA_KEY_1: 'sk-lighthouse-1', ALPHA_KEY_2: 'sk-lighthouse-2' }

/** What only other processes count, or what no script here brings about, with the reason. */
const STILL: { [name in MetricName]?: string } = {
  holdfast_circuits_unreadable_total: 'Temporal is there all the time',
  holdfast_cancellations_pending: 'of the process whose callers go',
  holdfast_cancellations_total: 'of the process whose callers go',
  holdfast_delivery_errors_total: 'the log is in memory',
  holdfast_delivery_logs_open: 'is 0 again when a call has ended',
  holdfast_drill_last_success: 'no drill is run',
  holdfast_drill_last_run_timestamp_seconds: 'no drill is run',
  holdfast_http_requests_total: 'of a gateway',
  holdfast_http_request_duration_seconds: 'of a gateway',
  holdfast_http_requests_in_flight: 'of a gateway',
  holdfast_streams_open: 'of a gateway',
  holdfast_time_to_first_token_seconds: 'of a gateway',
  holdfast_keys_reload_failures_total: 'of a gateway',
  holdfast_retry_budget_exhausted_total: 'no route has a budget of retries: retry-budget.test.ts',
  holdfast_parked_total: 'no route parks: park.test.ts',
  holdfast_limit_used_ratio: 'no provider has a limit: limits.test.ts',
  holdfast_limit_wait_seconds: 'no provider has a limit: limits.test.ts',
  holdfast_budget_used_ratio: 'no tenant has a budget: budgets.test.ts',
  holdfast_budget_refusals_total: 'no tenant has a budget: budgets.test.ts',
}

const configText = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, apiKeysEnv: [ALPHA_KEY_1, ALPHA_KEY_2] }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
  gamma: { api: openai-chat, baseUrl: ${url}/gamma/v1, auth: none }
  closed: { api: openai-chat, baseUrl: ${url}/closed/v1, apiKeyEnv: NOT_SET }
models:
  alpha/a: { inputPerMillion: 1, outputPerMillion: 2, shutdownAt: 2031-01-01 }
  beta/b: { inputPerMillion: 1, outputPerMillion: 2 }
defaults:
  retry: { maximumAttempts: 1, initialInterval: 20ms }
  circuit: { consecutive: 2, openFor: 300ms, maxOpenFor: 300ms, whenAllOpen: wait }
  timeouts: { workerLost: 2s }
routes:
  default: { candidates: [alpha/a, beta/b] }
  hedged: { candidates: [gamma/slow, beta/b], strategy: { hedge: { after: 100ms, budget: 100% } }, circuit: false }
  cached: { candidates: [beta/b], cache: { ttl: 1h } }
  fragile: { candidates: [gamma/fragile], passes: 20, deadline: 20s }
  limited: { candidates: [gamma/limited, beta/b] }
`

interface Worker {
  command: Command
  scrape(): Promise<Scrape>
  text(path?: string): Promise<string>
}

let simulator: Simulator
let holdfast: Holdfast
let connection: Connection
let host: Commands
let worker: Worker
const { address, namespace } = testServer()
const taskQueue = ownTaskQueue('metrics')

async function startWorker(): Promise<Worker> {
  const env = {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    HOLDFAST_TASK_QUEUE: taskQueue,
    ...KEYS,
  }
  const command = host.run(['worker'], { ...env, HOLDFAST_METRICS_PORT: '0' })
  const [, url = ''] = await command.says(/Metrics at (http:\/\/127\.0\.0\.1:\d+)\/metrics/)
  await command.says(/Worker ready/)
  const text = async (path = '/metrics') => (await fetch(`${url}${path}`)).text()
  await until('it is ready', async () => (await fetch(`${url}/readyz`)).status === 200)
  return { command, text, scrape: async () => parseScrape(await text()) }
}

beforeAll(async () => {
  simulator = await startSimulator()
  host = commands()
  host.file('holdfast.yaml', configText(simulator.url))
  connection = await Connection.connect({ address })
  const config = parseConfig(configText(simulator.url))
  holdfast = await createHoldfast({ config, connection, namespace, taskQueue, env: KEYS })
  worker = await startWorker()
}, 60_000)

afterAll(async () => {
  await holdfast?.close()
  await host?.close()
  await simulator?.close()
  await connection?.close()
})

const request = (route: string) => ({ route, messages: [{ role: 'user' as const, content: PROMPT }] })

const isMoved = (name: MetricName, before: Scrape, after: Scrape): boolean => {
  const counted = METRICS[name].type === 'histogram' ? `${name}_count` : name
  return after.value(counted) !== before.value(counted)
}

it('lives, is ready, and serves what Prometheus takes, the metrics of the SDK among it', async () => {
  expect(await worker.text('/healthz')).toBe('{"status":"ok"}')
  const text = await worker.text()
  const { types, value } = parseScrape(text)
  for (const [name, { type }] of Object.entries(METRICS))
    expect([name, types.get(name)]).toEqual([name, type])
  expect(value('temporal_num_pollers')).toBeGreaterThan(0)
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })
  // Where Prometheus is installed. Of the SDK's own metrics it finds that some have no help text.
  if (checked.error === undefined) expect(checked.stderr + checked.stdout).not.toMatch(/^holdfast_/m)
})

it('a scripted mix of failures moves every metric that a worker can move', async () => {
  const before = await worker.scrape()
  const seen = new Set<MetricName>()
  const note = async (): Promise<Scrape> => {
    const now = await worker.scrape()
    for (const name of Object.keys(METRICS) as MetricName[]) if (isMoved(name, before, now)) seen.add(name)
    return now
  }
  // A key is refused, the next one meets an overload: a fallback.
  simulator.script('alpha/a', [
    { fault: 'unauthorized', times: 1 },
    { fault: 'overloaded', times: 1 },
  ])
  simulator.script('beta/b', [{ answer: ANSWER, usage: { inputTokens: 10, outputTokens: 5 } }])
  expect((await holdfast.generate(request('default'))).text).toBe(ANSWER)
  // A cut answer that the next candidate makes whole.
  simulator.script('alpha/a', [{ answer: ANSWER, cut: { after: 3 }, tokenLatency: '5ms' }])
  const types = new Set<string>()
  for await (const { type } of holdfast.stream(request('default'))) types.add(type)
  expect(types).toContain('done')
  // A hedge that wins.
  simulator.script('gamma/slow', [{ answer: ANSWER, latency: '5s' }])
  await holdfast.generate(request('hedged'))
  // A miss and a hit of the cache.
  await holdfast.generate(request('cached'))
  expect((await holdfast.generate(request('cached'))).served).toBe('cache')
  // A model that is limited for long.
  simulator.script('gamma/limited', [{ status: 429, retryAfter: '600s' }])
  await holdfast.generate(request('limited'))
  // A circuit that opens, and is closed by a probe. A call is in flight for a moment.
  simulator.script('gamma/fragile', [
    { fault: 'overloaded', times: 2 },
    { answer: ANSWER, latency: '300ms' },
  ])
  const first = holdfast.generate(request('fragile'))
  await until('a call is in flight', async () => (await note()).value('holdfast_calls_in_flight') > 0)
  await first
  await until('its circuit has closed', async () => {
    const { value } = await note()
    return value('holdfast_circuit_transitions_total', { target: 'gamma/fragile', to: 'closed' }) > 0
  })
  await until('all are counted', async () => (await note()).value('holdfast_generations_total') === 7)

  const expected = (Object.keys(METRICS) as MetricName[]).filter((name) => !(name in STILL))
  // What says something before anything has happened.
  const standing: MetricName[] = [
    'holdfast_provider_usable',
    'holdfast_route_candidate',
    'holdfast_model_shutdown_timestamp_seconds',
  ]
  for (const name of standing) if (before.value(name) > 0) seen.add(name)
  // The states change from closed to held: the sum stays.
  const { value } = await note()
  if (value('holdfast_circuit_state', { target: 'gamma/limited', state: 'held' }) === 1)
    seen.add('holdfast_circuit_state')
  expect(expected.filter((name) => !seen.has(name))).toEqual([])

  expect(value('holdfast_attempts_total', { target: 'alpha/a', outcome: 'unauthorized' })).toBe(1)
  expect(value('holdfast_holds', { provider: 'alpha', scope: 'key' })).toBe(1)
  expect(value('holdfast_holds', { provider: 'gamma', scope: 'target' })).toBe(1)
  expect(value('holdfast_hedges_total', { route: 'hedged', outcome: 'started' })).toBe(1)
  expect(value('holdfast_hedges_total', { route: 'hedged', outcome: 'won' })).toBe(1)
  expect(value('holdfast_fallbacks_total', { route: 'default', from: 'alpha/a', to: 'beta/b' })).toBe(2)
  expect(value('holdfast_fallbacks_total', { route: 'limited', from: 'gamma/limited', to: 'beta/b' })).toBe(1)
  expect(value('holdfast_cache_operations_total', { outcome: 'hit' })).toBe(1)
  expect(value('holdfast_generations_total', { route: 'cached', served: 'cache' })).toBe(1)
  expect(value('holdfast_permits_total', { provider: 'gamma', outcome: 'granted' })).toBeGreaterThan(0)
  expect(value('holdfast_provider_usable', { provider: 'closed' })).toBe(0)

  const text = await worker.text()
  for (const planted of [PROMPT, ANSWER, ...Object.values(KEYS)])
    for (const word of planted.split(' ').filter((one) => one.length > 4)) expect(text).not.toContain(word)
  expect(worker.command.stderr()).not.toContain(PROMPT)
  for (const line of worker.command.stderr().trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
}, 60_000)

it('of a worker that is killed in a call the other one counts the loss and the answer, each once', async () => {
  const other = await startWorker()
  const workers = [worker, other]
  simulator.script('alpha/a', [{ answer: ANSWER, latency: '1500ms' }])
  const begun = await holdfast.start({ ...request('default'), idempotencyKey: `killed-${taskQueue}` })
  const handle = new Client({ connection, namespace }).workflow.getHandle(begun.id)
  let holder: Worker | undefined
  await until('a worker has the call', async () => {
    const { raw } = await handle.describe()
    const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? ''
    holder = workers.find(({ command: { pid } }) => identity.startsWith(`${pid}@`))
    return holder !== undefined
  })
  const survivor = holder === worker ? other : worker
  const before = await survivor.scrape()
  holder?.command.kill('SIGKILL')
  await holder?.command.exited
  expect((await holdfast.result(begun.id)).text).toBe(ANSWER)
  const counted = async () => {
    const { value } = await survivor.scrape()
    const more = (name: string, labels: { [label: string]: string }): number =>
      value(name, labels) - before.value(name, labels)
    return {
      lost: more('holdfast_attempts_total', { outcome: 'worker_lost' }),
      answered: more('holdfast_attempts_total', { outcome: 'answered' }),
      generations: more('holdfast_generations_total', { route: 'default', outcome: 'answered' }),
    }
  }
  await until('its end is counted', async () => (await counted()).generations > 0)
  expect(await counted()).toEqual({ lost: 1, answered: 1, generations: 1 })
  // A drain is over in time, and its endpoint with it.
  survivor.command.kill('SIGTERM')
  expect(await survivor.command.exited).toBe(0)
}, 60_000)
