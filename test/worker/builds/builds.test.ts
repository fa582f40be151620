/** The builds of a task queue on a real server: two small builds, whose workers check them every 200 ms. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Client } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import pino from 'pino'
import { readDeployment } from '../../../src/temporal/deployment'
import { standInIdentity } from '../../../src/temporal/pollers'
import { keptBundle } from '../../../src/temporal/workflow-bundle'
import { buildIdOf } from '../../../src/worker/builds/build-id'
import { type Builds, lookAfterBuilds } from '../../../src/worker/builds/builds'
import { type KeptBuilds, NOTHING_KEPT } from '../../../src/worker/builds/kept-builds'
import { deploymentOptions } from '../../../src/worker/builds/versioning'
import { until } from '../../helpers/processes'
import { ownTaskQueue, testServer } from '../../helpers/temporal'

interface Code {
  buildId: string
  code: string
}

/** Of a fixture. */
async function codeOf(name: string): Promise<Code> {
  const { codePath } = await keptBundle(path.resolve(__dirname, '..', '..', 'fixtures', 'builds', name))
  const code = readFileSync(codePath, 'utf8')
  return { code, buildId: buildIdOf(code) }
}

Runtime.install({ logger: new DefaultLogger('ERROR') })

let connection: NativeConnection
let client: Client
let one: Code
let two: Code
beforeAll(async () => {
  ;[one, two] = await Promise.all([codeOf('tiny-one.ts'), codeOf('tiny-two.ts')])
  connection = await NativeConnection.connect({ address: testServer().address })
  client = new Client({ connection })
}, 60_000)
afterAll(() => connection.close())

/** A task queue of its own: most of each test is waiting for Temporal, so they run at the same time. */
const onAQueue = (title: string, run: (queue: Queue) => Promise<void>): void =>
  it.concurrent(title, async () => {
    const queue = openQueue()
    try {
      await run(queue)
    } finally {
      await queue.close()
    }
  }, 60_000)

interface Tiny {
  builds: Builds
  /** The log's events. */
  events: string[]
  stop(): Promise<void>
}

interface TinyOptions {
  /** Other builds whose code this one has. */
  keeps?: Code[]
  /** Since when those that have not polled are gone. Default: nobody is. */
  goneAfterMs?: number
}

type Queue = ReturnType<typeof openQueue>

function openQueue() {
  const taskQueue = ownTaskQueue('builds')
  const running: Tiny[] = []
  let count = 0
  const currentBuild = async (): Promise<string | null | undefined> =>
    (await readDeployment(connection, 'default', taskQueue))?.current
  /** A run that waits for its signal. */
  async function startWaiting() {
    count += 1
    const workflowId = `${taskQueue}-${count}`
    const handle = await client.workflow.start('waiting', { taskQueue, workflowId })
    await until('its first task has ended', async () => (await handle.describe()).historyLength >= 4)
    return handle
  }
  return {
    async start(code: Code, options: TinyOptions = {}): Promise<Tiny> {
      const tiny = await startTiny(taskQueue, code, options)
      running.push(tiny)
      await tiny.builds.ready
      return tiny
    },
    currentBuild,
    becomesCurrent: ({ buildId }: Code): Promise<number> =>
      until(`build ${buildId} is current`, async () => (await currentBuild()) === buildId),
    startWaiting,
    /** That a build is current reaches Temporal's queues a moment later: until then new runs go to the one before. */
    async startWaitingOn({ buildId }: Code) {
      for (;;) {
        const handle = await startWaiting()
        const { raw } = await handle.describe()
        if (raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId === buildId) return handle
        await handle.terminate()
      }
    },
    close: () => Promise.all(running.map(({ stop }) => stop())),
  }
}

/** A worker of one build, as `startBuildWorkers` makes it. */
async function startTiny(
  taskQueue: string,
  { buildId, code }: Code,
  { keeps = [], goneAfterMs }: TinyOptions,
): Promise<Tiny> {
  const identity = `${process.pid}@${buildId}`
  const create = (who: string, build: string, bundle: string): Promise<Worker> =>
    Worker.create({
      connection,
      taskQueue,
      identity: who,
      workflowBundle: { code: bundle },
      stickyQueueScheduleToStartTimeout: '1s',
      ...deploymentOptions({ type: 'controlled', deploymentName: taskQueue, buildId: build }),
    })
  const first = (await readDeployment(connection, 'default', taskQueue)) === null
  const worker = await create(identity, buildId, code)
  const ran = worker.run()
  const events: string[] = []
  const kept: KeptBuilds = {
    find: (build) => keeps.find((known) => known.buildId === build)?.code ?? null,
    keep: () => undefined,
    prune: () => undefined,
  }
  const builds = lookAfterBuilds({
    client,
    taskQueue,
    deploymentName: taskQueue,
    buildId,
    first,
    kept,
    logger: pino({ level: 'info' }, { write: (line) => events.push(JSON.parse(line).event) }),
    now: Date.now,
    async standIn(build, earlier) {
      const standIn = await create(standInIdentity(identity, build), build, earlier)
      return {
        running: standIn.run(),
        shutdown: () => standIn.getState() === 'RUNNING' && standIn.shutdown(),
      }
    },
    checkEveryMs: 200,
    goneAfterMs,
  })
  let stopping: Promise<void> | null = null
  const stop = async (): Promise<void> => {
    worker.shutdown()
    await Promise.all([builds.close(), ran])
  }
  return {
    builds,
    events,
    stop() {
      stopping ??= stop()
      return stopping
    },
  }
}

onAQueue(
  'a build that was never current becomes it (BUILDS-1); a worker of the one before that starts again changes nothing',
  async ({ start, currentBuild }) => {
    const first = await start(one)
    expect(await currentBuild()).toBe(one.buildId)
    const second = await start(two)
    expect(await currentBuild()).toBe(two.buildId)
    expect(second.events).toContain('build_current')
    await first.stop()
    const again = await start(one)
    expect(await currentBuild()).toBe(two.buildId)
    expect(again.events).not.toContain('build_current')
  },
)

onAQueue(
  'after a rollback the build before is current again, and what is pinned to the newer one goes on with its code',
  async ({ start, startWaitingOn, becomesCurrent }) => {
    const first = await start(one, { keeps: [two], goneAfterMs: 1_500 })
    const second = await start(two)
    expect(second.events).toContain('build_current')
    const pinned = await startWaitingOn(two)
    await second.stop()
    await becomesCurrent(one)
    await until('the newer build is served', () => first.events.includes('build_served'))
    await pinned.signal('release')
    expect(await pinned.result()).toBe('two')
  },
)

onAQueue(
  'a run that is pinned to an earlier build is left to its workers, and then goes on with its code (BUILDS-2)',
  async ({ start, startWaiting }) => {
    const first = await start(one)
    const left = await startWaiting()
    const pinned = await startWaiting()
    const second = await start(two)
    await left.signal('release')
    expect(await left.result()).toBe('one')
    expect(second.events).not.toContain('build_missing')
    await Promise.all([first.stop(), second.stop()])
    const third = await start(two, { keeps: [one] })
    expect(third.events).toContain('build_served')
    const fresh = await startWaiting()
    for (const handle of [pinned, fresh]) await handle.signal('release')
    expect(await pinned.result()).toBe('one')
    expect(await fresh.result()).toBe('two')
  },
)

onAQueue(
  'a run whose build has neither code nor workers goes on with the current build (BUILDS-3)',
  async ({ start, startWaiting }) => {
    const first = await start(one)
    const pinned = await startWaiting()
    await first.stop()
    const second = await start(two, { goneAfterMs: 1_500 })
    await pinned.signal('release')
    expect(await pinned.result()).toBe('two')
    expect(second.events).toContain('build_missing')
    expect(second.events).not.toContain('build_served')
  },
)

onAQueue(
  'a run whose kept code no worker can be made of goes on with the current build (BUILDS-5)',
  async ({ start, startWaiting }) => {
    const first = await start(one)
    const pinned = await startWaiting()
    await first.stop()
    const broken = { buildId: one.buildId, code: 'no workflow code' }
    const second = await start(two, { keeps: [broken], goneAfterMs: 1_500 })
    await pinned.signal('release')
    expect(await pinned.result()).toBe('two')
    expect(second.events.filter((event) => event === 'build_unusable')).toHaveLength(1)
    expect(second.events).toContain('build_missing')
  },
)

/** A worker whose build Temporal does not know. */
function unknownBuild(from: Client) {
  const taskQueue = ownTaskQueue('builds')
  return lookAfterBuilds({
    client: from,
    taskQueue,
    deploymentName: taskQueue,
    buildId: 'nobody-polls',
    first: true,
    kept: NOTHING_KEPT,
    logger: pino({ level: 'silent' }),
    now: Date.now,
    standIn: () => Promise.reject(new Error('no build is kept')),
    firstForMs: 300,
  })
}

it('where Temporal takes no worker of this build, `ready` rejects and says what to do', async () => {
  const builds = unknownBuild(client)
  await expect(builds.ready).rejects.toThrow(/matching\.maxDeployments.*HOLDFAST_VERSIONING=off/)
  await builds.close()
})

it('where Temporal does not let it become current, `ready` rejects at once and says what to do (BUILDS-6)', async () => {
  const denied = () => Promise.reject(Object.assign(new Error('denied'), { code: 7 }))
  const workflowService = { setWorkerDeploymentCurrentVersion: denied }
  const restricted = Object.create(client, { connection: { value: { workflowService } } })
  const builds = unknownBuild(restricted)
  await expect(builds.ready).rejects.toThrow(/permission denied.*HOLDFAST_VERSIONING=off/)
  await builds.close()
})
