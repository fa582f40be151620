/** Durations in words. */
import { lasted } from '../../src/history/run-words'

it.each([
  [12, '12 ms'],
  [1_500, '1.50 s'],
  [21_600_000, '6 h'],
])('%d ms are %s', (ms, words) => {
  expect(lasted(ms)).toBe(words)
})
