/** Three workers and one provider that goes down: how few calls it sees, how soon all know, how soon all are back. */
import type { RecordedCall } from '../src/simulator'
import { circuitConfig, phaseOf, type Sent, steadyLoad, untilPublished, workersOf } from './helpers/circuits'
import { until } from './helpers/sockets'
import { type Stack, startStack } from './helpers/stack'

const WORKERS = 3
const PER_SECOND = 15
const CONSECUTIVE = 5

const alphaCalls = ({ simulator }: Stack): RecordedCall[] => simulator.calls({ provider: 'alpha' })

/** The most calls that were in flight at one moment. */
function mostAtOnce(calls: readonly RecordedCall[]): number {
  const edges = calls.flatMap(({ receivedAt, finishedAt, abortedAt }) => [
    { at: receivedAt, step: 1 },
    { at: finishedAt ?? abortedAt ?? Number.POSITIVE_INFINITY, step: -1 },
  ])
  edges.sort((a, b) => a.at - b.at || a.step - b.step)
  let now = 0
  return edges.reduce((most, { step }) => {
    now += step
    return Math.max(most, now)
  }, 0)
}

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0

describe('an outage of 20 s under 15 requests a second over three workers', () => {
  const OPEN_FOR_MS = 4_000
  const OUTAGE_MS = 20_000
  let stack: Stack
  let sent: Sent[]
  let outage: RecordedCall[]
  let downAt: number
  let upAt: number
  let closedAt: number

  beforeAll(async () => {
    stack = await startStack({
      workers: WORKERS,
      config: (url) =>
        circuitConfig(url, { circuit: `consecutive: ${CONSECUTIVE}, openFor: 4s, maxOpenFor: 4s` }),
    })
    const load = steadyLoad(stack.holdfast, PER_SECOND)
    await until(() => workersOf(alphaCalls(stack)).length === WORKERS, 20_000)
    stack.simulator.script('alpha', [{ status: 503 }])
    downAt = Date.now()
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS))
    outage = alphaCalls(stack).filter(({ receivedAt }) => receivedAt >= downAt)
    stack.simulator.script('alpha', [])
    upAt = Date.now()
    await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'closed', 10_000)
    closedAt = Date.now()
    // As long again as all have to be back.
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    sent = await load.stop()
  }, 90_000)
  afterAll(() => stack.close())

  it('every request was answered', () => {
    expect(sent.filter(({ error }) => error !== null)).toEqual([])
    expect(sent.length).toBeGreaterThan(250)
  })

  it('the dead target saw no more than threshold x workers, what was in flight, and one probe per open period', () => {
    const openPeriods = Math.ceil(OUTAGE_MS / OPEN_FOR_MS)
    const tripped = outage.filter(({ receivedAt }) => receivedAt < downAt + OPEN_FOR_MS)
    const probes = outage.length - tripped.length
    process.stderr.write(`outage: ${tripped.length} calls until all had stopped, then ${probes} probes\n`)
    expect(tripped.length).toBeLessThanOrEqual(CONSECUTIVE * WORKERS + mostAtOnce(tripped))
    expect(probes).toBeLessThanOrEqual(openPeriods)
    expect(probes).toBeGreaterThan(0)
  })

  it('nobody waits for it', () => {
    const tookMs = (from: number, to: number) =>
      sent.filter(({ startedAt }) => startedAt >= from && startedAt < to).map((one) => one.tookMs)
    const healthy = quantile(tookMs(closedAt + 1_500, Number.POSITIVE_INFINITY), 0.5)
    const inOutage = quantile(tookMs(downAt + 2_000, upAt), 0.5)
    process.stderr.write(`median: ${healthy} ms when all is well, ${inOutage} ms in the outage\n`)
    expect(inOutage).toBeLessThan(healthy * 2 + 100)
  })

  it('the first probe after the recovery closes it, and all are back within 1.5 s', () => {
    const after = alphaCalls(stack).filter(({ receivedAt }) => receivedAt >= upAt)
    const [probe, next] = after
    expect(probe?.outcome).toBe('answered')
    const closed = probe?.finishedAt ?? 0
    expect(next?.receivedAt ?? 0).toBeGreaterThanOrEqual(closed)
    expect(closed - upAt).toBeLessThanOrEqual(OPEN_FOR_MS + 1_500)
    const back = new Map<string, number>()
    for (const { headers, receivedAt } of after.slice(1)) {
      const worker = headers['x-worker'] ?? ''
      if (!back.has(worker)) back.set(worker, receivedAt - closed)
    }
    process.stderr.write(`back after the probe's end: ${JSON.stringify([...back])} (ms)\n`)
    const late = sent.filter(
      ({ startedAt, result }) => startedAt > closed + 1_500 && result?.target !== 'alpha/model-a',
    )
    expect(late).toEqual([])
    expect(back.size).toBe(WORKERS)
  })
})

it('from the failure that trips it to the last call of any worker at most 1.5 s pass', async () => {
  const stack = await startStack({
    workers: WORKERS,
    config: (url) => circuitConfig(url, { circuit: `consecutive: ${CONSECUTIVE}, openFor: 1m` }),
  })
  try {
    const load = steadyLoad(stack.holdfast, PER_SECOND)
    await until(() => workersOf(alphaCalls(stack)).length === WORKERS, 20_000)
    stack.simulator.script('alpha', [{ status: 503 }])
    const downAt = Date.now()
    await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'open')
    await new Promise((resolve) => setTimeout(resolve, 4_000))
    await load.stop()
    const failed = alphaCalls(stack).filter(({ receivedAt }) => receivedAt >= downAt)
    const tripping = failed[CONSECUTIVE - 1]
    const last = failed.at(-1)
    const tookMs = (last?.receivedAt ?? 0) - (tripping?.finishedAt ?? 0)
    process.stderr.write(
      `propagation: last call ${tookMs} ms after failure ${CONSECUTIVE}; ${failed.length} calls\n`,
    )
    expect(tookMs).toBeLessThanOrEqual(1_500)
  } finally {
    await stack.close()
  }
}, 60_000)

it('when `until` passes, three workers that all want it make one probe at a time', async () => {
  const stack = await startStack({
    workers: WORKERS,
    config: (url) =>
      circuitConfig(url, { circuit: 'consecutive: 3, openFor: 1s, maxOpenFor: 1s', route: 'deadline: 20s' }),
  })
  try {
    const load = steadyLoad(stack.holdfast, PER_SECOND)
    await until(() => workersOf(alphaCalls(stack)).length === WORKERS, 20_000)
    // A probe that takes its time: others would have all the chances to slip in.
    stack.simulator.script('alpha', [{ status: 503, latency: '700ms' }])
    const opened = await untilPublished(
      stack,
      'alpha',
      (state) => phaseOf(state, 'model-a') === 'open',
      20_000,
    )
    const phase = opened.circuits.models['model-a']?.phase
    const openUntil = phase?.name === 'open' ? phase.until : 0
    const probes = () => alphaCalls(stack).filter(({ receivedAt }) => receivedAt >= openUntil - 50)
    await until(() => probes().length >= 4, 30_000)
    await load.stop()
    expect(mostAtOnce(probes())).toBe(1)
  } finally {
    await stack.close()
  }
}, 90_000)
