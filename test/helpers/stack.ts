/**
 * The whole stack in one process: simulator, workers and client, on the shared Temporal server and a task
 * queue of its own. Everything but the server ends with `close`.
 */
import { Client } from '@temporalio/client'
import pino from 'pino'
import { HoldfastError } from '../../src/client'
import { createInternalHoldfast, type InternalHoldfast } from '../../src/client/internal'
import { type Config, parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import type { DeliveryLog } from '../../src/stores/delivery'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics'
import type { Tracing } from '../../src/telemetry/tracing'
import { installRuntime, startHost } from '../../src/worker'
import { typesOf } from './histories'
import { ownTaskQueue, testServer } from './temporal'

/** Of all stacks of this file: Temporal's runtime, and so its logger, is one per process. */
const written: string[] = []
const logger = pino({ level: 'info' }, { write: (line) => written.push(line) })

export interface Stack {
  simulator: Simulator
  holdfast: InternalHoldfast
  client: Client
  taskQueue: string
  /** Where all its workers count. */
  metrics: Metrics
  /** Of the first worker: what calls say while they run. */
  delivery: DeliveryLog
  /** The log lines of this test file so far, parsed. */
  lines(): { [field: string]: unknown }[]
  close(): Promise<void>
}

/** What most tests want: two simulated providers in two dialects, quick backoff, and no memory of the test before. */
export const twoProviders = (url: string, route = ''): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
defaults: { circuit: false }
routes:
  default:
    candidates: [alpha/model-a, beta/model-b]
    retry: { maximumAttempts: 2, initialInterval: 20ms }
    ${route}
`

export interface StackOptions {
  /** The config, as text or parsed, given the simulator's URL. */
  config?: (simulatorUrl: string) => string | Config
  env?: { [name: string]: string }
  tenant?: string
  /** So many of them share the task queue. Default 1. */
  workers?: number
  /** Of each worker: calls in flight at most. */
  slots?: number
  /** How far each worker's own clock is ahead of the server's, milliseconds. Default: not at all. */
  clocksAheadMs?: readonly number[]
  /** The client reads the first worker's delivery log, as in one process with it. Default: false. */
  delivery?: boolean
  /** Default: no traces. */
  tracing?: Tracing
  /** Another server than the shared one. */
  server?: { address: string; namespace: string }
}

export async function startStack({
  config = twoProviders,
  env = {},
  tenant,
  workers = 1,
  slots,
  clocksAheadMs = [],
  delivery = false,
  tracing,
  server = testServer(),
}: StackOptions = {}): Promise<Stack> {
  const { address, namespace } = server
  const simulator = await startSimulator()
  const given = config(simulator.url)
  const parsed = typeof given === 'string' ? parseConfig(given) : given
  const taskQueue = ownTaskQueue('stack')
  const metrics = createMetrics()
  installRuntime(logger)
  const temporal = { address, namespace, connection: {} }
  const hosts = await Promise.all(
    Array.from({ length: workers }, (_, index) =>
      startHost({
        config: parsed,
        // Builds have tests of their own, on every other way to start a worker: here they cost half a second a stack.
        env: { WORKER: `w${index + 1}`, HOLDFAST_VERSIONING: 'off', ...env },
        logger,
        metrics,
        temporal,
        taskQueue,
        slots,
        tracing,
        now: () => Date.now() + (clocksAheadMs[index] ?? 0),
      }),
    ),
  )
  const [first] = hosts
  if (first === undefined) throw new Error('a stack has at least one worker')
  const { connection } = first
  const holdfast = await createInternalHoldfast({
    config: parsed,
    env,
    connection,
    namespace,
    taskQueue,
    ...(tenant === undefined ? {} : { tenant }),
    ...(delivery ? { delivery: first.worker.delivery } : {}),
  })
  return {
    simulator,
    holdfast,
    client: new Client({ connection, namespace }),
    taskQueue,
    metrics,
    delivery: first.worker.delivery,
    lines: () => written.map((line) => JSON.parse(line)),
    async close() {
      await holdfast.close()
      // Calls that hang would be waited for: hang up first.
      await simulator.close()
      await Promise.all(hosts.map((host) => host.close()))
    },
  }
}

/** The error that `act` rejects with, which must be ours. */
export async function holdfastError(act: Promise<unknown>): Promise<HoldfastError> {
  const error = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof HoldfastError)) throw new Error(`expected a HoldfastError, got ${String(error)}`)
  return error
}

/** The history's event types, in order. */
export const eventTypes = async (client: Client, id: string): Promise<string[]> =>
  typesOf(await client.workflow.getHandle(id).fetchHistory())
