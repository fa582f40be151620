import { randomUUID } from 'node:crypto'
import { Client } from '@temporalio/client'
import { Worker } from '@temporalio/worker'
import { createHttpClient } from '../../src/http'
import { connectClient } from '../../src/temporal/connection'
import { connectNative } from '../../src/temporal/native-connection'
import { WORKER_OPTIONS } from '../../src/worker/worker-options'
import { createFloorActivities } from '../floor/activities'
import { chatUrl } from '../routes'
import { REQUEST } from '../setup'
import type { Subject } from './subject'

/** A bare workflow with one activity that makes the same call, under the settings of Holdfast's own worker. */
export const floor: Subject = {
  overHttp: false,

  async startWorker(setup, taskQueue) {
    const { temporal, floorBundle } = setup
    const connection = await connectNative(temporal)
    const http = createHttpClient()
    const worker = await Worker.create({
      ...WORKER_OPTIONS,
      connection,
      namespace: temporal.namespace,
      taskQueue,
      workflowBundle: { codePath: floorBundle },
      activities: { ...createFloorActivities(http, chatUrl(setup)) },
    })
    const running = worker.run()
    return {
      connection,
      url: null,
      async close() {
        worker.shutdown()
        await running
        await http.close()
        await connection.close()
      },
    }
  },

  async startCaller({ setup: { temporal }, taskQueue, worker }) {
    const connection = worker?.connection ?? (await connectClient(temporal))
    const client = new Client({ connection, namespace: temporal.namespace })
    return {
      async call() {
        const workflowId = `floor-${randomUUID()}`
        const handle = await client.workflow.start('floor', {
          workflowId,
          taskQueue,
          args: [REQUEST],
          ...(worker === null ? {} : { requestEagerStart: true }),
        })
        await handle.result()
        return { workflowId, firstTokenMs: null }
      },
      close: async () => (worker === null ? connection.close() : undefined),
    }
  },
}
