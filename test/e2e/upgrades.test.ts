/** Generations that wait while `up` is replaced by a build whose workflows differ: all are answered, none is stuck, no hand is needed. A rolling deploy: test/long/upgrades.test.ts. */
import type { Command } from '../helpers/commands'
import { todaysBuild } from '../helpers/other-build'
import { waitingAcrossDeploy } from '../helpers/waiting-across-deploy'

const { host, next, clientOf, startWaiting, expectAnswered } = waitingAcrossDeploy()

it('20 generations that wait are answered by `up`, killed and started again with the new build', async () => {
  const up = (main?: string): Command =>
    host().run(['up', '--port', '0', '--temporal-port', '0', '--ui-port', '0', '--data', 'state'], {}, main)
  const addressOf = async (command: Command): Promise<string> => {
    const [, address = ''] = await command.says(/Temporal\s+(127\.0\.0\.1:\d+)/)
    await command.says(/Health/)
    return address
  }
  const old = up()
  const before = await clientOf(await addressOf(old))
  const ids = await startWaiting(before.holdfast, before.client)
  old.kill('SIGKILL')
  await old.exited
  await before.holdfast.close()
  await before.client.connection.close()

  const fresh = up(next().main)
  const after = await clientOf(await addressOf(fresh))
  await expectAnswered(after.holdfast, after.client, ids)
  expect(fresh.stderr()).toContain(`"event":"build_served","build":"${todaysBuild()}"`)
  await after.holdfast.close()
  await after.client.connection.close()
}, 120_000)
