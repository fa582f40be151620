import {
  checkedVector,
  dimensionsOf,
  numbersOf,
  vectorChars,
  vectorOf,
} from '../../../src/domain/embedding/vectors'

const base64 = (numbers: number[]): string => Buffer.from(new Float32Array(numbers).buffer).toString('base64')

it('numbers come back as the nearest 32-bit floats, whatever the digits that they were written with', () => {
  const numbers = [0, -0.1, 1 / 3, 1e-40, 3.4e38, -1]
  const vector = vectorOf(numbers) ?? ''
  expect(vector).toBe(base64(numbers))
  expect(numbersOf(vector)).toEqual(numbers.map(Math.fround))
  expect(dimensionsOf(vector)).toBe(numbers.length)
  expect(vectorChars(numbers.length)).toBe(vector.length)
  expect(checkedVector(vector)).toBe(vector)
})

it.each([
  [[]],
  [[Number.NaN]],
  [[Number.POSITIVE_INFINITY]],
  [[1e39]],
  [['1']],
  [[null]],
  [[[1]]],
  [[1, undefined]],
])('%j are no numbers of a vector', (numbers: unknown[]) => {
  expect(vectorOf(numbers)).toBeNull()
})

it.each([
  ['nothing', ''],
  ['no base64', '####'],
  ['the alphabet of URLs', '__-_AAAA'],
  ['without its padding', base64([1]).replace(/=+$/, '')],
  ['half a number', Buffer.from([1, 2, 3]).toString('base64')],
  ['NaN', base64([1, Number.NaN])],
  ['infinity', base64([Number.NEGATIVE_INFINITY])],
  ['a blank in it', `${base64([1, 2, 3]).slice(0, 4)} ${base64([1, 2, 3]).slice(5)}`],
])('%s is no vector', (_, text) => {
  expect(checkedVector(text)).toBeNull()
})
