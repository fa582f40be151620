/** `holdfast circuits` in short: it lists, it forces, and what it says holds. All of it: test/long/circuits-cli.test.ts. */
import { circuitConfig } from '../helpers/circuits'
import { commands } from '../helpers/commands'
import { startStack } from '../helpers/stack'
import { testServer } from '../helpers/temporal'

it('lists the circuits, forces one open and leaves it to itself again', async () => {
  const stack = await startStack({ config: circuitConfig })
  const host = commands()
  try {
    const file = host.file('holdfast.yaml', circuitConfig(stack.simulator.url))
    const env = { TEMPORAL_ADDRESS: testServer().address, HOLDFAST_TASK_QUEUE: stack.taskQueue }
    const circuits = async (...args: string[]): Promise<string> => {
      const command = host.run(['circuits', ...args, '--config', file], env)
      expect(await command.exited).toBe(0)
      return command.stdout()
    }
    await stack.holdfast.generate({ prompt: 'hi' })
    expect(await circuits('open', 'alpha')).toContain('alpha (account): forced_open')
    const { providers } = JSON.parse(await circuits('--json'))
    expect(providers[0].circuits[0]).toMatchObject({ target: 'alpha', state: 'forced_open' })
    expect(await circuits('auto', 'alpha')).toContain('alpha (account): closed')
    expect(await circuits()).toMatch(/alpha\/model-a .* closed/)
  } finally {
    await host.close()
    await stack.close()
  }
}, 60_000)
