/** Durations in words. */
import { lasted, orderReason } from '../../src/history/run-words'

it.each([
  [12, '12 ms'],
  [1_500, '1.50 s'],
  [21_600_000, '6 h'],
])('%d ms are %s', (ms, words) => {
  expect(lasted(ms)).toBe(words)
})

it.each<[Parameters<typeof orderReason>[0], string | null]>([
  [{ type: 'given', sticky: false, standings: [] }, null],
  [{ type: 'weighted', sticky: false, standings: [] }, 'drawn by weight'],
  [
    {
      type: 'latency',
      sticky: false,
      standings: [
        { target: 'a/m', ms: 9_000, again: true },
        { target: 'b/m', ms: 420 },
        { target: 'c/m', ms: null },
      ],
    },
    'latency order: a/m 9.00 s, to be measured again, b/m 420 ms, c/m not measured',
  ],
  [
    {
      type: 'cost',
      sticky: false,
      standings: [
        { target: 'a/m', usd: 0.0012 },
        { target: 'b/m', usd: null },
      ],
    },
    'cost order: a/m $0.001200, b/m without a price',
  ],
])('the order of a plan in words: %j', (order, words) => {
  expect(orderReason(order)).toBe(words)
})
