/** What `holdfast up` serves: worker and gateway in one process, the caller over HTTP. */
import { mkdtemp } from 'node:fs/promises'
import path from 'node:path'
import { Client } from '@temporalio/client'
import { diskPayloads } from '../../src/config'
import { clusterOver, readApiKeys, readinessOf, startGateway } from '../../src/gateway'
import { startEmbedded } from '../../src/worker/embedded'
import { benchConfig, ROUTE, type Route } from '../routes'
import { startChatCaller } from './chat-caller'
import { benchLogger } from './holdfast'
import type { Subject } from './subject'

const VERSION = 'bench'

interface GatewayOptions {
  route?: Route
  streamed?: boolean
  /** With a server of its own, and all its state in files: `up`'s default. Else the run's server, in memory. */
  inFiles?: boolean
}

export const upGateway = ({
  route = ROUTE,
  streamed = false,
  inFiles = false,
}: GatewayOptions = {}): Subject => ({
  overHttp: true,

  async startWorker(setup, taskQueue) {
    const { address, namespace } = setup.temporal
    const data = inFiles ? await mkdtemp(path.join(setup.folder, 'data-')) : null
    const routes = benchConfig(setup, route)
    const config = data === null ? routes : { ...routes, payloads: diskPayloads(data) }
    const logger = benchLogger()
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace }
    const server = data === null ? {} : { server: { dataFile: path.join(data, 'temporal.db') } }
    const embedded = await startEmbedded({ config, env, logger, taskQueue, ...server })
    const { connection } = embedded.host
    const client = new Client({ connection, namespace })
    const ready = readinessOf(taskQueue)
    const gateway = await startGateway({
      port: 0,
      config,
      clientFor: embedded.clientFor,
      ready: () => ready(client),
      cluster: clusterOver({ temporal: embedded.temporal, connection, taskQueue, config, env }),
      keys: readApiKeys({}),
      logger,
      version: VERSION,
    })
    return {
      connection,
      url: gateway.url,
      ...(embedded.server === null ? {} : { server: embedded.server }),
      async close() {
        await gateway.close()
        await embedded.close()
      },
    }
  },

  async startCaller({ url }) {
    if (url === null) throw new Error('The gateway is not there')
    return startChatCaller({ baseUrl: `${url}/v1`, model: route, key: null, streamed })
  },
})
