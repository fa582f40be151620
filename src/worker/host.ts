/** One connection, one worker on it: what `up`, `worker` and the embedded library run. */
import { IllegalStateError } from '@temporalio/common'
import { type NativeConnection, Runtime, type RuntimeOptions } from '@temporalio/worker'
import type { Logger } from 'pino'
import { logShutdowns, temporalLogger } from '../telemetry'
import type { TemporalOptions } from '../temporal/connection'
import { connectNative } from '../temporal/native-connection'
import { withPlugins } from '../temporal/options'
import { readCluster } from './cluster'
import { type HoldfastWorker, startWorker, type WorkerSettings } from './create-worker'
import { warnOfUnusable } from './unusable'

export interface Host {
  connection: NativeConnection
  worker: HoldfastWorker
  /** Drains the worker, then closes the connection. */
  close(): Promise<void>
}

export interface HostSettings
  extends Pick<
    WorkerSettings,
    | 'config'
    | 'env'
    | 'logger'
    | 'metrics'
    | 'tracing'
    | 'taskQueue'
    | 'slots'
    | 'now'
    | 'seams'
    | 'buildsFolder'
  > {
  temporal: TemporalOptions
}

/** Throws TemporalUnreachableError, or TemporalSettingsError where the namespace does not exist. Logs what is missing: keys, search attributes, models that are shut down. */
export async function startHost({ temporal, ...settings }: HostSettings): Promise<Host> {
  const { config, env, logger, seams = {} } = settings
  const { namespace } = temporal
  warnOfUnusable(config, env, logger)
  const connection = await connectNative(withPlugins(temporal, seams))
  const endLines = logShutdowns(config, logger)
  try {
    const cluster = await readCluster(connection, namespace, logger)
    const worker = await startWorker({ ...settings, ...cluster, connection, namespace })
    const close = async () => {
      endLines()
      // A worker that broke rejects; its connection is closed all the same.
      await worker.drain().finally(() => connection.close())
    }
    return { connection, worker, close }
  } catch (error) {
    endLines()
    await connection.close()
    throw error
  }
}

/** The SDK's core would print its lines to the console by itself, in a form of its own. */
const CORE_LOGGING = { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } as const

/**
 * Temporal's own lines go to our logger, and its signal handlers stay out. A process has one runtime: where it
 * is there already (a worker of the user's own), it stays as it is.
 */
export function installRuntime(logger: Logger, options: RuntimeOptions = {}): void {
  try {
    const telemetryOptions = { logging: CORE_LOGGING, ...options.telemetryOptions }
    Runtime.install({
      logger: temporalLogger(logger),
      ...options,
      telemetryOptions,
      shutdownSignals: [],
    })
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error
    logger.debug(
      { event: 'runtime_there' },
      "Temporal's runtime was installed before; its lines go where it says",
    )
  }
}
