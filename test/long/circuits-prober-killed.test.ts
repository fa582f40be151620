/** A prober killed with SIGKILL, as a process of its own. Needs `npm run build`. */
import { Client } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { createHoldfast, type Holdfast } from '../../src/client'
import { parseConfig } from '../../src/config'
import { type Simulator, startSimulator } from '../../src/simulator'
import { installRuntime } from '../../src/worker'
import { silent } from '../helpers/boards'
import { circuitConfig, phaseOf, untilPublished } from '../helpers/circuits'
import { type Command, type Commands, commands } from '../helpers/commands'
import { until } from '../helpers/sockets'
import { ownTaskQueue, testServer } from '../helpers/temporal'

beforeAll(() => installRuntime(silent))

describe('a prober that is killed', () => {
  const ATTEMPT_MS = 2_000
  let host: Commands
  let simulator: Simulator
  let holdfast: Holdfast
  let connection: NativeConnection
  afterAll(async () => {
    await holdfast?.close()
    await simulator?.close()
    await host?.close()
    await connection?.close()
  })

  it('delays the next probe till its lease has ended, and another worker makes it', async () => {
    const { address, namespace } = testServer()
    const taskQueue = ownTaskQueue('prober')
    simulator = await startSimulator()
    host = commands()
    const text = circuitConfig(simulator.url, {
      circuit: 'consecutive: 3, openFor: 1s, maxOpenFor: 1s',
    }).replace('attempt: 3s', `attempt: ${ATTEMPT_MS}ms, workerLost: 1s`)
    const configFile = host.file('holdfast.yaml', text)
    const workers = new Map<string, Command>()
    for (const name of ['first', 'second']) {
      const env = { TEMPORAL_ADDRESS: address, HOLDFAST_TASK_QUEUE: taskQueue, WORKER: name }
      const worker = host.run(['worker', '--config', configFile], env)
      workers.set(name, worker)
      await worker.says(/Worker ready/)
    }
    connection = await NativeConnection.connect({ address })
    const config = parseConfig(text)
    holdfast = await createHoldfast({ config, env: { WORKER: 'none' }, connection, namespace, taskQueue })
    const where = { client: new Client({ connection, namespace }), taskQueue }

    simulator.script('alpha', [{ status: 503 }])
    for (let n = 0; n < 6; n++) await holdfast.generate({ prompt: 'down' })
    await untilPublished(where, 'alpha', (state) => phaseOf(state, 'model-a') === 'open')

    simulator.script('alpha', [{ fault: 'silent' }])
    const before = simulator.calls({ provider: 'alpha' }).length
    const probes = () => simulator.calls({ provider: 'alpha' }).slice(before)
    const asking = (async () => {
      while (probes().length < 2) await holdfast.generate({ prompt: 'probe?' })
    })()
    await until(() => probes().length === 1, 20_000)
    const prober = probes()[0]?.headers['x-worker'] ?? ''
    workers.get(prober)?.kill('SIGKILL')
    const killedAt = Date.now()
    simulator.script('alpha', [])
    await asking
    const [dead, next] = probes()
    const leaseEndedMs = (next?.receivedAt ?? 0) - (dead?.receivedAt ?? 0)
    process.stderr.write(
      `prober killed; next probe ${leaseEndedMs} ms after its call (lease ${ATTEMPT_MS + 2_000} ms)\n`,
    )
    expect(next?.headers['x-worker']).not.toBe(prober)
    expect(leaseEndedMs).toBeGreaterThanOrEqual(ATTEMPT_MS + 2_000 - 500)
    await untilPublished(where, 'alpha', (state) => phaseOf(state, 'model-a') === 'closed')
    expect(Date.now() - killedAt).toBeLessThan(20_000)
  }, 90_000)
})
