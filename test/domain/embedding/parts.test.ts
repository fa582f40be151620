import { MAX_CACHED_ANSWER_BYTES } from '../../../src/contract/generation'
import { dimensionsOn, partsOf } from '../../../src/domain/embedding/parts'
import { vectorOf } from '../../../src/domain/embedding/vectors'
import type { Candidate } from '../../../src/domain/routing/route'

const TEMPORALS_WARNING_BYTES = 512 * 1024
const texts = (count: number, characters = 1): string[] =>
  Array.from({ length: count }, () => 'x'.repeat(characters))
const sizes = (parts: readonly unknown[][]): number[] => parts.map(({ length }) => length)

it('all inputs stand in the parts, in their order', () => {
  const input = Array.from({ length: 2_048 }, (_, index) => `text ${index}`)
  expect(partsOf(input, 3_072).flat()).toEqual(input)
})

it.each([1, 8, 384, 1_536, 3_072, 4_096])(
  'the vectors of a part of %i numbers each cause no warning and can be kept',
  (dimensions) => {
    const vector = vectorOf(Array.from({ length: dimensions }, () => 0.1)) ?? ''
    const [first = []] = partsOf(texts(2_048), dimensions)
    const bytes = JSON.stringify(first.map(() => vector)).length
    expect(bytes).toBeLessThan(TEMPORALS_WARNING_BYTES)
    expect(bytes).toBeLessThan(MAX_CACHED_ANSWER_BYTES)
  },
)

it('long inputs make short parts', () => {
  expect(sizes(partsOf(texts(4, 200_000), 8))).toEqual([1, 1, 1, 1])
  expect(sizes(partsOf(texts(4, 150_000), 8))).toEqual([2, 2])
})

it('what is too long by itself is a part', () => {
  expect(sizes(partsOf(['a', ...texts(1, 1_000_000), 'b'], 8))).toEqual([1, 1, 1])
  expect(sizes(partsOf(texts(3), 10_000_000))).toEqual([1, 1, 1])
})

it('ids of tokens count by the bytes that they have in JSON', () => {
  const ids = Array.from({ length: 30_000 }, () => 100_000)
  expect(sizes(partsOf([ids, ids, ids], 8))).toEqual([1, 1, 1])
})

it('the most numbers that a candidate is known to have count, and without a word of it more than most models have', () => {
  const candidate = (dimensions?: number) => ({ facts: { dimensions } }) as Candidate
  expect(dimensionsOn({ candidates: [candidate(8), candidate(16)] }, undefined)).toBe(16)
  expect(dimensionsOn({ candidates: [candidate(8), candidate()] }, undefined)).toBe(4_096)
  expect(dimensionsOn({ candidates: [candidate(8)] }, 4)).toBe(4)
})
