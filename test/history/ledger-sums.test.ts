/** Rows of a ledger, added up. */
import type { LedgerRow } from '../../src/history/ledger'
import { createLedgerSums, type Dimension } from '../../src/history/ledger-sums'

const row = (own: Partial<LedgerRow> = {}): LedgerRow => ({
  generation: 'gen-1',
  runId: 'run-1',
  route: 'default',
  shadow: false,
  tenant: 'acme',
  metadata: {},
  target: 'alpha/model-a',
  number: 1,
  startedAt: Date.parse('2026-11-27T23:59:59.999Z'),
  durationMs: 10,
  outcome: 'answered',
  served: true,
  requestId: null,
  adopted: false,
  sure: 'reported',
  usage: { inputTokens: 10, outputTokens: 5 },
  costNanos: 100,
  ...own,
})

const sumsOf = (by: readonly Dimension[], rows: readonly LedgerRow[]) => {
  const sums = createLedgerSums(by)
  for (const one of rows) sums.add(one)
  return sums
}

it('what is estimated, not served, a shadow’s or unknown has sums of its own', () => {
  const rows = [
    row(),
    row({ served: false, sure: 'estimated', costNanos: 30 }),
    row({ served: false, shadow: true, costNanos: 7 }),
    row({ served: false, sure: 'unbilled', usage: { inputTokens: 0, outputTokens: 0 }, costNanos: 0 }),
    row({ served: false, sure: 'unknown', usage: null, costNanos: null }),
    row({ costNanos: null }),
  ]
  expect(sumsOf([], rows).total()).toEqual({
    attempts: 6,
    inputTokens: 40,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: 20,
    costNanos: 137,
    estimatedNanos: 30,
    unservedNanos: 30,
    shadowNanos: 7,
    unknown: 2,
  })
})

it('groups are as their values say, the most expensive first, by days of UTC', () => {
  const rows = [
    row(),
    row({ startedAt: Date.parse('2026-11-28T00:00:00Z'), tenant: null, costNanos: 300 }),
    row({ costNanos: 150 }),
  ]
  const groups = sumsOf(['day', 'tenant'], rows).groups()
  expect(groups.map(({ by, costNanos }) => [...by, costNanos])).toEqual([
    ['2026-11-28', '', 300],
    ['2026-11-27', 'acme', 250],
  ])
})

it('metadata groups by its own keys alone, whatever they are called', () => {
  const metadata = { team: 'blue', constructor: 'x' }
  const by: Dimension[] = ['metadata.team', 'metadata.toString', 'metadata.constructor']
  expect(
    sumsOf(by, [row({ metadata })])
      .groups()
      .map((group) => group.by),
  ).toEqual([['blue', '', 'x']])
})

it('values that hold the separator of others are groups of their own', () => {
  const rows = [row({ route: 'a', tenant: '","b' }), row({ route: 'a","', tenant: 'b' })]
  expect(sumsOf(['route', 'tenant'], rows).groups()).toHaveLength(2)
})
