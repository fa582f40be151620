/** `holdfast/plugin`: generations on a worker of the user's own, with its own bundle, codec, interceptors and logger. */
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { Client } from '@temporalio/client'
import { DefaultLogger, type LogEntry, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import { kmsCodec } from '../../examples/encryption/codec'
import { standInKms } from '../../examples/encryption/kms'
import * as activities from '../../examples/own-worker/activities'
import { createHoldfast } from '../../src'
import { parseConfig } from '../../src/config'
import { holdfastPlugin } from '../../src/plugin'
import { type Simulator, startSimulator } from '../../src/simulator'
import { textIn } from '../helpers/raw-text'
import { twoProviders } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const WORKFLOWS = path.resolve(__dirname, '..', '..', 'examples', 'own-worker', 'workflows.ts')
const { address, namespace } = testServer()
const logged: LogEntry[] = []
/** The user's runtime: its logger is theirs. */
Runtime.install({ logger: new DefaultLogger('INFO', (entry) => logged.push(entry)), shutdownSignals: [] })

let connection: NativeConnection
beforeAll(async () => {
  connection = await NativeConnection.connect({ address })
})
afterAll(() => connection.close())

describe('a worker of the user’s own with the plugin', () => {
  const dataConverter = { payloadCodecs: [kmsCodec(standInKms(randomBytes(32)))] }
  const taskQueue = ownTaskQueue('plugin')
  const seen: string[] = []
  let simulator: Simulator
  let client: Client
  let worker: Worker
  let running: Promise<void>

  beforeAll(async () => {
    simulator = await startSimulator()
    client = new Client({ connection, namespace, dataConverter })
    worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      dataConverter,
      workflowsPath: WORKFLOWS,
      activities,
      plugins: [holdfastPlugin({ config: parseConfig(twoProviders(simulator.url)), env: {} })],
      interceptors: {
        activity: [
          ({ info }) => ({
            inbound: {
              execute(input, next) {
                seen.push(info.activityType)
                return next(input)
              },
            },
          }),
        ],
      },
    })
    running = worker.run()
  }, 60_000)
  afterAll(async () => {
    worker.shutdown()
    await running
    await simulator.close()
  })
  beforeEach(() => {
    simulator.reset()
    seen.length = 0
  })

  const welcome = (prompt: string) =>
    client.workflow.start('welcome', { workflowId: ownTaskQueue('welcome'), taskQueue, args: [prompt] })

  it('runs the user’s workflow, and the generation that it asks for, on one task queue in one bundle', async () => {
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ answer: '{"name":"Ada"}' }])
    const handle = await welcome('Who comes?')
    expect(await handle.result()).toBe('Welcome, Ada')
    // The user's interceptor is around Holdfast's activities too.
    expect(new Set(seen)).toEqual(new Set(['resolveRequest', 'readCircuits', 'callProvider', 'greet']))
    expect(textIn(await handle.fetchHistory())).not.toContain('Who comes?')
    const replayed = { workflowsPath: WORKFLOWS, dataConverter, plugins: [holdfastPlugin()] }
    await expect(Worker.runReplayHistory(replayed, await handle.fetchHistory())).resolves.toBeUndefined()
  }, 30_000)

  it('reports to the user’s workflow why a generation failed', async () => {
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ status: 503 }])
    expect(await (await welcome('x')).result()).toBe('nobody knows: all_failed after 4 attempts')
  }, 30_000)

  it('answers requests of the library on that task queue', async () => {
    simulator.script('alpha', [{ answer: 'Hello.' }])
    const config = parseConfig(twoProviders(simulator.url))
    const holdfast = await createHoldfast({
      config,
      env: {},
      connection,
      namespace,
      taskQueue,
      dataConverter,
    })
    expect((await holdfast.generate({ prompt: 'Say hello' })).text).toBe('Hello.')
    await holdfast.close()
  })

  it('writes its lines to the user’s logger', () => {
    const attempts = logged.filter(({ meta }) => meta?.event === 'attempt')
    expect(attempts.map(({ level }) => level)).toEqual(expect.arrayContaining(['INFO', 'WARN']))
    expect(attempts[0]?.meta).toMatchObject({ target: 'alpha/model-a', outcome: 'failed' })
  })

  it('has the limits of Holdfast’s own workers, where the user has set none', () => {
    expect(worker.options).toMatchObject({
      maxHeartbeatThrottleInterval: 1_000,
      shutdownGraceTime: 25_000,
      tuner: { activityTaskSlotSupplier: { numSlots: 2_000 } },
    })
  })
})
