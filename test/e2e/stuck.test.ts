/** Generations that no worker takes, or that no worker ends: the error says so, at the deadline (L4). */
import path from 'node:path'
import { Worker } from '@temporalio/worker'
import type { HoldfastError } from '../../src/client'
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { parseConfig } from '../../src/config'
import { keptBundle, workflowBundle } from '../../src/temporal/workflow-bundle'
import { until } from '../helpers/processes'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'
import { ownTaskQueue } from '../helpers/temporal'

const DEADLINE_MS = 1_500
/** 500 ms are given to the workflow to say it itself; the rest is for a busy machine. */
const LATE_MS = 500 + 2_500

jest.setTimeout(120_000)

let stack: Stack
let broken: { codePath: string }
const closers: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  stack = await startStack()
  broken = await keptBundle(path.join(__dirname, '..', 'fixtures', 'builds', 'broken.ts'))
})
afterAll(async () => {
  await Promise.all(closers.map((close) => close()))
  await stack.close()
})

async function clientOn(taskQueue: string): Promise<InternalHoldfast> {
  const { connection, options } = stack.client
  const { namespace } = options
  const config = parseConfig(twoProviders(stack.simulator.url))
  const holdfast = await createInternalHoldfast({ config, env: {}, connection, namespace, taskQueue })
  closers.push(() => holdfast.close())
  return holdfast
}

/** Takes workflow tasks, and no calls. Returns the way to end it. */
async function workerOn(taskQueue: string, { codePath }: { codePath: string }): Promise<() => Promise<void>> {
  const worker = await Worker.create({
    connection: stack.client.connection as never,
    namespace: stack.client.options.namespace,
    taskQueue,
    workflowBundle: { codePath },
    activities: { readCircuits: async () => ({ unusable: [] }) },
    enableNonLocalActivities: false,
  })
  const running = worker.run()
  const end = (): Promise<void> => {
    if (worker.getState() === 'RUNNING') worker.shutdown()
    return running
  }
  closers.push(end)
  return end
}

/** Reported to two waits: the caller's, and another one by its id. */
async function untaken(
  holdfast: InternalHoldfast,
  prompt: string,
  meanwhile?: (id: string) => Promise<unknown>,
) {
  const startedAt = performance.now()
  const override = { deadline: `${DEADLINE_MS}ms` }
  const running = await holdfast.open({ prompt, override })
  const errors = [running.result(), holdfast.result(running.id)].map(holdfastError)
  const rejected = Promise.all(errors).then((both) => ({ both, atMs: performance.now() - startedAt }))
  await meanwhile?.(running.id)
  const { both, atMs } = await rejected
  for (const error of both) {
    expect(error).toMatchObject({ kind: 'deadline_exceeded', accepted: true, generationId: running.id })
    expect(error.message).toBe(both[0]?.message)
  }
  expect(atMs).toBeGreaterThan(DEADLINE_MS - 50)
  expect(atMs).toBeLessThan(DEADLINE_MS + LATE_MS)
  return both[0] as HoldfastError
}

it('nobody polls the task queue', async () => {
  const taskQueue = ownTaskQueue('nobody')
  const { message } = await untaken(await clientOn(taskQueue), 'go')
  expect(message).toContain(`none polls the task queue ${taskQueue}`)
})

it('its workflow task fails, as in a build that throws', async () => {
  const taskQueue = ownTaskQueue('broken')
  await workerOn(taskQueue, broken)
  const { message } = await untaken(await clientOn(taskQueue), 'go')
  expect(message).toContain('its workflow task fails')
  expect(message).toContain('a module of this build is missing')
})

it('a build that does other things takes over: it is not deterministic', async () => {
  const taskQueue = ownTaskQueue('other')
  const endBefore = await workerOn(taskQueue, await workflowBundle())
  const { message } = await untaken(await clientOn(taskQueue), 'sleep', async (id) => {
    const handle = stack.client.workflow.getHandle(id)
    await until('its call is scheduled', async () => {
      const { raw } = await handle.describe()
      return (raw.pendingActivities ?? []).length === 1
    })
    await endBefore()
    await workerOn(taskQueue, broken)
    await handle.signal('anything')
  })
  expect(message).toContain('its workflow task fails')
  expect(message).toMatch(/nondetermin/i)
})

it('workers take its tasks, and none its calls', async () => {
  const taskQueue = ownTaskQueue('tasks-alone')
  await workerOn(taskQueue, await workflowBundle())
  const { message, attempts } = await untaken(await clientOn(taskQueue), 'go')
  expect(message).toContain('no worker took its call to alpha/model-a')
  expect(attempts).toMatchObject([{ target: 'alpha/model-a', failure: { class: 'worker_lost' } }])
})
