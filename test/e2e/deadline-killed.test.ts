/** The deadline is an instant: it does not die with the worker that has the call. Needs `npm run build`. */
import { Client, Connection } from '@temporalio/client'
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Command, type Commands, commands } from '../helpers/commands'
import { holdfastError } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const DEADLINE_MS = 5_000
/**
 * The server ends the call at its instant; a dead worker's sticky queue costs a second more. The rest is for a busy machine:
 * that the worker is lost would be noticed long after.
 */
const LATE_MS = 1_000 + 4_000

const configText = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
defaults: { circuit: false }
routes:
  default: { candidates: [alpha/model-a], deadline: ${DEADLINE_MS}ms, timeouts: { workerLost: 30s } }
`

describe('a worker that is killed while its call hangs', () => {
  const { address, namespace } = testServer()
  const taskQueue = ownTaskQueue('deadline')
  let simulator: Simulator
  let host: Commands
  let holdfast: Holdfast
  let connection: Connection
  let workers: Command[]

  beforeAll(async () => {
    simulator = await startSimulator()
    host = commands()
    const file = host.file('holdfast.yaml', configText(simulator.url))
    connection = await Connection.connect({ address })
    const config = parseConfig(configText(simulator.url))
    holdfast = await createHoldfast({ config, connection, namespace, taskQueue, env: {} })
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace, HOLDFAST_TASK_QUEUE: taskQueue }
    workers = [1, 2].map(() => host.run(['worker', '--config', file], env))
    await Promise.all(workers.map((worker) => worker.says(/Worker ready/)))
  }, 60_000)
  afterAll(async () => {
    await holdfast?.close()
    await host?.close()
    await simulator?.close()
    await connection?.close()
  })

  it('does not take the deadline with it: another one ends the generation then, as deadline_exceeded', async () => {
    simulator.script('alpha', [{ fault: 'silent' }])
    const startedAt = Date.now()
    const { id } = await holdfast.start({ prompt: 'go' })
    await simulator.waitForCalls(1, {}, 5_000)
    const { raw } = await new Client({ connection, namespace }).workflow.getHandle(id).describe()
    const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? ''
    const holder = workers.find(({ pid }) => identity.startsWith(`${pid}@`))
    holder?.kill('SIGKILL')
    expect(await holder?.exited).toBe('SIGKILL')

    const error = await holdfastError(holdfast.result(id))
    const lateMs = Date.now() - startedAt - DEADLINE_MS
    process.stderr.write(`the worker was killed: the deadline was reported ${lateMs} ms late\n`)
    expect(error).toMatchObject({ kind: 'deadline_exceeded', accepted: true })
    expect(error.attempts).toMatchObject([{ target: 'alpha/model-a', failure: { class: 'timeout' } }])
    expect(lateMs).toBeGreaterThanOrEqual(-50)
    expect(lateMs).toBeLessThan(LATE_MS)
    expect(simulator.calls()).toHaveLength(1)
  }, 60_000)
})
