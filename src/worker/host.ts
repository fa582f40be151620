/** One connection, one worker on it: what `up`, `worker` and the embedded library run. */
import { IllegalStateError } from '@temporalio/common'
import { type NativeConnection, Runtime, type RuntimeOptions } from '@temporalio/worker'
import type { Logger } from 'pino'
import { type Config, type Env, unusableProviders } from '../config'
import { maxAnswerBytes } from '../contract/generation'
import { temporalLogger } from '../telemetry'
import { CONNECT_TIMEOUT_MS, type TemporalOptions } from '../temporal/connection'
import { noNamespace, TemporalSettingsError } from '../temporal/errors'
import { connectNative } from '../temporal/native-connection'
import { type WorkerSeams, withPlugins } from '../temporal/options'
import { payloadLimitBytes } from '../temporal/payload-limit'
import { checkSearchAttributes } from '../temporal/search-attributes'
import { type HoldfastWorker, startWorker } from './create-worker'

export interface Host {
  connection: NativeConnection
  worker: HoldfastWorker
  /** Drains the worker, then closes the connection. */
  close(): Promise<void>
}

export interface HostSettings {
  config: Config
  env: Env
  logger: Logger
  temporal: TemporalOptions
  taskQueue?: string | undefined
  /** Calls in flight at most. */
  slots?: number | undefined
  /** As of WorkerSettings. */
  now?: (() => number) | undefined
  /** As of WorkerSettings. */
  seams?: WorkerSeams | undefined
}

/**
 * Before the worker is made: it would tell a dump of what gRPC said, and leave its core behind.
 * @returns its limit of a payload; null: it was not told.
 */
async function requireNamespace(connection: NativeConnection, namespace: string): Promise<number | null> {
  try {
    return await connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, () =>
      payloadLimitBytes(connection, namespace),
    )
  } catch (error) {
    // Whatever else it is, the worker will tell: a key that may poll need not be one that may describe.
    if (error instanceof Error && 'code' in error && error.code === NOT_FOUND)
      throw new TemporalSettingsError(noNamespace(namespace))
    return null
  }
}

/** gRPC's code: of a namespace here. */
const NOT_FOUND = 5

/** Throws TemporalUnreachableError, or TemporalSettingsError where the namespace does not exist. Logs what is missing: keys, search attributes. */
export async function startHost(settings: HostSettings): Promise<Host> {
  const { config, env, logger, temporal, taskQueue, slots, now, seams } = settings
  for (const { provider, reason } of unusableProviders(config, env))
    logger.warn({ event: 'provider_unusable', provider, reason }, 'provider left out of plans')
  const connection = await connectNative(withPlugins(temporal, seams ?? {}))
  try {
    const { namespace } = temporal
    const limit = await requireNamespace(connection, namespace)
    const attributes = await checkSearchAttributes(connection, namespace)
    if (!attributes.ok)
      logger.warn(
        { event: 'search_attributes_missing', missing: attributes.missing, command: attributes.command },
        'runs go without search attributes until they are registered',
      )
    const worker = await startWorker({
      config,
      env,
      connection,
      namespace,
      logger,
      taskQueue,
      slots,
      now,
      seams,
      searchAttributes: attributes.ok,
      maxAnswerBytes: limit === null ? undefined : maxAnswerBytes(limit),
    })
    const close = async () => {
      // A worker that broke rejects; its connection is closed all the same.
      await worker.drain().finally(() => connection.close())
    }
    return { connection, worker, close }
  } catch (error) {
    await connection.close()
    throw error
  }
}

/**
 * Temporal's own lines go to our logger, and its signal handlers stay out. A process has one runtime: where it
 * is there already (a worker of the user's own), it stays as it is.
 */
export function installRuntime(logger: Logger, options: RuntimeOptions = {}): void {
  try {
    Runtime.install({ logger: temporalLogger(logger), ...options, shutdownSignals: [] })
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error
    logger.debug(
      { event: 'runtime_there' },
      "Temporal's runtime was installed before; its lines go where it says",
    )
  }
}
