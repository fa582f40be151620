import type { Circuit } from '../../../src/domain/circuits/circuit'
import { circuitsTable } from '../../../src/domain/circuits/circuits-report'
import { newProviderCircuits } from '../../../src/domain/circuits/provider-circuits'

const NOW = Date.UTC(2026, 10, 27, 23, 14, 45)

/** The row of the model, a cell each. */
function rowOf(circuit: Partial<Circuit>): string[] {
  const { account } = newProviderCircuits()
  const circuits = { ...newProviderCircuits(), models: { m: { ...account, ...circuit } } }
  const row = circuitsTable('openai', circuits, NOW).split('\n').at(-1) ?? ''
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}

const open = { name: 'open', since: NOW - 5_000, until: NOW + 5_000, openings: 1 } as const

it('phase and hold stand side by side', () => {
  const held = { until: NOW + 60_000, reason: 'rate_limited' }
  expect(rowOf({ phase: open, hold: held })).toEqual([
    'openai/m',
    'open',
    '2026-11-27 23:14:40 UTC',
    '2026-11-27 23:14:50 UTC',
    'until 2026-11-27 23:15:45 UTC (rate_limited)',
    '',
  ])
  expect(rowOf({ hold: held })[1]).toBe('closed')
})

it('a hold that has run out is shown no longer', () => {
  const past = { until: NOW, reason: 'rate_limited' }
  expect(rowOf({ phase: open, hold: past })).toEqual([
    'openai/m',
    'open',
    '2026-11-27 23:14:40 UTC',
    '2026-11-27 23:14:50 UTC',
    '',
    '',
  ])
})

it("an operator's word is the phase", () => {
  expect(rowOf({ phase: open, forced: 'closed', forcedAt: NOW })[1]).toBe('forced_closed')
})
