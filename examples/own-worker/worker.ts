/**
 * A worker of your own that runs Holdfast's generations too. It reads holdfast.yaml, or HOLDFAST_CONFIG; SIGTERM lets calls
 * in flight end. Run it with `npx jiti examples/own-worker/worker.ts`.
 */
import { NativeConnection, Worker } from '@temporalio/worker'
import { holdfastPlugin } from 'holdfast/plugin'
import * as activities from './activities'

async function main(): Promise<void> {
  const connection = await NativeConnection.connect({
    address: process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233',
  })
  try {
    const worker = await Worker.create({
      connection,
      taskQueue: process.env.TASK_QUEUE ?? 'own',
      workflowsPath: require.resolve('./workflows'),
      activities,
      plugins: [holdfastPlugin()],
    })
    await worker.run()
  } finally {
    await connection.close()
  }
}

main().catch((error) => {
  process.stderr.write(`${error}\n`)
  process.exitCode = 1
})
