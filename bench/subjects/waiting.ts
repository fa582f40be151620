/**
 * Ten thousand callers who wait: a gateway, a worker and the callers, a process each, since one process may not have so many
 * sockets on both sides.
 */
import { createInternalHoldfast } from '../../src/client/internal'
import { clusterOver, readApiKeys, readinessOver, sharedConnection, startGateway } from '../../src/gateway'
import { startHost } from '../../src/worker'
import { benchConfig } from '../routes'
import { startChatCaller } from './chat-caller'
import { benchLogger } from './holdfast'
import type { Subject } from './subject'

const ROUTE = 'waiting'
/** More than anybody asks for. A provider may have half of a worker's slots, of which there are 2,000 by default. */
const CALLS_MAX = 100_000

const noCaller: Subject['startCaller'] = async () => {
  throw new Error('It has no callers of its own')
}

export const waitingWorker: Subject = {
  overHttp: true,
  startCaller: noCaller,
  async startWorker(setup, taskQueue) {
    const { temporal } = setup
    const config = benchConfig(setup, ROUTE)
    const slots = 2 * CALLS_MAX
    const host = await startHost({ config, env: {}, logger: benchLogger(), temporal, taskQueue, slots })
    return { ...host, url: null }
  },
}

export const waitingGateway: Subject = {
  overHttp: true,
  async startWorker(setup, taskQueue) {
    const { namespace } = setup.temporal
    const config = benchConfig(setup, ROUTE)
    const temporal = sharedConnection(setup.temporal)
    const connection = await temporal.open()
    const { open } = temporal
    const gateway = await startGateway({
      port: 0,
      config,
      clientFor: () => createInternalHoldfast({ config, env: {}, connection: open, namespace, taskQueue }),
      ready: readinessOver(temporal, namespace, taskQueue),
      cluster: clusterOver({ temporal: setup.temporal, connection: open, taskQueue, config, env: {} }),
      keys: readApiKeys({}),
      logger: benchLogger(),
      version: 'bench',
      limits: { requests: CALLS_MAX },
    })
    return {
      connection,
      url: gateway.url,
      async close() {
        await gateway.close()
        await temporal.close()
      },
    }
  },
  async startCaller({ url }) {
    return startChatCaller({ baseUrl: `${url}/v1`, model: ROUTE, key: null, patient: true })
  },
}
