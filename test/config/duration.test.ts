import fc from 'fast-check'
import { formatDuration, formatPercent, parseDuration, parsePercent } from '../../src/config/duration'
import { merge } from '../../src/config/merge'

describe('durations', () => {
  it.each([
    ['250ms', 250],
    ['10s', 10_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['0s', 0],
    ['0.1ms', 0],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

  it.each([
    '',
    '10',
    's',
    '10 s',
    '-1s',
    '1e3s',
    '10S',
    '1h30m',
    '.5s',
    '1.s',
    '10sec',
    '99999999999999999d',
  ])('"%s" is no duration', (text) => expect(parseDuration(text)).toBeNull())

  it('what is formatted reads back as itself', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 12 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms)
      }),
    )
  })

  it('are shown in the largest unit that is exact', () => {
    expect([300_000, 90_000, 1_500, 86_400_000, 0].map(formatDuration)).toEqual([
      '5m',
      '90s',
      '1500ms',
      '1d',
      '0ms',
    ])
  })
})

describe('percentages', () => {
  it.each([
    ['10%', 0.1],
    ['0.5%', 0.005],
    ['100%', 1],
  ])('%s is %d', (text, share) => expect(parsePercent(text)).toBeCloseTo(share, 12))

  it.each(['10', '0.1', '101%', '-1%', '%'])('"%s" is no percentage', (text) =>
    expect(parsePercent(text)).toBeNull(),
  )

  it('what is formatted reads back as itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (hundredths) => {
        expect(parsePercent(formatPercent(hundredths / 10_000))).toBeCloseTo(hundredths / 10_000, 12)
      }),
    )
  })
})

describe('merge', () => {
  const layer = fc.dictionary(
    fc.constantFrom('a', 'b', 'c'),
    fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.integer(),
        fc.array(fc.integer()),
        fc.dictionary(fc.constantFrom('x', 'y'), tie('value')),
      ),
    })).value,
  )

  it('of nothing over a layer is that layer, and of a layer over itself too', () => {
    fc.assert(
      fc.property(layer, (one) => {
        expect(merge(one, {})).toEqual(one)
        expect(merge(one, undefined)).toEqual(one)
        expect(merge(one, one)).toEqual(one)
      }),
    )
  })

  it('keeps every value of the layer above, and below what only that one has', () => {
    fc.assert(
      fc.property(layer, layer, (below, above) => {
        const merged = merge(below, above)
        expect(merged).toMatchObject(above)
        expect(Object.keys(merged).sort()).toEqual(
          [...new Set([...Object.keys(below), ...Object.keys(above)])].sort(),
        )
        for (const key of Object.keys(below)) if (!(key in above)) expect(merged[key]).toEqual(below[key])
      }),
    )
  })

  it('changes neither layer', () => {
    fc.assert(
      fc.property(layer, layer, (a, b) => {
        const before = structuredClone([a, b])
        merge(a, b)
        expect([a, b]).toEqual(before)
      }),
    )
  })

  it('replaces lists and merges blocks', () => {
    const below = { list: [1, 2], block: { a: 1, b: 2 } }
    expect(merge(below, { list: [3], block: { b: 3 } } as typeof below)).toEqual({
      list: [3],
      block: { a: 1, b: 3 },
    })
  })
})
