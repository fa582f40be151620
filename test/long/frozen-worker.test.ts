/** A worker that is frozen (SIGSTOP) in mid-call: its polls swallow further attempts, which make no calls. */
import { Client, Connection } from '@temporalio/client'
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Command, type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/processes'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const configText = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
defaults: { circuit: false }
routes:
  default:
    candidates: [alpha/model-a]
    timeouts: { workerLost: 1s }
    retry: { maximumAttempts: 2, initialInterval: 50ms }
`

const { address, namespace } = testServer()
const taskQueue = ownTaskQueue('frozen')
let host: Commands
let simulator: Simulator
let holdfast: Holdfast
let connection: Connection

const startWorker = async (): Promise<Command> => {
  const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, HOLDFAST_TASK_QUEUE: taskQueue }
  const worker = host.run(['worker', '--config', host.file('holdfast.yaml', configText(simulator.url))], env)
  await worker.says(/Worker ready/)
  return worker
}

beforeAll(async () => {
  host = commands()
  simulator = await startSimulator()
  connection = await Connection.connect({ address })
  const config = parseConfig(configText(simulator.url))
  holdfast = await createHoldfast({ config, connection, namespace, taskQueue, env: {} })
}, 60_000)

afterAll(async () => {
  await holdfast?.close()
  await host?.close()
  await simulator?.close()
  await connection?.close()
})

it('the records are the calls that were made, however many attempts its polls have swallowed', async () => {
  const frozen = await startWorker()
  simulator.script('alpha', [{ fault: 'silent', times: 1 }, { answer: 'from the other one' }])
  const { id } = await holdfast.start({ prompt: 'stand still' })
  await simulator.waitForCalls(1)
  frozen.kill('SIGSTOP')
  const handle = new Client({ connection, namespace }).workflow.getHandle(id)
  await until('a poll of the frozen worker has swallowed an attempt', async () => {
    const { raw } = await handle.describe()
    return (raw.pendingActivities?.[0]?.attempt ?? 0) >= 3
  })
  await startWorker()
  const { text, attempts } = await holdfast.result(id)
  expect(text).toBe('from the other one')
  expect(attempts.map(({ number, failure }) => [number, failure?.class ?? 'answered'])).toEqual([
    [1, 'worker_lost'],
    [2, 'answered'],
  ])
  expect(simulator.calls()).toHaveLength(2)
}, 60_000)
