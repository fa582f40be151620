/** A call answers, and Temporal does not learn of it before the deadline: callers and the workflow say the same. Needs `npm run build`. */
import pino from 'pino'
import type { Generation } from '../../src'
import { parseConfig } from '../../src/config'
import { readRun } from '../../src/history'
import { startSimulator } from '../../src/simulator'
import { startEmbedded } from '../../src/worker/embedded'
import { type Apart, startApart, type WorkerProcess } from '../helpers/apart'
import { circuitConfig } from '../helpers/circuits'
import { until } from '../helpers/processes'
import { describeRedis } from '../helpers/redis'

const TEXT = 'an answer of a few words that callers have'

/** Of `circuitConfig`. Its caller leaves a slow probe after half of it. */
const ATTEMPT_MS = 3_000

const CIRCUIT = 'consecutive: 2, openFor: 500ms, maxOpenFor: 500ms'

describeRedis('a worker that is cut off from Temporal and answers', () => {
  let apart: Apart
  beforeAll(async () => {
    // The deadline comes before it is noticed that it is away.
    apart = await startApart('30s')
    await Promise.all([apart.startWorker(), apart.startWorker()])
  }, 60_000)
  afterAll(() => apart?.close(), 20_000)

  it('the workflow ends with the answer that callers have got, and not with deadline_exceeded', async () => {
    const { simulator, holdfast } = apart
    simulator.script('alpha', [{ answer: TEXT, tokenLatency: '100ms' }])
    const override = { deadline: '6s' }
    const { id } = await holdfast.start({ prompt: 'go', stream: true, override })
    let holder: WorkerProcess | null = null
    const done: string[] = []
    for await (const event of holdfast.attach(id)) {
      if (event.type === 'done') done.push(event.result.text)
      if (holder !== null) continue
      holder = await apart.holderOf(id)
      holder.temporal.cut()
    }
    expect(done).toEqual([TEXT])
    await holder?.kill()
    const result = await holdfast.result(id)
    expect(result).toMatchObject({ text: TEXT, attempts: [{ number: 1, usage: expect.anything() }] })
    expect(result.attempts[0]).not.toHaveProperty('failure')
    expect(await holdfast.status(id)).toMatchObject({ state: 'answered' })
    expect(simulator.calls()).toHaveLength(1)
    const { attempts, outcome } = readRun(await apart.historyOf(id))
    expect(outcome).toMatchObject({ type: 'answered' })
    expect(attempts.map(({ outcome: ended }) => ended)).toEqual(['answered'])
  }, 60_000)
})

it('a probe that answers after its caller left, while Temporal is away: its answer counts, and the next candidate is not called', async () => {
  const simulator = await startSimulator()
  const written: string[] = []
  const { holdfast, server, close } = await startEmbedded({
    config: parseConfig(circuitConfig(simulator.url, { circuit: CIRCUIT })),
    env: { WORKER: 'w1' },
    server: {},
    logger: pino({}, { write: (line) => written.push(line) }),
  })
  const pid = server?.pid ?? 0
  const calls = (provider: string) => simulator.calls({ provider })
  try {
    simulator.script('alpha', [{ status: 503 }])
    while (calls('alpha').length < 2) await holdfast.generate({ prompt: 'fails' })
    simulator.reset()
    // It answers half a second after its caller has left.
    simulator.script('alpha', [{ answer: TEXT, latency: `${ATTEMPT_MS / 2 + 500}ms` }])
    let probing: Promise<Generation> | null = null
    while (calls('alpha').length === 0) {
      probing = holdfast.generate({ prompt: 'probes' })
      await Promise.race([probing, simulator.waitForCalls(1, { provider: 'alpha' }, 5_000)])
    }
    const before = calls('beta').length
    process.kill(pid, 'SIGSTOP')
    await until('the probe has ended', () => written.some((line) => line.includes('"event":"probe"')))
    process.kill(pid, 'SIGCONT')
    const result = await probing
    expect(result).toMatchObject({ text: TEXT, target: 'alpha/model-a' })
    expect(result?.attempts.map(({ number, adopted = false }) => [number, adopted])).toEqual([
      [1, false],
      [2, true],
    ])
    expect(calls('beta')).toHaveLength(before)
  } finally {
    process.kill(pid, 'SIGCONT')
    await close()
    await simulator.close()
  }
}, 60_000)
