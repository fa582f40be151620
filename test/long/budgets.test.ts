/** Budgets in use while their workers are killed with SIGKILL: three processes, and a real server. */
import { Client, Connection } from '@temporalio/client'
import { addToBudget, readBudget } from '../../src/client/budgets'
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Command, type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const WORKERS = 3
const REQUESTS = 300
const KILLS_AT = [60, 120, 180, 240]
/** Each call has used this, by the simulator's log. At the prices below 150 tokens are $0.002. */
const USAGE = { inputTokens: 100, outputTokens: 50 }
const TOKENS = 150
const DOLLARS = 0.002
/** A worker reports at its turn, every 2 s; a busy machine is late. */
const UNREPORTED_MS = 4_000
/** What a killed worker has reserved is free after 30 s, and the entity's own task moves to another worker. */
const FREE_AGAIN_MS = 90_000

const configText = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
models:
  alpha/model-a: { inputPerMillion: 10, outputPerMillion: 20 }
defaults: { circuit: false }
routes:
  default:
    candidates: [alpha/model-a]
    deadline: 10m
    # A machine with much to do is late with heartbeats: no worker that lives may count as lost.
    timeouts: { workerLost: 5s }
    retry: { maximumAttempts: 3, initialInterval: 50ms }
tenants:
  acme: { budgets: [{ window: 366d, requests: 10000, tokens: 10000000, dollars: 1000 }] }
  patient: { budgets: [{ window: 366d, requests: 1 }], whenSpent: wait }
`

const { address, namespace } = testServer()
const taskQueue = ownTaskQueue('budgets')
let host: Commands
let simulator: Simulator
let connection: Connection
let config: string
let workers: Command[]
const clients: InternalHoldfast[] = []

async function startWorker(): Promise<Command> {
  const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, HOLDFAST_TASK_QUEUE: taskQueue }
  const worker = host.run(['worker', '--config', config], env)
  await worker.says(/Worker ready/)
  return worker
}

/** The oldest of them, and another one in its place. @returns when it was killed, epoch milliseconds. */
async function killWorker(): Promise<number> {
  const worker = workers.shift()
  worker?.kill('SIGKILL')
  const killedAt = Date.now()
  await worker?.exited
  workers.push(await startWorker())
  return killedAt
}

beforeAll(async () => {
  simulator = await startSimulator()
  simulator.script('alpha', [{ answer: 'yes', latency: '300ms', usage: USAGE }])
  host = commands()
  config = host.file('holdfast.yaml', configText(simulator.url))
  connection = await Connection.connect({ address })
  workers = await Promise.all(Array.from({ length: WORKERS }, startWorker))
}, 120_000)
afterAll(async () => {
  await Promise.all(clients.map((one) => one.close()))
  await host?.close()
  await simulator?.close()
  await connection?.close()
})

async function clientOf(tenant: string): Promise<InternalHoldfast> {
  const parsed = parseConfig(configText(simulator.url))
  const client = await createInternalHoldfast({
    config: parsed,
    env: {},
    connection,
    namespace,
    taskQueue,
    tenant,
  })
  clients.push(client)
  return client
}

const settings = { config: { tenants: {} }, taskQueue }
const temporal = (): Client => new Client({ connection, namespace })

async function budgetOf(tenant: string) {
  const budget = await readBudget(temporal(), tenant, settings, Date.now())
  const limits = budget.known ? budget.limits : []
  const of = (unit: string) => limits.find((one) => one.unit === unit)
  return {
    used: (unit: string): number => of(unit)?.used ?? Number.NaN,
    reserved: limits.reduce((sum, one) => sum + one.reserved, 0),
    waiting: budget.known ? budget.waiting : Number.NaN,
  }
}

it('what was used is counted but for what killed workers had not reported, and nothing stays reserved', async () => {
  const client = await clientOf('acme')
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < REQUESTS) {
      next += 1
      const request = { prompt: `number ${next}`, idempotencyKey: `number-${next}` }
      // A busy machine may confirm a start too late: the same one again attaches.
      await client.generate(request).catch(() => client.generate(request))
    }
  }
  const killedAt: number[] = []
  const killing = async (): Promise<void> => {
    for (const calls of KILLS_AT) {
      await simulator.waitForCalls(calls, {}, 120_000)
      killedAt.push(await killWorker())
    }
  }
  await Promise.all([killing(), ...Array.from({ length: 20 }, caller)])

  // Let go at once by those that live, and after its lease of those that were killed.
  const freeAfterMs = await until(
    'nothing is reserved',
    async () => (await budgetOf('acme')).reserved === 0,
    FREE_AGAIN_MS,
  )
  const calls = simulator.calls()
  const perhapsLost = calls.filter(({ receivedAt, finishedAt = receivedAt, abortedAt = finishedAt }) =>
    killedAt.some((at) => receivedAt <= at && abortedAt >= at - UNREPORTED_MS),
  ).length
  const budget = await budgetOf('acme')
  const used = {
    requests: budget.used('requests'),
    tokens: budget.used('tokens'),
    dollars: budget.used('dollars'),
  }
  process.stderr.write(
    `${JSON.stringify({ kills: killedAt.length, calls: calls.length, perhapsLost, freeAfterMs, used })}\n`,
  )
  expect(used.requests).toBeLessThanOrEqual(REQUESTS)
  expect(used.requests).toBeGreaterThanOrEqual(REQUESTS - perhapsLost)
  expect(used.tokens).toBeLessThanOrEqual(calls.length * TOKENS)
  expect(used.tokens).toBeGreaterThanOrEqual((calls.length - perhapsLost) * TOKENS)
  expect(used.dollars).toBeLessThanOrEqual(calls.length * DOLLARS * 1.000001)
  expect(used.dollars).toBeGreaterThanOrEqual((calls.length - perhapsLost) * DOLLARS * 0.999999)
}, 400_000)

it('without a kill the sums are those of the log, to the last token', async () => {
  const client = await clientOf('acme')
  const before = await budgetOf('acme')
  const callsBefore = simulator.calls().length
  await Promise.all(Array.from({ length: 40 }, (_, n) => client.generate({ prompt: `whole ${n}` })))
  const calls = simulator.calls().length - callsBefore
  await until(
    'all is reported',
    async () => (await budgetOf('acme')).used('requests') - before.used('requests') === 40,
    20_000,
  )
  const after = await budgetOf('acme')
  expect(after.used('tokens') - before.used('tokens')).toBe(calls * TOKENS)
  expect(after.used('dollars') - before.used('dollars')).toBeCloseTo(calls * DOLLARS, 9)
}, 120_000)

it('those who wait begin in the order of their arrival, whatever worker is killed meanwhile, and none is forgotten', async () => {
  const client = await clientOf('patient')
  await client.generate({ prompt: 'first' })
  const usedIs = (requests: number) =>
    until(
      `${requests} are reported`,
      async () => (await budgetOf('patient')).used('requests') === requests,
      30_000,
    )
  await usedIs(1)
  const ids: string[] = []
  for (let n = 0; n < 8; n += 1) ids.push((await client.start({ prompt: `waits ${n}` })).id)
  await until('all wait', async () => (await budgetOf('patient')).waiting === ids.length, 60_000)
  for (let begun = 0; begun < ids.length; begun += 2) {
    await killWorker()
    const addition = { windowMs: null, amount: { requests: 2 } }
    await addToBudget(temporal(), 'patient', addition, settings)
    await Promise.all(ids.slice(begun, begun + 2).map((id) => client.result(id)))
    const others = await Promise.all(ids.slice(begun + 2).map((id) => client.status(id)))
    expect(others.map(({ state }) => state)).toEqual(others.map(() => 'running'))
    // What a killed worker had not reported would be room for one more.
    await usedIs(1 + begun + 2)
  }
  await until(
    'nothing is left',
    async () => {
      const { reserved, waiting } = await budgetOf('patient')
      return reserved === 0 && waiting === 0
    },
    FREE_AGAIN_MS,
  )
}, 400_000)
