/** What `holdfast up` serves: worker and gateway in one process, the caller over HTTP. */

import { Client } from '@temporalio/client'
import { clusterOver, readApiKeys, readinessOf, startGateway } from '../../src/gateway'
import { startEmbedded } from '../../src/worker/embedded'
import { benchConfig, ROUTE } from '../setup'
import { startChatCaller } from './chat-caller'
import { benchLogger } from './holdfast'
import type { Subject } from './subject'

const VERSION = 'bench'

const upGateway = (streamed: boolean): Subject => ({
  overHttp: true,

  async startWorker(setup, taskQueue) {
    const { address, namespace } = setup.temporal
    const config = benchConfig(setup)
    const logger = benchLogger()
    const env = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace }
    const embedded = await startEmbedded({ config, env, logger, taskQueue })
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
      async close() {
        await gateway.close()
        await embedded.close()
      },
    }
  },

  async startCaller({ url }) {
    if (url === null) throw new Error('The gateway is not there')
    return startChatCaller({ baseUrl: `${url}/v1`, model: ROUTE, key: null, streamed })
  },
})

export const gateway = upGateway(false)
export const gatewayStream = upGateway(true)
