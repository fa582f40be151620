/** `holdfast/plugin`: generations on a worker of the user's own, with its own bundle, codec, interceptors and logger. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Client } from '@temporalio/client'
import {
  bundleWorkflowCode,
  DefaultLogger,
  type LogEntry,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker'
import { encryptionCodec } from '../../examples/encryption/codec'
import * as activities from '../../examples/own-worker/activities'
import { createHoldfast } from '../../src'
import { parseConfig } from '../../src/config'
import { holdfastPlugin } from '../../src/plugin'
import { type Simulator, startSimulator } from '../../src/simulator'
import { textIn } from '../helpers/raw-text'
import { twoProviders } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const WORKFLOWS = path.resolve(__dirname, '..', '..', 'examples', 'own-worker', 'workflows.ts')
/** Inside the project, so that the SDK is found. */
const FOLDER = path.resolve(__dirname, '..', '..', '.cache', `plugin-${process.pid}`)
const { address, namespace } = testServer()
const logged: LogEntry[] = []
/** The user's runtime: its logger is theirs. */
Runtime.install({ logger: new DefaultLogger('INFO', (entry) => logged.push(entry)), shutdownSignals: [] })

const quiet = new DefaultLogger('ERROR', () => undefined)

let connection: NativeConnection
beforeAll(async () => {
  connection = await NativeConnection.connect({ address })
  mkdirSync(FOLDER, { recursive: true })
})
afterAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true })
  await connection.close()
})

describe('a worker of the user’s own with the plugin', () => {
  const dataConverter = { payloadCodecs: [encryptionCodec(randomBytes(32))] }
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

describe('before it polls', () => {
  const create = (options: Partial<WorkerOptions>): Promise<Worker> =>
    Worker.create({
      connection,
      namespace,
      taskQueue: ownTaskQueue('refused'),
      plugins: [holdfastPlugin()],
      ...options,
    })
  const workflows = (text: string): string => {
    const file = path.join(FOLDER, `${ownTaskQueue('workflows')}.js`)
    writeFileSync(file, text)
    return file
  }
  const CLASH = 'is a workflow of Holdfast and of this project: give the project'

  it('refuses an activity of the user’s that has a name of Holdfast’s', async () => {
    await expect(create({ activities: { lookupCache: async () => null } })).rejects.toThrow(
      'lookupCache is an activity of Holdfast and of this worker',
    )
  })

  it('refuses a workflow of the user’s that has a name of Holdfast’s', async () => {
    const own = workflows('exports.generation = async () => 1')
    await expect(create({ workflowsPath: own })).rejects.toThrow(`generation ${CLASH}`)
  }, 60_000)

  it('refuses a bundle that was made without the plugin, and takes one that was made with it', async () => {
    const workflowsPath = workflows('exports.mine = async () => 1')
    const without = await bundleWorkflowCode({ workflowsPath, logger: quiet })
    await expect(create({ workflowBundle: without })).rejects.toThrow("lacks Holdfast's workflows")
    const withIt = await bundleWorkflowCode({ workflowsPath, logger: quiet, plugins: [holdfastPlugin()] })
    const worker = await create({ workflowBundle: withIt })
    expect(worker.getState()).toBe('INITIALIZED')
    await end(worker)
  }, 60_000)

  it('keeps what the user has set', async () => {
    const set = { shutdownGraceTime: 1_000, maxConcurrentActivityTaskExecutions: 7, identity: 'mine' }
    const worker = await create({
      ...set,
      plugins: [holdfastPlugin({ config: parseConfig(twoProviders('http://127.0.0.1:9')) })],
    })
    const { shutdownGraceTime, shutdownForceTime, identity, tuner } = worker.options
    // It would end before a longer grace that the user has set.
    expect(shutdownForceTime).toBeUndefined()
    expect({ shutdownGraceTime, identity, tuner }).toMatchObject({
      shutdownGraceTime: 1_000,
      identity: 'mine',
      tuner: { activityTaskSlotSupplier: { numSlots: 7 } },
    })
    await end(worker)
  }, 60_000)

  it('serves one worker at a time', async () => {
    const plugin = holdfastPlugin({ config: parseConfig(twoProviders('http://127.0.0.1:9')), env: {} })
    const [first, second] = [await create({ plugins: [plugin] }), await create({ plugins: [plugin] })]
    const running = first.run()
    await expect(second.run()).rejects.toThrow('serves one worker at a time')
    first.shutdown()
    await running
    await end(second)
  }, 60_000)

  it('ends with the reason where the config can not be read', async () => {
    const worker = await create({ plugins: [holdfastPlugin({ config: '/nowhere/holdfast.yaml', env: {} })] })
    await expect(worker.run()).rejects.toThrow('/nowhere/holdfast.yaml')
    expect(worker.getState()).toBe('STOPPED')
  }, 60_000)

  /** A worker that was made can only be ended by running it. */
  async function end(worker: Worker): Promise<void> {
    const running = worker.run()
    worker.shutdown()
    await running
  }
})
