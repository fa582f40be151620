/** Shadows beside their generations, for a terminal. */
import Table from 'cli-table3'
import type { ShadowPair, ShadowSide } from '../client/shadow-pairs'
import { formatPercent } from '../config/duration'
import { dollars, lasted } from '../history/run-words'

/** Two rows a pair. */
export function shadowsTable(pairs: readonly ShadowPair[]): string {
  const table = new Table({
    head: ['generation', '', 'target', 'outcome', 'took', 'tokens', 'cost', 'alike'],
    style: { head: [], border: [], compact: true },
  })
  for (const { generation, shadow, similarity } of pairs) {
    const alike = similarity === null ? '' : formatPercent(Math.round(similarity * 100) / 100)
    if (generation === null) table.push(['no longer kept', '', '', '', '', '', '', ''])
    else table.push([generation.id, 'answer', ...cells(generation), ''])
    table.push(['', 'shadow', ...cells(shadow), alike])
  }
  return table.toString()
}

const cells = ({ target, outcome, failures, tookMs, outputTokens, costUsd }: ShadowSide): string[] => [
  target ?? '',
  failures.length === 0 ? outcome : `${outcome} (${failures.join(', ')})`,
  tookMs === null ? '' : lasted(tookMs),
  outputTokens === null ? '' : String(outputTokens),
  costUsd === null ? '' : dollars(costUsd),
]
