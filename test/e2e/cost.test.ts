/**
 * `holdfast cost` against the simulator's own bill: after failures, losers of hedges and races, cuts, cancels, killed
 * workers, responses that were read on, and hits of the cache.
 */
import { Client, Connection } from '@temporalio/client'
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { costUsd } from '../../src/domain/routing/cost'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Command, type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const PRICE = { inputPerMillion: 3, cachedInputPerMillion: 0.3, outputPerMillion: 15 }
const priced = (targets: readonly string[]): string =>
  targets.map((target) => `  ${target}: ${JSON.stringify(PRICE)}`).join('\n')

const TARGETS = [
  ...['alpha/sure', 'beta/sure', 'alpha/loser', 'beta/loser', 'beta/cut', 'alpha/killed', 'alpha/cancelled'],
  ...['alpha/cached', 'alpha/raced', 'beta/raced', 'delta/adopted', 'alpha/embeds', 'alpha/shadow'],
]

const configText = (url: string, cacheFolder: string): string => `
cache: { store: disk, path: ${cacheFolder} }
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
  delta: { api: openai-responses, baseUrl: ${url}/delta/v1, auth: none }
models:
${priced(TARGETS)}
defaults:
  circuit: false
  retry: { maximumAttempts: 2, initialInterval: 20ms }
  timeouts: { workerLost: 1s }
routes:
  default: { candidates: [alpha/sure, beta/sure], shadow: { target: alpha/shadow, share: 100% } }
  hedge: { candidates: [alpha/loser, beta/loser], strategy: { hedge: { after: 50ms, budget: 100% } }, upstream: stream }
  race: { candidates: [alpha/raced, beta/raced], strategy: race, upstream: stream }
  cut: { candidates: [beta/cut], upstream: stream }
  killed: { candidates: [alpha/killed], upstream: stream }
  cancelled: { candidates: [alpha/cancelled], upstream: stream }
  cached: { candidates: [alpha/cached], cache: { ttl: 1h } }
  background: { candidates: [{ target: delta/adopted, background: true }] }
  vectors: { kind: embeddings, candidates: [alpha/embeds] }
`

const PROMPT = 'The keeper wrote each name twice before dawn. '.repeat(100)
const ANSWER = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

/** Estimates may be off by so much of what the simulator has charged for the same target: docs/cost.md. */
const BOUND = 0.1

interface CostGroup {
  by: { [dimension: string]: string }
  attempts: number
  costUsd: number
  estimatedUsd: number
  shadowUsd: number
  unknown: number
}

describe('holdfast cost', () => {
  const { address, namespace } = testServer()
  const taskQueue = ownTaskQueue('cost')
  const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, HOLDFAST_TASK_QUEUE: taskQueue }
  let simulator: Simulator
  let host: Commands
  let holdfast: Holdfast
  let connection: Connection
  let workers: Command[] = []

  const startWorker = async (): Promise<Command> => {
    const worker = host.run(['worker'], { ...env, HOLDFAST_VERSIONING: 'off' })
    workers.push(worker)
    await worker.says(/Worker ready/)
    return worker
  }

  /** Kills the worker that has this generation's call. */
  const killHolder = async (id: string): Promise<void> => {
    const handle = new Client({ connection, namespace }).workflow.getHandle(id)
    let holder: Command | undefined
    await until('a worker of ours has the call', async () => {
      const { raw } = await handle.describe()
      const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? ''
      holder = workers.find(({ pid }) => identity.startsWith(`${pid}@`))
      return holder !== undefined
    })
    holder?.kill('SIGKILL')
    await holder?.exited
    workers = workers.filter((worker) => worker !== holder)
  }

  const cost = async (...more: string[]): Promise<string> => {
    const args = ['cost', '--since', '1h', '--query', `TaskQueue = '${taskQueue}'`, ...more]
    const command = host.run(args, env)
    expect([await command.exited, command.stderr()]).toEqual([0, ''])
    return command.stdout()
  }

  beforeAll(async () => {
    simulator = await startSimulator()
    host = commands()
    const text = configText(simulator.url, host.folder)
    host.file('holdfast.yaml', text)
    connection = await Connection.connect({ address })
    const config = parseConfig(text)
    holdfast = await createHoldfast({ config, connection, namespace, taskQueue, env: {}, tenant: '=acme' })
    await Promise.all([startWorker(), startWorker()])
  }, 60_000)

  afterAll(async () => {
    await holdfast?.close()
    await host?.close()
    await simulator?.close()
    await connection?.close()
  })

  it('agrees with what the provider has charged: exactly where it was reported, else within the stated bound', async () => {
    const generate = (route: string, prompt = PROMPT) => holdfast.generate({ route, prompt })
    simulator.script('alpha/sure', [{ status: 503, times: 1 }, { answer: ANSWER, times: 2 }, { status: 429 }])
    simulator.script('alpha/loser', [{ words: 200, latency: '20s' }])
    simulator.script('beta/raced', [{ words: 200, tokenLatency: '20ms' }])
    simulator.script('beta/cut', [{ words: 200, cut: { after: 100, how: 'reset' }, times: 1 }])
    simulator.script('alpha/cancelled', [{ words: 500, tokenLatency: '10ms' }])
    simulator.script('alpha/killed', [{ words: 400, tokenLatency: '20ms', times: 1 }, { answer: ANSWER }])
    simulator.script('delta/adopted', [{ answer: ANSWER, tokenLatency: '30ms' }])

    for (let count = 0; count < 3; count += 1) await generate('default')
    for (const route of ['hedge', 'race', 'cut', 'cached', 'cached']) await generate(route)
    await holdfast.embed({ route: 'vectors', input: [PROMPT, PROMPT] })
    const cancelled = await holdfast.start({ route: 'cancelled', prompt: PROMPT })
    await simulator.waitForCalls(1, { target: 'alpha/cancelled' })
    await holdfast.cancel(cancelled.id)
    await holdfast.result(cancelled.id).catch(() => undefined)

    const killed = await holdfast.start({ route: 'killed', prompt: PROMPT })
    await simulator.waitForCalls(1, { target: 'alpha/killed' })
    const handle = new Client({ connection, namespace }).workflow.getHandle(killed.id)
    await until('it has reported what has come', async () => {
      const { raw } = await handle.describe()
      return (raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? []).length > 0
    })
    await killHolder(killed.id)
    await Promise.all([holdfast.result(killed.id), startWorker()])

    const begun = await holdfast.start({ route: 'background', prompt: PROMPT })
    await simulator.waitForCalls(1, { target: 'delta/adopted' })
    await until('its response is known', async () => {
      const described = await new Client({ connection, namespace }).workflow.getHandle(begun.id).describe()
      return (described.raw.pendingActivities?.[0]?.heartbeatDetails?.payloads ?? []).length > 0
    })
    await killHolder(begun.id)
    const adopted = await holdfast.result(begun.id)
    expect(adopted.attempts).toMatchObject([{ failure: { class: 'worker_lost' } }, { adopted: true }])

    await until('all calls have ended', async () => simulator.calls({ outcome: 'in_flight' }).length === 0)
    let groups: CostGroup[] = []
    await until('all runs are listed', async () => {
      const report = JSON.parse(await cost('--by', 'target,tenant', '--json'))
      groups = report.groups
      return groups.reduce((sum, { attempts }) => sum + attempts, 0) >= simulator.calls().length + 1
    })

    for (const { provider, model, usage } of simulator.bill()) {
      const target = `${provider}/${model}`
      const charged = costUsd(usage, PRICE) ?? 0
      const group = groups.find(({ by }) => by.target === target)
      expect([target, group?.by.tenant, group?.unknown]).toEqual([target, '=acme', 0])
      const off = Math.abs((group?.costUsd ?? 0) - charged)
      expect([target, off <= (group?.estimatedUsd === 0 ? 1e-9 : BOUND * charged)]).toEqual([target, true])
    }
    expect(groups.map(({ by }) => by.target).sort()).toEqual([...TARGETS].sort())
    const estimated = groups.filter(({ estimatedUsd }) => estimatedUsd > 0).map(({ by }) => by.target)
    expect(estimated.sort()).toEqual([
      'alpha/cancelled',
      'alpha/killed',
      'alpha/loser',
      'beta/cut',
      'beta/raced',
    ])
    expect(groups.find(({ by }) => by.target === 'alpha/shadow')).toMatchObject({ attempts: 3 })

    const [head = '', ...rows] = (await cost('--attempts', '--csv')).trim().split('\n')
    expect(head).toMatch(/^generation,runId,route,shadow,tenant,target,number,requestId,/)
    expect(rows).toHaveLength(groups.reduce((sum, { attempts }) => sum + attempts, 0))
    expect(rows.every((row) => row.includes(",'=acme,"))).toBe(true)
    expect(rows.filter((row) => /,req_sim_\d+,/.test(row)).length).toBeGreaterThan(10)
  }, 90_000)
})
