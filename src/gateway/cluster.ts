/** The way to what the whole cluster knows, past all tenants: for those who operate it. */

import { createTemporalClients, type GivenConnection, type TemporalClient } from '../client/temporal-client'
import { type WebUrl, webUrls } from '../client/web-url'
import type { Env } from '../config'
import type { TemporalOptions } from '../temporal/connection'

export interface Cluster {
  /** Throws HoldfastError `unavailable`. */
  open(): Promise<TemporalClient>
  taskQueue: string
  webUrl: WebUrl
}

/** Over a connection that the caller closes. `env`: where the Web UI is. */
export function clusterOver(
  temporal: TemporalOptions,
  connection: GivenConnection,
  taskQueue: string,
  env: Env,
): Cluster {
  const clients = createTemporalClients(temporal, connection)
  return { open: () => clients.open(false), taskQueue, webUrl: webUrls(temporal, env) }
}
