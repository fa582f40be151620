/**
 * 200 generations parked at one bad key, over workers that are killed: another bad key costs one call in a hold's period, a good one
 * answers them all under their ids.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { createHoldfast, type Holdfast } from '../../src/client'
import { listGenerations } from '../../src/client/list-generations'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { untilPublished } from '../helpers/circuits'
import { type Command, type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const CROWD = 200
const HOLD_MS = 30_000
/** What a call takes from the worker to the simulator on a busy machine. */
const SLACK_MS = 1_500
const BAD_FOR_MS = 2.5 * HOLD_MS
const ANSWERED_WITHIN_MS = 120_000

const configText = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, apiKeyEnv: ALPHA_KEY }
routes:
  default: { candidates: [alpha/model-a], retry: { maximumAttempts: 1 }, onUnauthorized: park, deadline: 60s }
`

const { address, namespace } = testServer()
const taskQueue = ownTaskQueue('parked-crowd')
let host: Commands
let simulator: Simulator
let holdfast: Holdfast
let connection: Connection
let client: Client
let configFile: string

beforeAll(async () => {
  simulator = await startSimulator({ keys: { alpha: ['good-key'] } })
  host = commands()
  configFile = host.file('holdfast.yaml', configText(simulator.url))
  connection = await Connection.connect({ address })
  client = new Client({ connection, namespace })
  const config = parseConfig(configText(simulator.url))
  holdfast = await createHoldfast({ config, connection, namespace, taskQueue, env: {} })
}, 60_000)

afterAll(async () => {
  await holdfast?.close()
  await host?.close()
  await simulator?.close()
  await connection?.close()
})

const startWorker = async (key: string): Promise<Command> => {
  const worker = host.run(['worker', '--config', configFile], {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    HOLDFAST_TASK_QUEUE: taskQueue,
    ALPHA_KEY: key,
  })
  await worker.says(/Worker ready/)
  return worker
}

const killed = async (worker: Command): Promise<void> => {
  worker.kill('SIGKILL')
  await worker.exited
}

const parkedOf = async (ids: ReadonlySet<string>): Promise<number> => {
  const found = await listGenerations(client, { outcome: 'parked' }, 1_000)
  return found.filter(({ id }) => ids.has(id)).length
}

it('loses nobody, and calls seldom until a key is good', async () => {
  const first = await startWorker('bad-key-1')
  const one = await holdfast.start({ prompt: 'the first' })
  await untilPublished({ client, taskQueue }, 'alpha', (now) => now.circuits.account.hold?.key !== undefined)
  const others = await Promise.all(
    Array.from({ length: CROWD - 1 }, (_, n) => holdfast.start({ prompt: `number ${n}` })),
  )
  const ids = new Set([one, ...others].map(({ id }) => id))
  await until('all are parked', async () => (await parkedOf(ids)) === CROWD, 90_000)
  const refusedFirst = simulator.calls().length
  expect(refusedFirst).toBeLessThanOrEqual(5)
  await killed(first)

  const secondAt = Date.now()
  const second = await startWorker('bad-key-2')
  await simulator.waitForCalls(refusedFirst + 1, {}, 20_000)
  await sleep(Math.max(0, secondAt + BAD_FOR_MS - Date.now()))
  const times = simulator
    .calls()
    .slice(refusedFirst)
    .map(({ receivedAt }) => receivedAt)
  const gaps = times.slice(1).map((at, n) => at - (times[n] ?? 0))
  for (const gap of gaps) expect(gap).toBeGreaterThan(HOLD_MS - SLACK_MS)
  expect(await parkedOf(ids)).toBe(CROWD)
  await killed(second)

  const refused = simulator.calls().length
  const answers = [...ids].map((id) => holdfast.result(id))
  const thirdAt = Date.now()
  await startWorker('good-key')
  expect(new Set((await Promise.all(answers)).map(({ id }) => id))).toEqual(ids)
  const tookMs = Date.now() - thirdAt
  process.stdout.write(`${JSON.stringify({ refusedFirst, refused, gaps, tookMs })}\n`)
  expect(tookMs).toBeLessThan(ANSWERED_WITHIN_MS)
  expect(simulator.calls()).toHaveLength(refused + CROWD)
}, 400_000)
