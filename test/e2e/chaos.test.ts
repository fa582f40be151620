/**
 * A short form of `npm run chaos` (docs/chaos.md): one server, two workers, a gateway and Redis, of which a worker and Redis
 * are killed and the other worker is cut off, under load and failing providers. Needs `npm run build`.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { configText, DEADLINE_MS } from '../../chaos/cluster/config'
import { createHoldfastProcess, type HoldfastProcess, type HoldfastRole } from '../../chaos/cluster/holdfast'
import { stablePorts } from '../../chaos/cluster/ports'
import { startLoad } from '../../chaos/load/load'
import { MIX } from '../../chaos/load/mix'
import { callsOf, scriptProviders } from '../../chaos/load/providers'
import { judge } from '../../chaos/verdict/judge'
import { type Simulator, startSimulator } from '../../src/simulator'
import { seededRandom } from '../../src/simulator/latency'
import { until } from '../helpers/processes'
import { describeRedis, type RedisServer, startRedis } from '../helpers/redis'
import { ownTaskQueue, testServer } from '../helpers/temporal'

const SEED = 19
const IN_FLIGHT = 6
/** Answers take a quarter of a second. */
const PACE = 0.05
const PATIENCE_MS = DEADLINE_MS + 30_000

describeRedis('a small cluster under load', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-chaos-'))
  let simulator: Simulator
  let redis: RedisServer
  let workers: [HoldfastProcess, HoldfastProcess]
  let gateway: HoldfastProcess

  beforeAll(async () => {
    ;[simulator, redis] = await Promise.all([startSimulator({ seed: SEED }), startRedis()])
    const config = path.join(folder, 'holdfast.yaml')
    writeFileSync(config, configText(simulator.url, 'redis', '2s'))
    const ports = await stablePorts(3)
    const taskQueue = ownTaskQueue('chaos')
    const temporalPort = Number(testServer().address.split(':')[1])
    const create = (role: HoldfastRole, at: number): Promise<HoldfastProcess> => {
      const own = path.join(folder, `${role}-${at}`)
      mkdirSync(own)
      const places = { folder: own, logFolder: folder, buildsFolder: path.join(folder, 'builds') }
      const port = ports[at] ?? 0
      return createHoldfastProcess({
        ...{ role, name: `${role}-${at}`, port, config, temporalPort, redisPort: redis.port, taskQueue },
        ...places,
      })
    }
    workers = [await create('worker', 0), await create('worker', 1)]
    gateway = await create('gateway', 2)
    await Promise.all([...workers, gateway].map((one) => one.start()))
  }, 90_000)
  afterAll(async () => {
    const all = [...(workers ?? []), ...(gateway === undefined ? [] : [gateway])]
    await Promise.all(all.map((one) => one.kill()))
    await Promise.all(all.map((one) => one.closeLinks()))
    await Promise.all([simulator?.close(), redis?.close()])
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }, 30_000)

  it('a worker and Redis are killed and the other worker is cut off: nothing is lost, wrong or paid twice', async () => {
    const random = seededRandom(SEED)
    scriptProviders(simulator, random, PACE)
    // The probed route's provider is down by time: not here.
    const mix = MIX.filter(({ route }) => route !== 'probed')
    const load = startLoad({
      inFlight: IN_FLIGHT,
      gatewayUrls: [gateway.url],
      random,
      patienceMs: PATIENCE_MS,
      mix,
    })
    const go = (count: number) => {
      const before = load.ended().length
      return until(`${count} more have ended`, () => load.ended().length >= before + count, 40_000)
    }
    await go(IN_FLIGHT)
    const window = { beganAt: Date.now(), endedAt: 0 }
    const [first, second] = workers
    await first.kill()
    await go(IN_FLIGHT)
    await redis.kill()
    await go(IN_FLIGHT / 2)
    await Promise.all([redis.start(), first.start()])
    second.temporal.cut()
    second.redis.cut()
    await go(IN_FLIGHT)
    second.temporal.mend()
    second.redis.mend()
    window.endedAt = Date.now()
    await go(IN_FLIGHT)
    const requests = await load.stop()

    const { violations } = judge({
      ...{ fault: 'short', window, deadlineMs: DEADLINE_MS, requests, calls: callsOf(simulator) },
      ...{ earlierAnswers: new Map(), losesCommits: true, probedTarget: 'omega/m', circuitDifferences: [] },
    })
    expect(violations).toEqual([])
    const answered = requests.filter(({ end }) => end.type === 'answered')
    expect(answered.length).toBeGreaterThan(requests.length / 2)
  }, 150_000)
})
