/** The way to what the whole cluster knows, past all tenants: for those who operate it. */

import { createTemporalClients, type GivenConnection, type TemporalClient } from '../client/temporal-client'
import { type WebUrl, webUrls } from '../client/web-url'
import type { Config, Env } from '../config'
import type { TemporalOptions } from '../temporal/connection'
import { withDataConverter } from '../temporal/data-converter'

export interface Cluster {
  /** Throws HoldfastError `unavailable`. */
  open(): Promise<TemporalClient>
  taskQueue: string
  webUrl: WebUrl
}

export interface ClusterSettings {
  temporal: TemporalOptions
  /** Closed by the caller. */
  connection: GivenConnection
  taskQueue: string
  config: Config
  /** Where the Web UI is, and the keys. */
  env: Env
}

/** Throws EncryptionKeysError. */
export function clusterOver({ temporal, connection, taskQueue, config, env }: ClusterSettings): Cluster {
  const clients = createTemporalClients(temporal, connection, withDataConverter({}, { env, config }))
  return { open: () => clients.open(false), taskQueue, webUrl: webUrls(temporal, env) }
}
