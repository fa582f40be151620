/** `holdfast/plugin` in front of a worker that has not polled yet: what it refuses, and which options it leaves alone. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Worker,
  type WorkerOptions,
  type WorkflowBundle,
} from '@temporalio/worker'
import * as nexus from 'nexus-rpc'
import { parseConfig } from '../../src/config'
import { holdfastPlugin } from '../../src/plugin'
import { twoProviders } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

/** Inside the project, so that the SDK is found. */
const FOLDER = path.resolve(__dirname, '..', '..', '.cache', `plugin-${process.pid}`)
const { address, namespace } = testServer()
const quiet = new DefaultLogger('ERROR', () => undefined)

let connection: NativeConnection
/** One for all: each more costs this process some 50 MB and three seconds. */
let workflowBundle: WorkflowBundle
beforeAll(async () => {
  connection = await NativeConnection.connect({ address })
  mkdirSync(FOLDER, { recursive: true })
  const workflowsPath = workflows('exports.mine = async () => 1')
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: quiet, plugins: [holdfastPlugin()] })
}, 60_000)
afterAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true })
  await connection.close()
})

function workflows(text: string): string {
  const file = path.join(FOLDER, `${ownTaskQueue('workflows')}.js`)
  writeFileSync(file, text)
  return file
}

describe('before it polls', () => {
  const create = (options: Partial<WorkerOptions>): Promise<Worker> =>
    Worker.create({
      connection,
      namespace,
      taskQueue: ownTaskQueue('refused'),
      plugins: [holdfastPlugin()],
      ...options,
    })
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

  it.each([
    [{}, ['mine']],
    [{ nexus: true }, ['mine', 'holdfast']],
  ])('with %j has these Nexus services beside the user’s: %j', (settings, names) => {
    const mine = nexus.serviceHandler(nexus.service('mine', {}), {})
    const options = { taskQueue: 'q', workflowsPath: __filename, nexusServices: [mine] }
    const { nexusServices } = holdfastPlugin(settings).configureWorker(options)
    expect(nexusServices?.map(({ definition }) => definition.name)).toEqual(names)
  })

  it('refuses a bundle that was made without the plugin, and takes one that was made with it', async () => {
    const workflowsPath = workflows('exports.mine = async () => 1')
    const without = await bundleWorkflowCode({ workflowsPath, logger: quiet })
    await expect(create({ workflowBundle: without })).rejects.toThrow("lacks Holdfast's workflows")
    const worker = await create({ workflowBundle })
    expect(worker.getState()).toBe('INITIALIZED')
    await end(worker)
  }, 60_000)

  it('keeps what the user has set', async () => {
    const set = { shutdownGraceTime: 1_000, maxConcurrentActivityTaskExecutions: 7, identity: 'mine' }
    const worker = await create({
      ...set,
      workflowBundle,
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
    const options = { workflowBundle, plugins: [plugin] }
    const [first, second] = [await create(options), await create(options)]
    const running = first.run()
    await expect(second.run()).rejects.toThrow('serves one worker at a time')
    first.shutdown()
    await running
    await end(second)
  }, 60_000)

  it('ends with the reason where the config can not be read', async () => {
    const worker = await create({
      workflowBundle,
      plugins: [holdfastPlugin({ config: '/nowhere/holdfast.yaml', env: {} })],
    })
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
