/** Workers killed with SIGKILL while a provider call is in flight. */
import { Client, Connection } from '@temporalio/client'
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Command, type Commands, commands } from './commands'
import { ownTaskQueue, testServer } from './temporal'

export interface KillNumbers {
  /** The route's `workerLost`: longer than a busy machine keeps a worker from its heartbeat. */
  workerLostMs: number
  /** Of workers that have the same generation's call, one after the other. */
  kills: number
  /** Within this time of a kill another worker has the call. null: whenever, for a machine that is busy. */
  withinMs: number | null
}

const configText = (url: string, workerLostMs: number): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
routes:
  default:
    candidates: [alpha/model-a, beta/model-b]
    timeouts: { workerLost: ${workerLostMs}ms }
    retry: { maximumAttempts: 2, initialInterval: 50ms }
`

/** A suite of its own, with two workers as processes. Needs `npm run build`. */
export function killedWorkerFacts({ workerLostMs, kills, withinMs }: KillNumbers): void {
  const limitMs = withinMs ?? Number.POSITIVE_INFINITY
  const within = withinMs === null ? 'in its place' : `within ${withinMs / 1_000} s`
  const { address, namespace } = testServer()
  const taskQueue = ownTaskQueue('killed')
  let host: Commands
  let simulator: Simulator
  let holdfast: Holdfast
  let connection: Connection
  let workers: Command[] = []
  let configFile: string

  const startWorker = async (): Promise<void> => {
    const env = {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      HOLDFAST_TASK_QUEUE: taskQueue,
      HOLDFAST_SHUTDOWN_GRACE: '300ms',
    }
    const worker = host.run(['worker', '--config', configFile], env)
    workers.push(worker)
    await worker.says(/Worker ready/)
  }

  /** The worker that has the call of this generation. */
  const holderOf = async (id: string): Promise<Command> => {
    const handle = new Client({ connection, namespace }).workflow.getHandle(id)
    const startedAt = Date.now()
    for (;;) {
      const { raw } = await handle.describe()
      const identity = raw.pendingActivities?.[0]?.lastWorkerIdentity ?? ''
      const holder = workers.find(({ pid }) => identity.startsWith(`${pid}@`))
      if (holder !== undefined) return holder
      if (Date.now() - startedAt > 10_000) throw new Error(`no worker of ours holds the call: ${identity}`)
    }
  }

  /** Kills it; returns when it was killed. */
  const killHolder = async (id: string): Promise<number> => {
    const holder = await holderOf(id)
    holder.kill('SIGKILL')
    const killedAt = Date.now()
    await holder.exited
    workers = workers.filter((worker) => worker !== holder)
    return killedAt
  }

  beforeAll(async () => {
    simulator = await startSimulator()
    host = commands()
    configFile = host.file('holdfast.yaml', configText(simulator.url, workerLostMs))
    connection = await Connection.connect({ address })
    const config = parseConfig(configText(simulator.url, workerLostMs))
    holdfast = await createHoldfast({ config, connection, namespace, taskQueue, env: {} })
    await Promise.all([startWorker(), startWorker()])
  }, 60_000)

  afterAll(async () => {
    await holdfast?.close()
    await host?.close()
    await simulator?.close()
    await connection?.close()
  })

  beforeEach(() => simulator.reset())

  it(`another one answers ${within}, and no completed call is made again`, async () => {
    simulator.script('alpha', [{ status: 503 }])
    simulator.script('beta', [{ fault: 'silent', times: 1 }, { answer: 'from the survivor' }])
    const { id } = await holdfast.start({ prompt: 'survive' })
    await simulator.waitForCalls(1, { provider: 'beta' })
    const killedAt = await killHolder(id)
    const { text, attempts } = await holdfast.result(id)
    expect(Date.now() - killedAt).toBeLessThan(limitMs)
    expect(text).toBe('from the survivor')
    expect(attempts.map(({ target, failure }) => [target, failure?.class ?? 'answered'])).toEqual([
      ['alpha/model-a', 'overloaded'],
      ['alpha/model-a', 'overloaded'],
      ['beta/model-b', 'worker_lost'],
      ['beta/model-b', 'answered'],
    ])
    expect(simulator.calls({ provider: 'alpha' })).toHaveLength(2)
    expect(simulator.calls({ provider: 'beta' })).toHaveLength(2)
    await startWorker()
  }, 60_000)

  it('and gets SIGTERM hands its call over when its grace has passed, at once and unharmed', async () => {
    simulator.script('alpha', [{ fault: 'silent', times: 1 }, { answer: 'handed over' }])
    const { id } = await holdfast.start({ prompt: 'deploy' })
    await simulator.waitForCalls(1)
    const holder = await holderOf(id)
    holder.kill('SIGTERM')
    const { text, attempts } = await holdfast.result(id)
    expect(text).toBe('handed over')
    expect(attempts.map(({ failure }) => failure?.class ?? 'answered')).toEqual(['worker_lost', 'answered'])
    expect(attempts[0]?.failure?.message).toContain('shut down')
    expect(await holder.exited).toBe(0)
    workers = workers.filter((worker) => worker !== holder)
    await startWorker()
  }, 60_000)

  it(`${kills} times in a row does not use up the retry policy, and its caller still waits`, async () => {
    simulator.script('alpha', [
      { fault: 'silent', times: kills },
      { status: 503, times: 1 },
      { answer: 'the last worker' },
    ])
    const { id } = await holdfast.start({ prompt: 'survive them all' })
    for (let kill = 1; kill <= kills; kill += 1) {
      await simulator.waitForCalls(kill, { provider: 'alpha' }, 20_000)
      const killedAt = await killHolder(id)
      await simulator.waitForCalls(kill + 1, { provider: 'alpha' }, 20_000)
      expect(Date.now() - killedAt).toBeLessThan(limitMs)
      if (kill < kills) await startWorker()
    }
    const { text, attempts, target } = await holdfast.result(id)
    expect({ text, target }).toEqual({ text: 'the last worker', target: 'alpha/model-a' })
    expect(attempts.map(({ failure }) => failure?.class ?? 'answered')).toEqual([
      ...Array(kills).fill('worker_lost'),
      'overloaded',
      'answered',
    ])
    expect(simulator.calls({ provider: 'beta' })).toEqual([])
  }, 120_000)
}
