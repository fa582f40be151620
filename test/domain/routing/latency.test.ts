/** What a worker makes of calls' times, and the order that follows: LATENCY-2 to 6. */
import {
  byLatency,
  expectedMs,
  type Latency,
  type TargetLatency,
  withCall,
  withCut,
  withFailure,
} from '../../../src/domain/routing/latency'

const T0 = 1_000_000
const call = (tookMs: number, beside = 0) => ({ tookMs, beside })

/** One call a second, each of so many milliseconds. */
const timesOf = (...tookMs: number[]): Latency => {
  const last = tookMs.reduce<Latency | null>(
    (known, ms, n) => withCall(known, call(ms), T0 + n * 1_000),
    null,
  )
  if (last === null) throw new Error('no call')
  return last
}

describe('what is measured', () => {
  it('is the mean of the first calls, and mostly of the last ten later on', () => {
    expect(timesOf(100, 300).ms).toBe(200)
    const steady = timesOf(...Array.from({ length: 50 }, () => 400))
    expect(steady.ms).toBeCloseTo(400)
    const slower = Array.from({ length: 10 }).reduce<Latency>(
      (known, _one, n) => withCall(known, call(4_000), T0 + 50_000 + n * 1_000),
      steady,
    )
    expect(slower.ms).toBeGreaterThan(2_500)
  })

  it('a call counts for more, the longer there was none', () => {
    const steady = timesOf(...Array.from({ length: 50 }, () => 4_000))
    const soon = withCall(steady, call(400), steady.at + 1_000).ms
    const late = withCall(steady, call(400), steady.at + 300_000).ms
    expect(soon).toBeGreaterThan(3_500)
    expect(late).toBeLessThan(500)
  })

  it('LATENCY-2 a failure within milliseconds makes a target slower', () => {
    expect(withFailure(timesOf(400), call(5), T0 + 1_000).ms).toBeGreaterThan(1_000)
    expect(withFailure(null, call(5), T0).ms).toBeGreaterThan(1_000)
  })

  it('a call that was cut counts where it had taken longer than usual, and says nothing else', () => {
    expect(withCut(timesOf(400), call(100), T0 + 1_000)?.ms).toBe(400)
    expect(withCut(timesOf(400), call(2_000), T0 + 1_000)?.ms).toBe(1_200)
  })

  it('LATENCY-4 with more calls in flight than it was measured with, a target is expected to be slower', () => {
    const busy = withCall(null, call(400, 10), T0)
    expect(expectedMs(busy, 10)).toBe(400)
    expect(expectedMs(busy, 2)).toBe(400)
    expect(expectedMs(busy, 22)).toBe(800)
  })

  it('a clock that goes back makes no number of it', () => {
    expect(withCall(timesOf(400, 400), call(100), T0 - 60_000).ms).toBeGreaterThan(0)
  })
})

const of = (target: string, ms: number | undefined, more: Partial<TargetLatency> = {}): TargetLatency => ({
  target,
  ...(ms === undefined ? {} : { ms }),
  ageMs: 100,
  ...more,
})
const ALL = [{ target: 'a/m' }, { target: 'b/m' }, { target: 'c/m' }]

/** By target: the share of 5,000 generations that it is first for. */
function firsts(latencies: TargetLatency[], all = ALL): { [target: string]: number } {
  const shares: { [target: string]: number } = Object.fromEntries(all.map(({ target }) => [target, 0]))
  for (let index = 0; index < 5_000; index += 1) {
    const target = byLatency(all, latencies, `gen-${index}`)[0]?.one.target ?? ''
    shares[target] = (shares[target] ?? 0) + 1 / 5_000
  }
  return shares
}

describe('who is called first', () => {
  it('LATENCY-3 those that are as quick share the first places', () => {
    const shares = firsts([of('a/m', 400), of('b/m', 400), of('c/m', 400)])
    for (const share of Object.values(shares)) expect(Math.abs(share - 1 / 3)).toBeLessThan(0.03)
  })

  it('LATENCY-3 the quicker, the likelier', () => {
    const shares = firsts([of('a/m', 1_000), of('b/m', 1_200), of('c/m', 1_500)])
    expect(shares['a/m']).toBeGreaterThan(0.5)
    expect(shares['b/m']).toBeGreaterThan(2 * (shares['c/m'] ?? 0))
    expect(shares['c/m']).toBeGreaterThan(0.05)
  })

  it('LATENCY-5 one that was never called has its share, till it is silent for longer than the others take', () => {
    expect(firsts([of('a/m', 400), of('b/m', 1_000)])['c/m']).toBeGreaterThan(0.4)
    const silent = firsts([of('a/m', 400), of('b/m', 1_000), of('c/m', undefined, { silentMs: 5_000 })])
    expect(silent['c/m']).toBe(0)
    const early = firsts([of('a/m', 400), of('b/m', 1_000), of('c/m', undefined, { silentMs: 200 })])
    expect(early['c/m']).toBeGreaterThan(0.4)
  })

  it('where nothing is known all have the same share', () => {
    for (const share of Object.values(firsts([]))) expect(Math.abs(share - 1 / 3)).toBeLessThan(0.03)
  })

  it('LATENCY-6 one that takes twice as long stands behind, in the order of time', () => {
    const order = byLatency(ALL, [of('a/m', 9_000), of('b/m', 400), of('c/m', 2_000)], 'gen-1')
    expect(order.map(({ one, ms }) => [one.target, ms])).toEqual([
      ['b/m', 400],
      ['c/m', 2_000],
      ['a/m', 9_000],
    ])
  })

  it('LATENCY-6 it is tried again by one in a hundred, where nobody has called it for ten seconds', () => {
    const again = firsts([of('a/m', 9_000, { ageMs: 20_000 }), of('b/m', 400), of('c/m', 9_000)])
    expect(again['a/m']).toBeGreaterThan(0.005)
    expect(again['a/m']).toBeLessThan(0.02)
    expect(again['c/m']).toBe(0)
    expect(firsts([of('a/m', 9_000, { ageMs: 9_000 }), of('b/m', 400), of('c/m', 9_000)])['a/m']).toBe(0)
  })

  it('the same generation has the same order from the same record', () => {
    const known = [of('a/m', 500), of('b/m', 510), of('c/m', 600, { ageMs: 20_000 })]
    for (let index = 0; index < 200; index += 1)
      expect(byLatency(ALL, known, `g${index}`)).toEqual(byLatency(ALL, known, `g${index}`))
  })

  it('garbage of an old record keeps nobody from being called', () => {
    const odd = [of('a/m', Number.NaN), of('b/m', -5), of('x/m', 1), of('c/m', 0)]
    expect(
      byLatency(ALL, odd, 'gen')
        .map(({ one }) => one.target)
        .toSorted(),
    ).toEqual(['a/m', 'b/m', 'c/m'])
  })
})
