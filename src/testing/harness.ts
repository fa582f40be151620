/**
 * A whole Holdfast for one test: Temporal server, worker, client and a scripted provider, in one process.
 *
 * HARNESS-1 It is closed whole, in whatever state it is: calls that hang are hung up first.
 * HARNESS-2 No time is skipped before Temporal has taken the generations that were begun: they would wait it out.
 */
import { randomUUID } from 'node:crypto'
import type { Client } from '@temporalio/client'
import pino from 'pino'
import type { Holdfast } from '../client'
import { createInternalHoldfast } from '../client/internal'
import { type Env, parseDuration } from '../config'
import { type RecordedCall, type Script, type ScriptStep, type Simulator, startSimulator } from '../simulator'
import { withDataConverter } from '../temporal/data-converter'
import { type HistoryJson, historyToJson } from '../temporal/history-json'
import { type Closers, closeAll } from '../util/close-all'
import { callsTo, filterOf, requireCalls } from './provider-calls'
import { type ConfigSource, readConfig, simulatedConfig, simulatedEnv } from './simulated-config'
import { developmentServer, type GivenServer, givenServer, skippingServer } from './test-server'

export interface HarnessOptions {
  /** A config file's path, a loaded config, or one as `defineConfig` takes it. Default: as `createHoldfast`'s. */
  config?: ConfigSource
  /** What the providers do, by provider or target. Default: each call is answered. */
  script?: Script
  /** A server whose time skips: then `skip` works. Needs `@temporalio/testing`. Default: a development server. */
  timeSkipping?: boolean
  /** A Temporal server that runs already: several harnesses may share one. Default: one of its own. */
  server?: GivenServer
  /** Values of the variables that the config names. Default: some that the simulator takes. */
  env?: Env
}

export interface Harness {
  /** A client of the worker here, as `createHoldfast` makes it. */
  holdfast: Holdfast
  /** `holdfast.generate` */
  generate: Holdfast['generate']
  /** The scripted provider. */
  simulator: Simulator
  /** `host:port` of the Temporal server. */
  address: string
  /** Temporal's own client, for what Holdfast's does not show. */
  temporal: Client
  /** Replaces what a target (`openai/gpt-5`) or a provider does; or of each that the script names. Throws ScriptError. */
  script(target: string, steps: readonly ScriptStep[]): void
  script(script: Script): void
  /** The calls that reached the providers, in order; of a target (`openai/gpt-5`) or a provider, where one is named. */
  calls(target?: string): RecordedCall[]
  /** Throws an Error, with the calls that came, unless it was called so often; at least once, where no number is given. */
  toHaveCalled(target: string, times?: number): void
  /** Resolves when so many calls were received. Rejects after `timeoutMs` (default 5,000). */
  waitForCalls(count: number, target?: string, timeoutMs?: number): Promise<RecordedCall[]>
  /** Lets time pass, at once: `6h`, `250ms`. Calls under way end first. Only with `timeSkipping`. */
  skip(duration: string): Promise<void>
  /** The time of the server, skipped time included: epoch milliseconds. */
  now(): number
  /** What Temporal has recorded of a generation, for `replay`, `reenact` and `incident`. */
  history(id: string): Promise<HistoryJson>
  close(): Promise<void>
  /** As `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts all of it. About a second.
 *
 * @throws ConfigError, ScriptError, or BinaryNotFoundError where there is no Temporal server to be had
 */
export async function harness(options: HarnessOptions = {}): Promise<Harness> {
  const { script, timeSkipping = false, server: given, env: givenEnv = {} } = options
  const config = await readConfig(options.config, { ...process.env, ...givenEnv })
  // Loaded here, not by the import: a test that only reads histories needs neither.
  const { createClient } = await import('../temporal/options')
  const { startHost } = await import('../worker')
  const { installQuietRuntime } = await import('./quiet-runtime')
  installQuietRuntime()
  const closers: Closers = []
  const close = (): Promise<void> => closeAll(closers)
  try {
    const simulator = await startSimulator(script === undefined ? {} : { script })
    closers.push(simulator.close)
    const server = given === undefined ? await ownServer(timeSkipping) : givenServer(given)
    closers.push(server.stop)
    const { address, namespace } = server
    const taskQueue = `harness-${randomUUID()}`
    const simulated = simulatedConfig(config, simulator.baseUrl)
    const env = simulatedEnv(config, givenEnv)
    const host = await startHost({
      config: simulated,
      env,
      logger: pino({ level: 'silent' }),
      temporal: { address, namespace, connection: {} },
      taskQueue,
      now: server.now,
    })
    closers.push(host.close)
    const { connection } = host
    const client = await createInternalHoldfast({
      config: simulated,
      env,
      connection,
      namespace,
      taskQueue,
      eager: true,
      delivery: host.worker.delivery,
      circuitSnapshot: host.worker.circuitSnapshot,
    })
    const { holdfast, taken } = counted(client)
    closers.push(simulator.close, client.close)
    const temporal = createClient(connection, namespace, withDataConverter({}, { env, config: simulated }))
    return {
      holdfast: { ...holdfast, close },
      generate: holdfast.generate,
      simulator,
      address,
      temporal,
      script(target: string | Script, steps: readonly ScriptStep[] = []) {
        const all = typeof target === 'string' ? { [target]: steps } : target
        for (const [name, own] of Object.entries(all)) simulator.script(name, own)
      },
      calls: (target) => callsTo(simulator, target),
      toHaveCalled: (target, times) => requireCalls(simulator, target, times),
      waitForCalls: (count, target, timeoutMs) => simulator.waitForCalls(count, filterOf(target), timeoutMs),
      async skip(duration) {
        const ms = parseDuration(duration)
        if (ms === null) throw new Error(`"${duration}" is no duration: write 250ms, 90s, 5m or 6h`)
        // HARNESS-2
        await taken()
        await server.skip(ms)
      },
      now: server.now,
      history: async (id) => historyToJson(await temporal.workflow.getHandle(id).fetchHistory()),
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const ownServer = (timeSkipping: boolean) => (timeSkipping ? skippingServer() : developmentServer())

/** A client whose starts are counted: `taken` resolves when Temporal has all of them. */
function counted(client: Awaited<ReturnType<typeof createInternalHoldfast>>): {
  holdfast: Holdfast
  taken(): Promise<void>
} {
  const starting = new Set<Promise<unknown>>()
  const count = <T>(start: Promise<T>): Promise<T> => {
    starting.add(start)
    const done = (): void => void starting.delete(start)
    start.then(done, done)
    return start
  }
  const holdfast: Holdfast = {
    ...client,
    generate: async (wanted) => (await (await count(client.open(wanted))).result()) as never,
    start: (wanted) => count(client.start(wanted)),
  }
  return {
    holdfast,
    async taken() {
      await Promise.allSettled([...starting])
    },
  }
}
