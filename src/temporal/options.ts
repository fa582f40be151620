/**
 * What a user's own Temporal application brings along, and what Holdfast's clients and workers get of it: the one place
 * that makes their options. Only types come from the native worker: the client entry loads this file.
 *
 * OPTIONS-1 Every client and worker of one Holdfast writes and reads payloads by the same data converter, codecs
 *    included. What is read from the server's raw answers is read by the client's own (payloads.ts).
 * OPTIONS-2 A plugin acts once: Temporal's clients and workers take those of their connection by themselves.
 */
import {
  Client,
  type ClientInterceptors,
  type ClientPlugin,
  type ConnectionLike,
  type ConnectionPlugin,
} from '@temporalio/client'
import type { DataConverter } from '@temporalio/common'
import type {
  BundlerPlugin,
  NativeConnection,
  NativeConnectionPlugin,
  WorkerInterceptors,
  WorkerOptions,
  WorkerPlugin,
} from '@temporalio/worker'
import type { TemporalOptions } from './connection'
import { ENCODED_FAILURES } from './data-converter'

/** A plugin of Temporal's, with whichever of its hooks. */
export type TemporalPlugin = ClientPlugin &
  ConnectionPlugin &
  WorkerPlugin &
  NativeConnectionPlugin &
  BundlerPlugin

/** Of a client. The names and types are those of Temporal's own options. */
export interface ClientSeams {
  /**
   * How payloads are written and read. The same one everywhere. Default: JSON, encrypted where HOLDFAST_ENCRYPTION_KEYS is set;
   * a converter with codecs of its own is used as it is.
   */
  dataConverter?: DataConverter | undefined
  /** Around the client's calls to Temporal. Default: none. */
  interceptors?: ClientInterceptors | undefined
  /** Of Temporal's, for connection, client and worker. Default: none. */
  plugins?: readonly TemporalPlugin[] | undefined
}

/** Of a worker, and of the clients beside it. */
export interface WorkerSeams extends ClientSeams {
  /** Around the worker's activities and workflows. Default: none. */
  workerInterceptors?: WorkerInterceptors | undefined
}

/** For both kinds of connection: one that Holdfast opens brings the plugins along. */
export const withPlugins = (options: TemporalOptions, { plugins = [] }: ClientSeams): TemporalOptions => ({
  ...options,
  connection: { ...options.connection, plugins: [...plugins] },
})

export const createClient = (
  connection: ConnectionLike,
  namespace: string,
  seams: ClientSeams = {},
): Client => {
  const { dataConverter, interceptors } = seams
  return new Client({
    connection,
    namespace,
    plugins: newTo(connection, seams),
    ...(dataConverter && { dataConverter }),
    ...(interceptors && { interceptors }),
  })
}

type SeamOptions = Pick<WorkerOptions, 'connection' | 'dataConverter' | 'interceptors' | 'plugins'>

export const workerSeamOptions = (connection: NativeConnection, seams: WorkerSeams = {}): SeamOptions => {
  const { dataConverter, workerInterceptors } = seams
  return {
    connection,
    plugins: newTo(connection, seams),
    ...(dataConverter && { dataConverter }),
    ...(workerInterceptors && { interceptors: workerInterceptors }),
  }
}

/** OPTIONS-2 */
const newTo = (
  { plugins: known }: { plugins: readonly object[] },
  { plugins = [] }: ClientSeams,
): TemporalPlugin[] => plugins.filter((plugin) => !known.includes(plugin))

/** By the converter that the bundle which was built ahead has already: it only has to be turned on (sandbox-failures.ts). */
export const encodesFailures = ({ dataConverter }: WorkerSeams): boolean =>
  dataConverter?.failureConverterPath === ENCODED_FAILURES

/** Does something of it stand in the workflows' sandbox? Then the bundle that was built ahead will not do. */
export const changesBundle = ({ dataConverter, workerInterceptors, plugins = [] }: WorkerSeams): boolean =>
  dataConverter?.payloadConverterPath !== undefined ||
  (dataConverter?.failureConverterPath !== undefined && !encodesFailures({ dataConverter })) ||
  (workerInterceptors?.workflowModules ?? []).length > 0 ||
  plugins.some(({ configureBundler, configureWorker }) => configureBundler ?? configureWorker)
