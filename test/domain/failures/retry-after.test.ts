import fc from 'fast-check'
import { MAX_RETRY_AFTER_MS, retryAfterMs } from '../../../src/domain/failures/retry-after'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const at = (headers: { [name: string]: string }, status = 429) => retryAfterMs(headers, NOW, status)

describe('retryAfterMs', () => {
  it.each([
    ['0', 0],
    ['3', 3000],
    ['1.5', 1500],
    ['0.0001', 1],
    [' 7 ', 7000],
    ['Sun, 22 Nov 2026 12:00:10 GMT', 10_000],
    ['Sunday, 22-Nov-26 12:00:10 GMT', 10_000],
    ['Sun Nov 22 12:00:10 2026', 10_000],
    ['999999999999999999999999', MAX_RETRY_AFTER_MS],
    ['Sun, 22 Nov 2099 12:00:10 GMT', MAX_RETRY_AFTER_MS],
    ['-1', undefined],
    ['', undefined],
    ['soon', undefined],
    ['1e9', undefined],
    ['0x10', undefined],
    ['Infinity', undefined],
    ['2026', 2_026_000],
    ['Sun, 22 Nov 2026 11:59:59 GMT', undefined],
    ['Sun, 99 Nov 2026 12:00:10 GMT', undefined],
  ])('retry-after %j -> %j ms', (value, expected) => {
    expect(at({ 'retry-after': value })).toBe(expected)
  })

  it('retry-after-ms is finer and goes first; where it is garbage the other counts', () => {
    expect(at({ 'retry-after-ms': '842', 'retry-after': '1' })).toBe(842)
    expect(at({ 'retry-after-ms': 'x', 'retry-after': '1' })).toBe(1000)
    expect(at({ 'retry-after-ms': '-5' })).toBeUndefined()
  })

  it.each([
    ['1s', 1000],
    ['120ms', 120],
    ['6m0s', 360_000],
    ['1h2m3.5s', 3_723_500],
    ['2d', MAX_RETRY_AFTER_MS],
    ['1.2.3s', undefined],
    ['s', undefined],
    ['-1s', undefined],
    ['5', 5_000],
  ])('x-ratelimit-reset-requests %j -> %j ms where no requests remain', (value, expected) => {
    expect(at({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': value })).toBe(expected)
  })

  it('of budgets without a remaining count the nearest reset counts, unless one is known to be used up', () => {
    expect(at({ 'x-ratelimit-reset-tokens': '6m0s' })).toBe(360_000)
    expect(at({ 'x-ratelimit-reset-tokens': '6m0s', 'x-ratelimit-reset-requests': '2s' })).toBe(2_000)
    const used = { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '6m0s' }
    expect(at({ ...used, 'x-ratelimit-reset-requests': '2s' })).toBe(360_000)
  })

  it('a reset of a budget that is not used up is ignored', () => {
    expect(at({ 'x-ratelimit-remaining-tokens': '1', 'x-ratelimit-reset-tokens': '6m0s' })).toBeUndefined()
    expect(at({ 'x-ratelimit-remaining-tokens': '', 'x-ratelimit-reset-tokens': '6m0s' })).toBeUndefined()
  })

  it('resets count on a 429 only, retry-after on any status', () => {
    const reset = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1s' }
    expect(at(reset, 503)).toBeUndefined()
    expect(at({ ...reset, 'retry-after': '4' }, 503)).toBe(4000)
  })

  it('of several used-up budgets the longest counts', () => {
    const headers = {
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-11-22T12:00:05Z',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-22T14:00:20+02:00',
      'anthropic-ratelimit-output-tokens-remaining': '900',
      'anthropic-ratelimit-output-tokens-reset': '2026-11-22T12:09:00Z',
    }
    expect(at(headers)).toBe(20_000)
  })

  const header = fc.constantFrom(
    'retry-after',
    'retry-after-ms',
    'x-ratelimit-remaining-requests',
    'x-ratelimit-reset-requests',
    'anthropic-ratelimit-tokens-remaining',
    'anthropic-ratelimit-tokens-reset',
  )
  const value = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.integer().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  )

  it('RETRY-AFTER-1: whatever the headers say, a whole number from 0 to the cap or undefined', () => {
    fc.assert(
      fc.property(fc.dictionary(header, value), fc.integer({ min: 0, max: 4e12 }), (headers, now) => {
        const ms = retryAfterMs(headers, now)
        expect(ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= MAX_RETRY_AFTER_MS)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('seconds and the date so many seconds ahead mean the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400 }), (seconds) => {
        const date = new Date(NOW + seconds * 1000).toUTCString()
        expect(at({ 'retry-after': date })).toBe(at({ 'retry-after': String(seconds) }))
      }),
    )
  })
})
