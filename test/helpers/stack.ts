/**
 * The whole stack in one process: simulator, worker and client, on the shared Temporal server and a task
 * queue of its own. Everything but the server ends with `close`.
 */
import { Client } from '@temporalio/client'
import pino from 'pino'
import { createHoldfast, type Holdfast, HoldfastError } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { installRuntime, startHost } from '../../src/worker'
import { typesOf } from './histories'
import { ownTaskQueue, testServer } from './temporal'

/** Of all stacks of this file: Temporal's runtime, and so its logger, is one per process. */
const written: string[] = []
const logger = pino({ level: 'info' }, { write: (line) => written.push(line) })

export interface Stack {
  simulator: Simulator
  holdfast: Holdfast
  client: Client
  taskQueue: string
  /** The log lines of this test file so far, parsed. */
  lines(): { [field: string]: unknown }[]
  close(): Promise<void>
}

/** What most tests want: two simulated providers in two dialects, quick backoff. */
export const twoProviders = (url: string, route = ''): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: anthropic-messages, baseUrl: ${url}/beta/v1, auth: none }
routes:
  default:
    candidates: [alpha/model-a, beta/model-b]
    retry: { maximumAttempts: 2, initialInterval: 20ms }
    ${route}
`

export interface StackOptions {
  /** The config, given the simulator's URL. */
  config?: (simulatorUrl: string) => string
  env?: { [name: string]: string }
  tenant?: string
}

export async function startStack({
  config = twoProviders,
  env = {},
  tenant,
}: StackOptions = {}): Promise<Stack> {
  const { address, namespace } = testServer()
  const simulator = await startSimulator()
  const parsed = parseConfig(config(simulator.url))
  const taskQueue = ownTaskQueue('stack')
  installRuntime(logger)
  const host = await startHost({
    config: parsed,
    env,
    logger,
    temporal: { address, namespace, connection: {} },
    taskQueue,
  })
  const { connection } = host
  const holdfast = await createHoldfast({
    config: parsed,
    env,
    connection,
    namespace,
    taskQueue,
    ...(tenant === undefined ? {} : { tenant }),
  })
  return {
    simulator,
    holdfast,
    client: new Client({ connection, namespace }),
    taskQueue,
    lines: () => written.map((line) => JSON.parse(line)),
    async close() {
      await holdfast.close()
      // Calls that hang would be waited for: hang up first.
      await simulator.close()
      await host.close()
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
