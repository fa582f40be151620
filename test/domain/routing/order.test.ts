/** The order of candidates, whatever their circuits: ORDER-1 to 3, DRAW-1, DRAW-2. */
import { drawn } from '../../../src/domain/routing/draw'
import { type OrderFacts, standingsOf } from '../../../src/domain/routing/order'
import type { Candidate, Order, Route } from '../../../src/domain/routing/route'
import { candidate } from './arbitraries'

const DRAWS = 10_000
const REQUEST: OrderFacts['request'] = { messages: [{ role: 'user', content: 'x'.repeat(4_000) }] }

const facts = (seed: string, more: Partial<OrderFacts> = {}): OrderFacts => ({
  seed,
  request: REQUEST,
  latencies: [],
  ...more,
})

const targetsOf = (candidates: Candidate[], order: Order | undefined, given: OrderFacts): string[] =>
  standingsOf({ candidates, order } as Route, given).map((one) => candidates[one.candidate]?.target ?? '')

const EAST = candidate('east/m', { weight: 5 })
const WEST = candidate('west/m', { weight: 3 })
const NORTH = candidate('north/m', { weight: 2 })

/** By target: the share of so many draws that it stands first in. */
function firstPlaces(candidates: Candidate[], seedOf = (index: number) => `gen-${index}`) {
  const counts = new Map<string, number>()
  for (let index = 0; index < DRAWS; index += 1) {
    const [first = ''] = targetsOf(candidates, 'weighted', facts(seedOf(index)))
    counts.set(first, (counts.get(first) ?? 0) + 1 / DRAWS)
  }
  return Object.fromEntries(counts)
}

describe('order: weighted', () => {
  it('10,000 generations are within 2 % of the weights, whatever their ids are like', () => {
    for (const seedOf of [
      (n: number) => `gen-${n}`,
      (n: number) => `batch-5d1f-${n}`,
      (n: number) => `${n}`,
    ]) {
      const shares = firstPlaces([EAST, WEST, NORTH], seedOf)
      expect(Math.abs((shares['east/m'] ?? 0) - 0.5)).toBeLessThan(0.02)
      expect(Math.abs((shares['west/m'] ?? 0) - 0.3)).toBeLessThan(0.02)
      expect(Math.abs((shares['north/m'] ?? 0) - 0.2)).toBeLessThan(0.02)
    }
  })

  it('without one of them the others share by their weights, and only its own generations move', () => {
    const shares = firstPlaces([WEST, NORTH])
    expect(Math.abs((shares['west/m'] ?? 0) - 0.6)).toBeLessThan(0.02)
    for (let index = 0; index < 1_000; index += 1) {
      const all = targetsOf([EAST, WEST, NORTH], 'weighted', facts(`gen-${index}`))
      const left = targetsOf([WEST, NORTH], 'weighted', facts(`gen-${index}`))
      expect(left).toEqual(all.filter((target) => target !== 'east/m'))
    }
  })

  it('the second place is drawn by the weights that are left', () => {
    let west = 0
    let east = 0
    for (let index = 0; index < DRAWS; index += 1) {
      const [first, second] = targetsOf([EAST, WEST, NORTH], 'weighted', facts(`gen-${index}`))
      if (first === 'east/m') east += 1
      if (first === 'east/m' && second === 'west/m') west += 1
    }
    expect(Math.abs(west / east - 0.6)).toBeLessThan(0.02)
  })

  it('the same generation is drawn the same way again', () => {
    const once = targetsOf([EAST, WEST, NORTH], 'weighted', facts('gen-a'))
    expect(targetsOf([EAST, WEST, NORTH], 'weighted', facts('gen-a'))).toEqual(once)
  })

  it('one of weight 0 stands behind all others of its rank, in the order of the list', () => {
    const none = [candidate('x/m', { weight: 0 }), EAST, candidate('y/m', { weight: 0 }), WEST]
    for (let index = 0; index < 200; index += 1)
      expect(targetsOf(none, 'weighted', facts(`gen-${index}`)).slice(2)).toEqual(['x/m', 'y/m'])
  })

  it('what a key has decided stands, whatever the seed', () => {
    const decided = (seed: string, places: number[]) =>
      targetsOf([EAST, WEST, NORTH], 'weighted', facts(seed, { places }))
    for (let seed = 0; seed < 50; seed += 1)
      expect(decided(`${seed}`, [2, 0, 1])).toEqual(['north/m', 'east/m', 'west/m'])
  })

  it('a weight that changes moves keys to that target or away from it, and no others', () => {
    const heavier = [EAST, { ...WEST, weight: 6 }, NORTH]
    for (let key = 0; key < 1_000; key += 1) {
      const seed = facts(`k${key}`)
      const [before] = targetsOf([EAST, WEST, NORTH], 'weighted', seed)
      const [after] = targetsOf(heavier, 'weighted', seed)
      expect([before, 'west/m']).toContain(after)
    }
  })
})

describe('ranks', () => {
  const SPARE = candidate('spare/n', { rank: 2 })

  it('a rank stands before the next one, whatever the order', () => {
    for (const order of ['weighted', 'latency', 'cost'] as const)
      for (let index = 0; index < 50; index += 1)
        expect(targetsOf([EAST, WEST, SPARE], order, facts(`gen-${index}`)).at(-1)).toBe('spare/n')
  })

  it('without an order all stand as they are listed', () => {
    expect(targetsOf([EAST, SPARE, WEST], undefined, facts('gen'))).toEqual(['east/m', 'spare/n', 'west/m'])
  })
})

describe('order: cost', () => {
  const price = (inputPerMillion: number, outputPerMillion: number, cachedInputPerMillion?: number) => ({
    facts: { inputPerMillion, outputPerMillion, cachedInputPerMillion },
  })

  it('the cheapest for this request stands first, one without a price last', () => {
    const candidates = [
      candidate('unknown/m'),
      candidate('dear/m', price(5, 20)),
      candidate('cheap/m', price(0.5, 2)),
      candidate('free/m', price(0, 0)),
    ]
    expect(targetsOf(candidates, 'cost', facts('gen'))).toEqual(['free/m', 'cheap/m', 'dear/m', 'unknown/m'])
  })

  it('a long prompt and a short one may have different ones', () => {
    const candidates = [candidate('answers/m', price(2, 2)), candidate('reads/m', price(0.1, 20))]
    const short = facts('gen', { request: { messages: [{ role: 'user', content: 'hi' }] } })
    const long = facts('gen', { request: { messages: [{ role: 'user', content: 'x'.repeat(400_000) }] } })
    expect(targetsOf(candidates, 'cost', short)[0]).toBe('answers/m')
    expect(targetsOf(candidates, 'cost', long)[0]).toBe('reads/m')
  })

  it('what a conversation has sent before is priced as read from the cache', () => {
    const candidates = [candidate('plain/m', price(1, 1)), candidate('cached/m', price(1.2, 1, 0.1))]
    const turn: OrderFacts['request'] = {
      messages: [
        { role: 'user', content: 'x'.repeat(40_000) },
        { role: 'assistant', content: 'yes' },
        { role: 'user', content: 'and now?' },
      ],
    }
    expect(targetsOf(candidates, 'cost', facts('gen', { request: turn }))[0]).toBe('cached/m')
    expect(targetsOf(candidates, 'cost', facts('gen'))[0]).toBe('plain/m')
  })

  it('equal prices keep the order of the list', () => {
    const candidates = [candidate('b/m', price(1, 1)), candidate('a/m', price(1, 1)), candidate('c/m')]
    expect(targetsOf([...candidates, candidate('d/m')], 'cost', facts('gen'))).toEqual([
      'b/m',
      'a/m',
      'c/m',
      'd/m',
    ])
  })
})

it.each([[[]], [[0]], [[0, 0, 1]], [[0, 1, 3]], [[0, 1, 2, 3]], [[0.5, 1, 2]]])(
  'places %j are no order of three candidates: they are drawn',
  (places) => {
    const all = [EAST, WEST, NORTH]
    const seed = facts('gen', { places })
    expect(targetsOf(all, 'weighted', seed)).toEqual(targetsOf(all, 'weighted', facts('gen')))
  },
)

it('a draw among none is none', () => {
  expect(drawn([], 'seed', () => ({ name: '', weight: 1 }))).toEqual([])
})
