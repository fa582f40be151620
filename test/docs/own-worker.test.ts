/** examples/own-worker runs as its header says, against the built package. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { startSimulator } from '../../src/simulator'
import { commands } from '../helpers/commands'
import { twoProviders } from '../helpers/stack'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const TOP = path.resolve(__dirname, '..', '..')

it('answers a workflow of its own and its generation, and ends well at SIGTERM', async () => {
  const { address, namespace } = testServer()
  const taskQueue = ownTaskQueue('own-worker')
  const simulator = await startSimulator({ script: { alpha: [{ answer: '{"name":"Ada"}' }] } })
  const folder = commands()
  const worker = spawn(path.join(TOP, 'node_modules', '.bin', 'jiti'), ['examples/own-worker/worker.ts'], {
    cwd: TOP,
    env: {
      ...process.env,
      TEMPORAL_ADDRESS: address,
      TASK_QUEUE: taskQueue,
      HOLDFAST_CONFIG: folder.file('holdfast.yaml', twoProviders(simulator.url)),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  worker.stderr.on('data', (chunk) => {
    said += chunk
  })
  const exited = once(worker, 'exit')
  const connection = await Connection.connect({ address })
  try {
    const answered = new Client({ connection, namespace }).workflow.execute('welcome', {
      taskQueue,
      workflowId: taskQueue,
      args: ['Dear all, yours, Ada'],
      workflowExecutionTimeout: '60s',
    })
    const ended = exited.then(([code]) => `ended with ${code}: ${said}`)
    expect(await Promise.race([answered, ended])).toBe('Welcome, Ada')
    worker.kill('SIGTERM')
    expect((await exited)[0]).toBe(0)
  } finally {
    worker.kill('SIGKILL')
    await connection.close()
    await folder.close()
    await simulator.close()
  }
}, 90_000)
