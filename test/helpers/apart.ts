/** Gateways and workers as processes of their own, with a Redis between them. Needs `npm run build`. */
import { Client, Connection } from '@temporalio/client'
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import type { HistorySource } from '../../src/history'
import { type Simulator, startSimulator } from '../../src/simulator'
import { historyToJson } from '../../src/temporal/history-json'
import { type Command, type Commands, commands } from './commands'
import { type CutProxy, cutProxy } from './cut-proxy'
import { type RedisServer, startRedis } from './redis'
import { ownTaskQueue, testServer } from './temporal'

const WORKER_LOST = '1500ms'

export interface WorkerProcess {
  command: Command
  /** Its way to Temporal. Redis and the providers it reaches by itself. */
  temporal: CutProxy
  /** SIGKILL. */
  kill(): Promise<void>
}

export interface GatewayProcess {
  command: Command
  url: string
  /** SIGKILL. */
  kill(): Promise<void>
}

export interface Apart {
  simulator: Simulator
  redis: RedisServer
  /** A library's client in this process, which reads Redis as a gateway does. */
  holdfast: Holdfast
  startWorker(): Promise<WorkerProcess>
  startGateway(env?: { [name: string]: string }): Promise<GatewayProcess>
  /** Those that were started and not killed. */
  workers(): WorkerProcess[]
  /** Of this generation, as JSON. */
  historyOf(id: string): Promise<HistorySource>
  /** The one that has this generation's call. */
  holderOf(id: string): Promise<WorkerProcess>
  /** The one that has its workflow task. */
  taskHolderOf(id: string): Promise<WorkerProcess>
  close(): Promise<void>
}

/** Four providers in three wire formats. Each route has one candidate: what is lost is called again there. */
const configText = (url: string, redisUrl: string, workerLost: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
  gamma: { api: anthropic-messages, baseUrl: ${url}/gamma/v1, auth: none }
  delta: { api: openai-responses, baseUrl: ${url}/delta/v1, auth: none }
models:
  gamma/continues: { prefill: true }
delivery: { store: redis, url: "${redisUrl}" }
defaults:
  circuit: false
  retry: { maximumAttempts: 2, initialInterval: 20ms }
  timeouts: { workerLost: ${workerLost} }
routes:
  default: { candidates: [alpha/model-a] }
  other: { candidates: [beta/model-b] }
  express: { candidates: [alpha/model-a], express: true }
  prefill: { candidates: [gamma/continues] }
  background: { candidates: [{ target: delta/model-d, background: true }] }
`

export async function startApart(workerLost = WORKER_LOST): Promise<Apart> {
  const { address, namespace } = testServer()
  const taskQueue = ownTaskQueue('apart')
  const [simulator, redis, connection] = await Promise.all([
    startSimulator(),
    startRedis(),
    Connection.connect({ address }),
  ])
  const text = configText(simulator.url, redis.url, workerLost)
  const host: Commands = commands()
  host.file('holdfast.yaml', text)
  const holdfast = await createHoldfast({
    config: parseConfig(text),
    connection,
    namespace,
    taskQueue,
    env: {},
  })
  const workers = new Set<WorkerProcess>()
  const proxies: CutProxy[] = []
  const env = (temporal: string) => ({ TEMPORAL_ADDRESS: temporal, HOLDFAST_TASK_QUEUE: taskQueue })
  const killed = async (command: Command): Promise<void> => {
    command.kill('SIGKILL')
    await command.exited
  }

  const ownerOf = (identity: string): WorkerProcess => {
    const holder = [...workers].find(({ command: { pid } }) => identity.startsWith(`${pid}@`))
    if (holder === undefined) throw new Error(`no worker of ours holds it: ${identity}`)
    return holder
  }

  return {
    simulator,
    redis,
    holdfast,
    async startWorker() {
      const temporal = await cutProxy(address)
      proxies.push(temporal)
      const command = host.run(['worker'], env(`127.0.0.1:${temporal.port}`))
      await command.says(/Worker ready/)
      const worker: WorkerProcess = {
        command,
        temporal,
        async kill() {
          workers.delete(worker)
          await killed(command)
        },
      }
      workers.add(worker)
      return worker
    },
    async startGateway(own = {}) {
      const command = host.run(['gateway', '--port', '0'], { ...env(address), ...own })
      const [, url = ''] = await command.says(/Gateway at (http:\/\/[^:]+:\d+)/)
      return { command, url, kill: () => killed(command) }
    },
    workers: () => [...workers],
    historyOf: async (id) =>
      historyToJson(await new Client({ connection, namespace }).workflow.getHandle(id).fetchHistory()),
    async holderOf(id) {
      const { raw } = await new Client({ connection, namespace }).workflow.getHandle(id).describe()
      return ownerOf(raw.pendingActivities?.[0]?.lastWorkerIdentity ?? '')
    },
    async taskHolderOf(id) {
      const { events } = await new Client({ connection, namespace }).workflow.getHandle(id).fetchHistory()
      const started = events?.findLast((event) => event.workflowTaskStartedEventAttributes != null)
      return ownerOf(started?.workflowTaskStartedEventAttributes?.identity ?? '')
    },
    async close() {
      await holdfast.close()
      await host.close()
      await Promise.all([simulator.close(), redis.close(), ...proxies.map((proxy) => proxy.close())])
      await connection.close()
    },
  }
}
