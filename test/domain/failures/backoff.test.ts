import fc from 'fast-check'
import { backoffMs } from '../../../src/domain/failures/backoff'
import { anyRandom, anyRetryPolicy, RETRY } from '../routing/arbitraries'

const anyCount = fc.integer({ min: 0, max: 100_000 })

describe('backoffMs', () => {
  it('grows from the initial interval by the coefficient, up to the maximum', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7].map((failures) => backoffMs(RETRY, failures, 0.5))
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  })

  it('does not grow with coefficient 1', () => {
    const policy = { ...RETRY, backoffCoefficient: 1 }
    expect([1, 2, 50, 100_000].map((failures) => backoffMs(policy, failures, 0))).toEqual([
      500, 500, 500, 500,
    ])
  })

  it('is within 0 and the interval with full jitter, and reaches both ends', () => {
    const policy = { ...RETRY, jitter: 'full' as const }
    expect(backoffMs(policy, 2, 0)).toBe(0)
    expect(backoffMs(policy, 2, 1 - Number.EPSILON)).toBe(1_000)
    fc.assert(
      fc.property(anyRetryPolicy, anyCount, anyRandom, (any, failures, random) => {
        const interval = backoffMs({ ...any, jitter: 'none' }, failures, random)
        const pause = backoffMs({ ...any, jitter: 'full' }, failures, random)
        expect(pause).toBeGreaterThanOrEqual(0)
        expect(pause).toBeLessThanOrEqual(interval)
      }),
    )
  })

  it('adds at most its jitter where that is a number, and never takes any away', () => {
    fc.assert(
      fc.property(anyRetryPolicy, anyCount, anyRandom, fc.nat(5_000), (any, failures, random, jitter) => {
        const interval = backoffMs({ ...any, jitter: 'none' }, failures, random)
        const pause = backoffMs({ ...any, jitter }, failures, random)
        expect(pause).toBeGreaterThanOrEqual(interval)
        expect(pause).toBeLessThanOrEqual(interval + jitter + 1)
      }),
    )
  })

  it('is the same for every draw without jitter, and never shrinks as failures grow', () => {
    fc.assert(
      fc.property(anyRetryPolicy, anyCount, anyCount, anyRandom, anyRandom, (any, a, b, one, other) => {
        const policy = { ...any, jitter: 'none' as const }
        const [fewer, more] = a < b ? [a, b] : [b, a]
        expect(backoffMs(policy, a, one)).toBe(backoffMs(policy, a, other))
        expect(backoffMs(policy, fewer, one)).toBeLessThanOrEqual(backoffMs(policy, more, one))
      }),
    )
  })

  it('is a whole number of milliseconds, however many the failures, also from an interval of 0', () => {
    expect(backoffMs({ ...RETRY, initialIntervalMs: 0 }, 100_000, 0.5)).toBe(0)
    fc.assert(
      fc.property(anyRetryPolicy, anyCount, anyRandom, (policy, failures, random) => {
        const pause = backoffMs(policy, failures, random)
        expect(Number.isSafeInteger(pause)).toBe(true)
        expect(pause).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
