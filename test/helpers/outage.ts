/** One provider goes down under a steady load, and comes back: what it saw, and what the requests got. */
import type { RecordedCall } from '../../src/simulator'
import { circuitConfig, phaseOf, type Sent, steadyLoad, untilPublished, workersOf } from './circuits'
import { until } from './sockets'
import { type Stack, startStack } from './stack'

export const WORKERS = 3
/** Failures in a row that open the circuit. */
export const CONSECUTIVE = 5

export interface OutageNumbers {
  perSecond: number
  /** Unanswered at most. */
  atOnce: number
  /** At least, and till the dead target has been probed. */
  outageMs: number
  openForMs: number
  /** So long the load goes on once all workers are back. */
  afterMs: number
}

/** All times in epoch milliseconds. */
export interface Outage {
  sent: Sent[]
  /** What the dead target saw. */
  dead: RecordedCall[]
  /** What it saw from its recovery on. */
  after: RecordedCall[]
  downAt: number
  /** The end of the first open period: from here on every call is a probe. */
  openUntil: number
  upAt: number
  /** The end of the probe that closed it. */
  closedAt: number
}

export const alphaCalls = ({ simulator }: Stack): RecordedCall[] => simulator.calls({ provider: 'alpha' })

/** The most calls that were in flight at one moment. */
export function mostAtOnce(calls: readonly RecordedCall[]): number {
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

/** Three workers whose circuits open after five failures; `circuit` says for how long. Their own clocks are minutes apart. */
export const startWorkers = (circuit: string, route = ''): Promise<Stack> =>
  startStack({
    workers: WORKERS,
    clocksAheadMs: [0, 60_000, -60_000],
    config: (url) => circuitConfig(url, { circuit: `consecutive: ${CONSECUTIVE}, ${circuit}`, route }),
  })

/** Till every worker has called alpha: after `from`, epoch milliseconds, where it is given. */
export const untilAllCall = (stack: Stack, from = 0): Promise<number> =>
  until(
    () => workersOf(alphaCalls(stack).filter(({ receivedAt }) => receivedAt > from)).length === WORKERS,
    20_000,
  )

/** Alpha is down for a while, then well; ends with the load, when all workers have it back. */
export async function runOutage(numbers: OutageNumbers): Promise<Outage> {
  const { perSecond, atOnce, outageMs, openForMs, afterMs } = numbers
  const stack = await startWorkers(`openFor: ${openForMs}ms, maxOpenFor: ${openForMs}ms`)
  const load = steadyLoad(stack.holdfast, perSecond, atOnce)
  try {
    await untilAllCall(stack)
    // It takes its time to say so: others would have the chance to slip in beside a probe.
    stack.simulator.script('alpha', [{ status: 503, latency: '200ms' }])
    const downAt = Date.now()
    const opened = await untilPublished(
      stack,
      'alpha',
      (state) => phaseOf(state, 'model-a') === 'open',
      30_000,
    )
    const phase = opened.circuits.models['model-a']?.phase
    const openUntil = phase?.name === 'open' ? phase.until : 0
    const probed = () => alphaCalls(stack).some(({ receivedAt }) => receivedAt >= openUntil)
    await until(() => Date.now() >= downAt + outageMs && probed(), outageMs + 20_000)
    stack.simulator.script('alpha', [{ latency: '100ms' }])
    const upAt = Date.now()
    await untilPublished(stack, 'alpha', (state) => phaseOf(state, 'model-a') === 'closed', 20_000)
    const probe = alphaCalls(stack).find(({ receivedAt }) => receivedAt >= upAt)
    const closedAt = probe?.finishedAt ?? 0
    await untilAllCall(stack, closedAt)
    const backAt = Date.now()
    await until(() => Date.now() >= backAt + afterMs, afterMs + 5_000)
    const sent = await load.stop()
    const calls = alphaCalls(stack)
    return {
      sent,
      dead: calls.filter(({ status }) => status === 503),
      after: calls.filter(({ receivedAt, status }) => receivedAt >= upAt && status !== 503),
      downAt,
      openUntil,
      upAt,
      closedAt,
    }
  } finally {
    await load.stop()
    await stack.close()
  }
}

/** What holds of every outage, however long it is and however busy the machine. */
export function outageFacts(numbers: OutageNumbers, outage: () => Outage): void {
  it('every request was answered', () => {
    const { sent } = outage()
    expect(sent.filter(({ error }) => error !== null)).toEqual([])
    expect(sent.length).toBeGreaterThan(WORKERS * CONSECUTIVE)
  })

  it('the dead target saw no more than threshold x workers, what was in flight, and one probe per open period', () => {
    const { dead, downAt, openUntil, upAt } = outage()
    const tripped = dead.filter(({ receivedAt }) => receivedAt < openUntil)
    const probes = dead.slice(tripped.length)
    process.stderr.write(
      `outage: ${tripped.length} calls until all had stopped, then ${probes.length} probes\n`,
    )
    expect(tripped.length).toBeLessThanOrEqual(CONSECUTIVE * WORKERS + mostAtOnce(tripped))
    expect(probes.length).toBeLessThanOrEqual(Math.ceil((upAt - downAt) / numbers.openForMs))
    expect(probes.length).toBeGreaterThan(0)
    expect(mostAtOnce(probes)).toBe(1)
  })

  it('no request pays for it but those that the dead target saw: the others go to the next one at once', () => {
    const { sent, dead } = outage()
    const failed = sent.flatMap(({ result }) => (result?.attempts ?? []).filter(({ failure }) => failure))
    const paid = failed.filter(({ failure }) => failure?.class !== 'not_admitted')
    expect(paid.map(({ target }) => target)).toEqual(Array(dead.length).fill('alpha/model-a'))
  })

  it('the first probe after the recovery closes it, no other call is made meanwhile, and then all workers call', () => {
    const { after, closedAt } = outage()
    const [probe, ...more] = after
    expect(probe?.outcome).toBe('answered')
    expect(more.filter(({ receivedAt }) => receivedAt < closedAt)).toEqual([])
    expect(workersOf(more)).toHaveLength(WORKERS)
  })
}
