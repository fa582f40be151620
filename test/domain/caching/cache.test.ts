import fc from 'fast-check'
import {
  CACHE_CONTROLS,
  type CacheControl,
  entryOf,
  freshness,
  isCacheable,
  mayDispatch,
  mayRead,
  mayWrite,
} from '../../../src/domain/caching/cache'
import type { CachePolicy } from '../../../src/domain/routing/route'
import type { Answer, UnifiedFinishReason } from '../../../src/domain/streaming/answer'
import { answerOf } from '../../helpers/cache'

const policy = (more: Partial<CachePolicy> = {}): CachePolicy => ({
  ttlMs: 1_000,
  staleIfErrorMs: 5_000,
  staleWhileRevalidateMs: 2_000,
  coalesce: false,
  ...more,
})
const STORED = 10_000
const stored = entryOf(answerOf('hi'), 'a/m', policy(), STORED)

describe('an entry', () => {
  it('says until when it is fresh, stale and usable', () => {
    expect(stored).toEqual({
      answer: answerOf('hi'),
      target: 'a/m',
      storedAt: STORED,
      freshUntil: 11_000,
      staleUntil: 16_000,
    })
  })

  it('is kept for the longer of the two stale times', () => {
    const entry = entryOf(answerOf('hi'), 'a/m', policy({ staleWhileRevalidateMs: 9_000 }), STORED)
    expect(entry.staleUntil).toBe(20_000)
  })

  it.each([
    [STORED - 500, 'fresh'],
    [STORED, 'fresh'],
    [10_999, 'fresh'],
    [11_000, 'revalidate'],
    [12_999, 'revalidate'],
    [13_000, 'stale'],
    [15_999, 'stale'],
    [16_000, 'gone'],
  ])('stored at 10000 is at %i: %s', (now, expected) => {
    expect(freshness(stored, policy(), now)).toBe(expected)
  })

  it('is never renewed behind the scenes where the route does not say so', () => {
    expect(freshness(stored, policy({ staleWhileRevalidateMs: 0 }), 11_000)).toBe('stale')
  })

  it('obeys the shorter of two policies: the one it was stored under, and the one it is read under', () => {
    expect(freshness(stored, policy({ ttlMs: 500 }), 10_600)).toBe('revalidate')
    expect(freshness(stored, policy({ ttlMs: 500, staleIfErrorMs: 0 }), 12_500)).toBe('gone')
    expect(freshness(stored, policy({ ttlMs: 60_000 }), 11_000)).toBe('revalidate')
    expect(freshness(stored, policy({ staleIfErrorMs: 60_000 }), 16_000)).toBe('gone')
  })

  it('only ever gets worse with time', () => {
    const order = ['fresh', 'revalidate', 'stale', 'gone']
    const ms = fc.nat(20_000)
    fc.assert(
      fc.property(ms, ms, ms, ms, ms, (ttlMs, staleIfErrorMs, staleWhileRevalidateMs, at, later) => {
        const policyOfRequest = policy({ ttlMs, staleIfErrorMs, staleWhileRevalidateMs })
        const rank = (now: number) => order.indexOf(freshness(stored, policyOfRequest, now))
        expect(rank(STORED + at)).toBeLessThanOrEqual(rank(STORED + at + later))
      }),
    )
  })
})

describe('an answer is kept', () => {
  const call = { id: 'c', name: 'f', arguments: {} }
  const ended = (unified: UnifiedFinishReason, more: Partial<Answer> = {}) =>
    answerOf('text', { finishReason: { unified, raw: null }, ...more })

  it.each<[string, Answer]>([
    ['that stopped by itself', ended('stop')],
    ['that calls tools', ended('tool_calls', { text: '', toolCalls: [call] })],
    ['that calls tools and says stop', ended('stop', { text: '', toolCalls: [call] })],
  ])('%s', (_, answer) => {
    expect(isCacheable(answer)).toBe(true)
  })

  it.each<[string, Answer]>([
    ['that was cut at the token limit', ended('length')],
    ['with tool calls that was cut', ended('length', { toolCalls: [call] })],
    ['that was filtered', ended('content_filter')],
    ['that ended for a reason nobody knows', ended('other')],
    ['that is empty', ended('stop', { text: '' })],
    ['that is blank', ended('stop', { text: ' \n' })],
    ['that announces tool calls and has none', ended('tool_calls')],
  ])('but not one %s', (_, answer) => {
    expect(isCacheable(answer)).toBe(false)
  })
})

it.each<[CacheControl, boolean, boolean, boolean]>([
  ['default', true, true, true],
  ['no-cache', false, true, true],
  ['no-store', false, false, true],
  ['only-if-cached', true, false, false],
])('%s: read %s, written %s, provider called %s', (control, read, write, dispatch) => {
  expect([mayRead(control), mayWrite(control), mayDispatch(control)]).toEqual([read, write, dispatch])
  expect(CACHE_CONTROLS).toHaveLength(4)
})
