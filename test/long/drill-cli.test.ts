/** `holdfast drill` as a process, against workers as processes: what it prints, and that nothing depends on it. Needs `npm run build`. */
import { Client, Connection } from '@temporalio/client'
import { listCircuits } from '../../src/client/circuits'
import { type Config, parseConfig } from '../../src/config'
import { FAILOVER_WORKFLOW } from '../../src/contract/drill'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Command, type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const { address, namespace } = testServer()
const taskQueue = ownTaskQueue('drill-cli')
const TARGET = 'alpha/model-a'

let simulator: Simulator
let host: Commands
let connection: Connection
let client: Client
let config: Config
let workers: Command[]

const env = {
  TEMPORAL_ADDRESS: address,
  TEMPORAL_NAMESPACE: namespace,
  HOLDFAST_TASK_QUEUE: taskQueue,
  HOLDFAST_VERSIONING: 'off',
  HOLDFAST_SHUTDOWN_GRACE: '300ms',
}
const drill = (...args: string[]): Command => host.run(['drill', ...args], env)

beforeAll(async () => {
  simulator = await startSimulator()
  host = commands()
  const text = `
providers:
  alpha: { api: openai-chat, baseUrl: ${simulator.url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${simulator.url}/beta/v1, auth: none }
routes:
  default: { candidates: [${TARGET}, beta/model-b], timeouts: { workerLost: 2s } }
  once: { candidates: [${TARGET}], retry: { maximumAttempts: 1 } }
`
  config = parseConfig(text)
  host.file('holdfast.yaml', text)
  host.file('golden.jsonl', '{"prompt": "Are you there?", "expects": "yes"}\n')
  workers = [host.run(['worker'], env), host.run(['worker'], env)]
  await Promise.all(workers.map((worker) => worker.says(/Worker ready/)))
  connection = await Connection.connect({ address })
  client = new Client({ connection, namespace })
}, 60_000)
afterAll(async () => {
  await host.close()
  await connection.close()
  await simulator.close()
})

const stateOf = async (): Promise<string | undefined> => {
  const listed = await listCircuits(client, config, taskQueue, Date.now())
  return listed.flatMap((one) => (one.known ? one.circuits : [])).find(({ target }) => target === TARGET)
    ?.state
}

it('it prints a row a case, and ends with 1 where one has failed', async () => {
  const passing = drill('--route', 'default', 'once', '--fault', 'server_error', 'unauthorized')
  expect([await passing.exited, passing.stderr()]).toEqual([0, expect.stringContaining('holdfast-drill-')])
  expect(passing.stdout()).toMatch(/default +│ server_error +│ passed +│ answered by beta\/model-b/)
  expect(passing.stdout()).toContain('4 of 4 passed')

  const failing = drill('--route', 'once', '--fault', 'server_error_once', '--strict', '--json')
  expect(await failing.exited).toBe(1)
  expect(JSON.parse(failing.stdout())).toMatchObject({
    cases: [{ route: 'once', passed: false, got: 'all_failed (server_error)' }],
  })
  expect(simulator.calls()).toEqual([])
}, 60_000)

it('what makes no sense is refused', async () => {
  const unknown = drill('--route', 'nowhere')
  expect(await unknown.exited).toBe(1)
  expect(unknown.stderr()).toContain('no route nowhere')
  const both = drill('--failover', TARGET, '--every', '1d')
  expect(await both.exited).not.toBe(0)
  expect(both.stderr()).toContain('exclude each other')
  const often = drill('--every', '5s')
  expect(await often.exited).not.toBe(0)
  expect(often.stderr()).toContain('from 1m on')
}, 60_000)

it('it becomes a schedule, whose state is shown, and is one no longer', async () => {
  const set = drill('--every', '1h', '--fault', 'server_error')
  expect(await set.exited).toBe(0)
  expect(set.stdout()).toContain('every 1h')
  const status = drill('--status', '--json')
  expect(await status.exited).toBe(0)
  expect(JSON.parse(status.stdout())).toMatchObject({ schedule: { everyMs: 3_600_000, paused: false } })
  const off = drill('--every', 'off')
  expect(await off.exited).toBe(0)
}, 60_000)

it('a failover drill whose terminal and whose worker are killed gives the circuit back', async () => {
  simulator.script('beta', [{ answer: 'yes', latency: '8s' }])
  const killed = drill('--failover', TARGET, '--route', 'default', '--prompts', 'golden.jsonl', '--for', '1m')
  await simulator.waitForCalls(1, { provider: 'beta' }, 30_000)
  expect(await stateOf()).toBe('forced_open')
  killed.kill('SIGKILL')
  workers[0]?.kill('SIGKILL')
  await Promise.all([killed.exited, workers[0]?.exited])
  await until('the circuit is as before', async () => (await stateOf()) === 'closed', 60_000)
  const id = `holdfast-failover-${TARGET}`
  const { type } = await client.workflow.getHandle(id).describe()
  expect(type).toBe(FAILOVER_WORKFLOW)
  expect(await client.workflow.getHandle(id).result()).toMatchObject({
    undone: true,
    cases: [{ passed: true, target: 'beta/model-b' }],
  })
  expect(simulator.calls({ provider: 'alpha' })).toEqual([])
}, 120_000)

it('Ctrl-C gives the circuit back at once', async () => {
  simulator.reset()
  simulator.script('beta', [{ fault: 'silent' }])
  const stopped = drill('--failover', TARGET, '--route', 'default')
  await simulator.waitForCalls(1, { provider: 'beta' }, 30_000)
  stopped.kill('SIGINT')
  expect(await stopped.exited).toBe(1)
  expect(await stateOf()).toBe('closed')
}, 60_000)
