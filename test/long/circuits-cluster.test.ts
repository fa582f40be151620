/** Three workers and one provider that goes down: how few calls it sees, how soon all know, how soon all are back. */
import { phaseOf, steadyLoad, untilPublished } from '../helpers/circuits'
import {
  alphaCalls,
  CONSECUTIVE,
  mostAtOnce,
  type Outage,
  type OutageNumbers,
  outageFacts,
  runOutage,
  startWorkers,
  untilAllCall,
  WORKERS,
} from '../helpers/outage'
import { until } from '../helpers/sockets'

const PER_SECOND = 15
const SOON_MS = 1_500
const FULL: OutageNumbers = {
  perSecond: PER_SECOND,
  atOnce: Number.POSITIVE_INFINITY,
  outageMs: 20_000,
  openForMs: 4_000,
  afterMs: 3_000,
}

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0

describe('an outage of 20 s under 15 requests a second over three workers', () => {
  let outage: Outage
  beforeAll(async () => {
    outage = await runOutage(FULL)
  }, 90_000)
  outageFacts(FULL, () => outage)

  it('the load was what it says', () => {
    expect(outage.sent.length).toBeGreaterThan((FULL.outageMs / 1_000) * PER_SECOND * 0.8)
  })

  it('nobody waits for it', () => {
    const { sent, downAt, upAt, closedAt } = outage
    const tookMs = (from: number, to: number) =>
      sent.filter(({ startedAt }) => startedAt >= from && startedAt < to).map((one) => one.tookMs)
    const healthy = quantile(tookMs(closedAt + SOON_MS, Number.POSITIVE_INFINITY), 0.5)
    const inOutage = quantile(tookMs(downAt + 2_000, upAt), 0.5)
    process.stderr.write(`median: ${healthy} ms when all is well, ${inOutage} ms in the outage\n`)
    expect(inOutage).toBeLessThan(healthy * 2 + 100)
  })

  it('it is probed as soon as its time has come, and all are back within 1.5 s', () => {
    const { sent, after, upAt, closedAt } = outage
    expect(closedAt - upAt).toBeLessThanOrEqual(FULL.openForMs + SOON_MS)
    const back = new Map<string, number>()
    for (const { headers, receivedAt } of after.slice(1)) {
      const worker = headers['x-worker'] ?? ''
      if (!back.has(worker)) back.set(worker, receivedAt - closedAt)
    }
    process.stderr.write(`back after the probe's end: ${JSON.stringify([...back])} (ms)\n`)
    const late = sent.filter(
      ({ startedAt, result }) => startedAt > closedAt + SOON_MS && result?.target !== 'alpha/model-a',
    )
    expect(late).toEqual([])
    expect(back.size).toBe(WORKERS)
  })
})

it('from the failure that trips it to the last call of any worker at most 1.5 s pass', async () => {
  const stack = await startWorkers('openFor: 1m')
  const load = steadyLoad(stack.holdfast, PER_SECOND)
  try {
    await untilAllCall(stack)
    stack.simulator.script('alpha', [{ status: 503 }])
    const downAt = Date.now()
    await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'open')
    const sent = load.sent()
    await until(() => load.sent() >= sent + 4 * PER_SECOND, 10_000)
    await load.stop()
    const failed = alphaCalls(stack).filter(({ receivedAt }) => receivedAt >= downAt)
    const tripping = failed[CONSECUTIVE - 1]
    const last = failed.at(-1)
    const tookMs = (last?.receivedAt ?? 0) - (tripping?.finishedAt ?? 0)
    process.stderr.write(
      `propagation: last call ${tookMs} ms after failure ${CONSECUTIVE}; ${failed.length} calls\n`,
    )
    expect(tookMs).toBeLessThanOrEqual(SOON_MS)
  } finally {
    await load.stop()
    await stack.close()
  }
}, 60_000)

it('when `until` passes, three workers that all want it make one probe at a time', async () => {
  const stack = await startWorkers('openFor: 1s, maxOpenFor: 1s', 'deadline: 20s')
  const load = steadyLoad(stack.holdfast, PER_SECOND)
  try {
    await untilAllCall(stack)
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
    await load.stop()
    await stack.close()
  }
}, 90_000)
