/** Three workers, each by its own view (decision 0050; all of its table is in test/long/order.test.ts). */
import { around, loaded, sharesOf, simulate, steady, timesOf } from '../helpers/order-simulation'

const FLEET = { workers: 3, perSecond: 10, seconds: 300 }

it('the quickest has most first calls, and callers get their answers sooner than by the list', () => {
  const targets = [steady('a/m', 2_000), steady('b/m', 1_000), steady('c/m', 3_000)]
  const given = timesOf(simulate({ ...FLEET, order: undefined, targets }), 30_000)
  const run = simulate({ ...FLEET, order: 'latency', targets })
  const latency = timesOf(run, 30_000)
  expect(latency.p50).toBeLessThan(given.p50 * 0.65)
  expect(latency.p99).toBeLessThan(given.p99 * 0.85)
  expect(sharesOf(run, 30_000)[1]).toBeGreaterThan(0.85)
})

it('one that becomes slow loses its calls within seconds, and has them back when it is well', () => {
  const turning = {
    name: 'a/m',
    serve: (now: number, _inFlight: number, random: () => number) => ({
      ms: around(now > 60_000 && now < 120_000 ? 8_000 : 1_000, random),
    }),
  }
  const run = simulate({ ...FLEET, seconds: 420, order: 'latency', targets: [turning, steady('b/m', 1_400)] })
  expect(sharesOf(run, 30_000, 60_000)[0]).toBeGreaterThan(0.6)
  expect(sharesOf(run, 66_000, 120_000)[0]).toBeLessThan(0.1)
  expect(sharesOf(run, 300_000)[0]).toBeGreaterThan(0.6)
})

it.each([1, 3, 10])(
  '%d workers run after nobody: where times grow with load, shares are steady',
  (workers) => {
    const targets = [loaded('a/m', 1_000, 20), loaded('b/m', 1_000, 20), loaded('c/m', 1_500, 20)]
    const run = simulate({ order: 'latency', workers, perSecond: 48, seconds: 180, targets })
    for (let from = 60_000; from < 180_000; from += 10_000) {
      const [a = 0, b = 0, c = 0] = sharesOf(run, from, from + 10_000)
      expect(Math.max(a, b)).toBeLessThan(0.55)
      expect(c).toBeGreaterThan(0.1)
    }
    expect(timesOf(run, 60_000).p99).toBeLessThan(4_000)
  },
)
