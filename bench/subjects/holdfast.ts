import { devNull } from 'node:os'
import { destination } from 'pino'
import { createInternalHoldfast } from '../../src/client/internal'
import { createLogger } from '../../src/telemetry'
import { connectClient } from '../../src/temporal/connection'
import { startHost } from '../../src/worker'
import { benchConfig } from '../routes'
import { PROMPT } from '../setup'
import type { Subject } from './subject'

/** Lines are made and written as in production, to nowhere. */
export const benchLogger = () => createLogger({ output: destination({ dest: devNull, sync: true }) })

/** A generation through the library, every default as it is. */
export const holdfast: Subject = {
  overHttp: false,

  async startWorker(setup, taskQueue) {
    const { temporal } = setup
    const config = benchConfig(setup)
    const host = await startHost({ config, env: {}, logger: benchLogger(), temporal, taskQueue })
    return { ...host, url: null }
  },

  async startCaller({ setup, taskQueue, worker }) {
    const { temporal } = setup
    const connection = worker?.connection ?? (await connectClient(temporal))
    const library = await createInternalHoldfast({
      config: benchConfig(setup),
      env: {},
      connection,
      namespace: temporal.namespace,
      taskQueue,
      eager: worker !== null,
    })
    return {
      async call() {
        const { id: workflowId } = await library.generate({ prompt: PROMPT })
        return { workflowId, firstTokenMs: null }
      },
      async close() {
        await library.close()
        if (worker === null) await connection.close()
      },
    }
  },
}
