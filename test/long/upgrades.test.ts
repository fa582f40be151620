/** As test/e2e/upgrades.test.ts, with workers that are replaced one by one. */
import type { Command } from '../helpers/commands'
import { ownTaskQueue, testServer } from '../helpers/temporal'
import { waitingAcrossDeploy } from '../helpers/waiting-across-deploy'

const { host, next, clientOf, startWaiting, expectAnswered } = waitingAcrossDeploy()

it('20 generations that wait are answered after a rolling deploy of workers', async () => {
  const { address } = testServer()
  const taskQueue = ownTaskQueue('upgrades')
  next().bringsToday()
  const worker = async (main?: string): Promise<Command> => {
    const env = { TEMPORAL_ADDRESS: address, HOLDFAST_TASK_QUEUE: taskQueue, HOLDFAST_SHUTDOWN_GRACE: '1s' }
    const command = host().run(['worker'], env, main)
    await command.says(/Worker ready/)
    return command
  }
  const old = [await worker(), await worker()]
  const { holdfast, client } = await clientOf(address, taskQueue)
  const ids = await startWaiting(holdfast, client)
  // One by one, as an orchestrator replaces them.
  for (const one of old) {
    await worker(next().main)
    one.kill('SIGTERM')
    await one.exited
  }
  await expectAnswered(holdfast, client, ids)
  await holdfast.close()
  await client.connection.close()
}, 120_000)
