/** Client and worker in one process, with all that runs: for `holdfast/embedded`, `up`, `quickstart` and the benchmark. */
import path from 'node:path'
import type { RuntimeOptions, WorkerInterceptors } from '@temporalio/worker'
import type { Logger } from 'pino'
import type { HoldfastOptions } from '../client'
import { createInternalHoldfast, type InternalHoldfast } from '../client/internal'
import { type Config, givenConfig } from '../config'
import { type EmbeddedOptions, type EmbeddedServer, startEmbeddedServer } from '../dev-server/embedded'
import { createLogger } from '../telemetry'
import { hostTracing, type Tracing } from '../telemetry/tracing'
import { type TemporalOptions, temporalOptions } from '../temporal/connection'
import { createMissingEndpoints } from '../temporal/nexus-endpoints'
import { type Closers, closeAll } from '../util/close-all'
import { type Host, installRuntime, startHost } from '.'

export interface EmbeddedHoldfastOptions extends Omit<HoldfastOptions, 'connection'> {
  /**
   * Also start a Temporal server, which ends with this process. `dataFile` keeps its state; without it all is
   * in memory. Default: none; the TEMPORAL_* variables say where Temporal is.
   */
  server?: EmbeddedOptions
  /** Around the worker's activities and workflows; modules for the sandbox are bundled at the start. Default: none. */
  workerInterceptors?: WorkerInterceptors
  /** Temporal's runtime in this process: metrics, for example. One that is installed already stays. Default: Temporal's. */
  runtimeOptions?: RuntimeOptions
  /** Default: JSON lines on stderr, from `info` on. */
  logger?: Logger
}

/** All that runs, for `up` and `quickstart`, which show it. */
export interface Embedded {
  holdfast: InternalHoldfast
  /** A client of this tenant's (null: of none) over the same connection, as quick as `holdfast`. The caller closes it. */
  clientFor(tenant: string | null): Promise<InternalHoldfast>
  host: Host
  config: Config
  temporal: TemporalOptions
  /** null: Temporal is somebody else's. */
  server: EmbeddedServer | null
  close(): Promise<void>
}

/**
 * Throws ConfigError, TemporalUnreachableError, EmbeddedServerError or BinaryNotFoundError.
 * @param ownTracing of a program of Holdfast's own, which closes it
 */
export async function startEmbedded(
  options: EmbeddedHoldfastOptions = {},
  ownTracing: Tracing | null = null,
): Promise<Embedded> {
  const env = options.env ?? process.env
  const config = await givenConfig(options.config, env)
  const logger = options.logger ?? createLogger()
  installRuntime(logger, options.runtimeOptions)
  const tracing = options.tracing === true ? await hostTracing(config) : ownTracing
  const closers: Closers = []
  const close = () => closeAll(closers)
  try {
    const server = options.server === undefined ? null : await startEmbeddedServer(options.server)
    if (server !== null) closers.push(server.stop)
    const temporal = server === null ? temporalOptions(env) : { ...server, connection: {} }
    const dataFile = options.server?.dataFile
    const namespace = options.namespace ?? temporal.namespace
    const host = await startHost({
      config,
      env,
      logger,
      temporal: { ...temporal, namespace },
      taskQueue: options.taskQueue,
      seams: options,
      tracing,
      ...(dataFile === undefined ? {} : { buildsFolder: path.join(path.dirname(dataFile), 'builds') }),
    })
    closers.push(host.close)
    const { connection, worker } = host
    // Somebody else's server has its endpoints from its operator.
    if (server !== null && config.nexus !== null)
      await createMissingEndpoints(connection, Object.keys(config.nexus.endpoints), {
        namespace,
        taskQueue: worker.taskQueue,
      })
    const uiEnv = server === null ? env : { ...env, HOLDFAST_UI_URL: server.uiUrl }
    const { tenant: own = null, ...rest } = options
    const clientFor = (tenant: string | null) =>
      createInternalHoldfast({
        ...rest,
        config,
        env: uiEnv,
        connection,
        namespace,
        taskQueue: worker.taskQueue,
        eager: true,
        delivery: worker.delivery,
        circuitSnapshot: worker.circuitSnapshot,
        ...(worker.inProcess === null ? {} : { inProcess: worker.inProcess }),
        ...(tenant === null ? {} : { tenant }),
      })
    const holdfast = await clientFor(own)
    // After the worker has drained: whoever waits for a call in flight has its answer by then.
    closers.splice(-1, 0, () => holdfast.close())
    return { holdfast, clientFor, host, config, temporal: { ...temporal, namespace }, server, close }
  } catch (error) {
    await close()
    throw error
  }
}
