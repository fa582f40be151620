/** The table of decision 0050: what callers wait for by each order, on three workers. */
import {
  around,
  loaded,
  type SimulatedTarget,
  type Simulation,
  simulate,
  steady,
  timesOf,
} from '../helpers/order-simulation'

const apart = [steady('a/m', 2_000), steady('b/m', 1_000), steady('c/m', 3_000)]
const turning: SimulatedTarget = {
  name: 'a/m',
  serve: (now, _inFlight, random) => ({ ms: around(now > 100_000 && now < 400_000 ? 8_000 : 1_000, random) }),
}
const busy = [loaded('a/m', 1_000, 20), loaded('b/m', 1_000, 20), loaded('c/m', 1_500, 20)]

type Case = [name: string, simulation: Pick<Simulation, 'perSecond' | 'seconds' | 'targets'>, fromMs: number]

const CASES: Case[] = [
  ['2, 1, 3 s at 0.5 a second', { perSecond: 0.5, seconds: 7_200, targets: apart }, 0],
  ['2, 1, 3 s at 5 a second', { perSecond: 5, seconds: 1_200, targets: apart }, 0],
  ['2, 1, 3 s at 50 a second', { perSecond: 50, seconds: 300, targets: apart }, 0],
  [
    'a slow day',
    { perSecond: 10, seconds: 400, targets: [turning, steady('b/m', 1_400), steady('c/m', 2_000)] },
    110_000,
  ],
  ['75 % of what they can', { perSecond: 40, seconds: 600, targets: busy }, 60_000],
  ['90 % of what they can', { perSecond: 48, seconds: 600, targets: busy }, 60_000],
]

it.each(CASES)(
  '%s: the slowest by latency are quicker than by weights, and shared times would be little better',
  (name, simulation, fromMs) => {
    const ways = { given: undefined, weighted: 'weighted', latency: 'latency' } as const
    const times = Object.entries(ways).map(([way, order]) => {
      const { p50, p90, p99 } = timesOf(simulate({ ...simulation, workers: 3, order }), fromMs)
      return { way, p50, p90, p99 }
    })
    const shared = timesOf(simulate({ ...simulation, workers: 3, order: 'latency', shared: true }), fromMs)
    process.stderr.write(`${name}: ${JSON.stringify([...times, { way: 'shared', ...shared }])}\n`)
    const [, weighted, latency] = times
    expect(latency?.p99).toBeLessThan(weighted?.p99 ?? 0)
    // What no single worker sees is worth little.
    expect(shared.p50).toBeGreaterThan((latency?.p50 ?? 0) * 0.85)
  },
)
