/** `holdfast up` killed as a whole, and started again on the same data. */
import { Connection } from '@temporalio/client'
import { createHoldfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { type Command, type Commands, commands } from '../helpers/commands'

const GENERATIONS = 5

const configText = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
routes:
  default:
    candidates: [alpha/model-a]
    timeouts: { workerLost: 1s }
    retry: { maximumAttempts: 2, initialInterval: 50ms }
  kept: { candidates: [alpha/model-a], cache: { ttl: 1h } }
`

describe('holdfast up', () => {
  let host: Commands
  let simulator: Simulator

  beforeEach(async () => {
    simulator = await startSimulator()
    host = commands()
    host.file('holdfast.yaml', configText(simulator.url))
  })
  afterEach(async () => {
    await host.close()
    await simulator.close()
  })

  const up = async (ports: { temporal: string; ui: string; http: string }) => {
    const { temporal, ui, http } = ports
    const command = host.run([
      'up',
      '--port',
      http,
      '--temporal-port',
      temporal,
      '--ui-port',
      ui,
      '--data',
      'state',
    ])
    const [, address = ''] = await command.says(/Temporal\s+(127\.0\.0\.1:\d+)/)
    const [, readyUrl = ''] = await command.says(/Health\s+(\S+)/)
    return { command, address, readyUrl }
  }

  /** Two more want the ports of the one that runs. */
  const expectTakenPorts = async (address: string, readyUrl: string): Promise<void> => {
    const port = address.split(':')[1] ?? ''
    const httpPort = new URL(readyUrl).port
    const other = ['--data', 'other']
    const taken = host.run(['up', '--port', '0', '--temporal-port', port, '--ui-port', '0', ...other])
    const takenHttp = host.run(['up', '--port', httpPort, ...other], { TEMPORAL_ADDRESS: address })
    expect(await Promise.all([taken.exited, takenHttp.exited])).toEqual([1, 1])
    expect(taken.stderr()).toContain(`Port ${port}`)
    expect(taken.stderr()).toContain('--temporal-port')
    expect(takenHttp.stderr()).toContain(`Port ${httpPort} is taken: choose another one with --port`)
  }

  it('killed with SIGKILL and started again completes every accepted generation', async () => {
    simulator.script('alpha', [{ fault: 'silent', times: GENERATIONS }, { answer: 'after the crash' }])
    const first = await up({ temporal: '0', ui: '0', http: '0' })
    const config = parseConfig(configText(simulator.url))
    const before = await createHoldfast({ config, env: { TEMPORAL_ADDRESS: first.address } })
    const started = await Promise.all(
      Array.from({ length: GENERATIONS }, (_, index) => before.start({ prompt: `accepted ${index}` })),
    )
    await simulator.waitForCalls(GENERATIONS)
    first.command.kill('SIGKILL')
    await first.command.exited
    // A caller that went on waiting through the crash.
    const waiting = before.result(started[0]?.id ?? '')

    const port = first.address.split(':')[1] ?? '0'
    const second = await up({ temporal: port, ui: '0', http: '0' })
    expect(second.address).toBe(first.address)
    const after = await createHoldfast({ config, env: { TEMPORAL_ADDRESS: second.address } })
    const results = await Promise.all(started.map(({ id }) => after.result(id)))
    expect(results.map(({ text }) => text)).toEqual(Array(GENERATIONS).fill('after the crash'))
    expect((await waiting).text).toBe('after the crash')
    await before.close()
    await after.close()
    await end(second.command)
  }, 120_000)

  it('is ready when it says so, answers `generate`, names a port that is taken and the option for another, and drains at SIGTERM with exit code 0', async () => {
    const { command, address, readyUrl } = await up({ temporal: '0', ui: '0', http: '0' })
    expect(await (await fetch(readyUrl)).json()).toEqual({ ok: true, temporal: true, worker: true })
    simulator.script('alpha', [{ answer: 'hello from up' }])

    const env = { TEMPORAL_ADDRESS: address }
    const plain = host.run(['generate', 'Say hello'], env)
    const json = host.run(['generate', 'Say hello', '--json'], env)
    const wrong = host.run(['generate', 'Say hello', '--route', 'defualt', '--json'], env)
    const kept = host.run(['generate', 'Keep it', '--route', 'kept'], env)
    const all = [plain, json, wrong, kept]
    expect(await Promise.all(all.map(({ exited }) => exited))).toEqual([0, 0, 1, 0])
    expect(plain.stdout()).toBe('hello from up\n')
    expect(JSON.parse(json.stdout())).toMatchObject({
      text: 'hello from up',
      served: 'provider',
      attempts: [{}],
    })
    const { error } = JSON.parse(wrong.stdout())
    expect(error).toMatchObject({ kind: 'invalid_request', accepted: false })
    expect(error.message).toContain('default')

    // Answers are kept beside Temporal's state.
    const stats = host.run(['cache', '--data', 'state', '--json'])
    expect(await stats.exited).toBe(0)
    expect(JSON.parse(stats.stdout())).toMatchObject({ store: 'disk', entries: 1 })

    await expectTakenPorts(address, readyUrl)

    // A call in flight at SIGTERM ends before the process does.
    simulator.script('alpha', [{ answer: 'drained', latency: '1s' }])
    const calls = simulator.calls().length
    const last = host.run(['generate', 'Last one', '--json'], { TEMPORAL_ADDRESS: address })
    await simulator.waitForCalls(calls + 1, {}, 20_000)
    await end(command)
    expect(simulator.calls().at(-1)?.outcome).toBe('answered')
    last.kill('SIGKILL')
    await expect(Connection.connect({ address, connectTimeout: 500 })).rejects.toThrow()
  }, 120_000)
})

async function end(command: Command): Promise<void> {
  command.kill('SIGTERM')
  expect(await command.exited).toBe(0)
}
