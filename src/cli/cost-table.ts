/** The sums and rows of `holdfast cost`, as a table, CSV and JSON. */
import Table from 'cli-table3'
import { stringify } from 'csv-stringify/sync'
import type { LedgerRow } from '../history/ledger'
import type { Dimension, LedgerGroup, LedgerSums, Sums } from '../history/ledger-sums'
import type { ReadPeriod } from './cost'

const NANOS = 1_000_000_000
/** Of a dollar: as many places as its billionths have. */
const PLACES = 9

/** Without the noise of binary fractions. */
const usd = (nanos: number): number => Number((nanos / NANOS).toFixed(PLACES))

/** What a program of tables would take for a formula is kept from being one. */
const csv = (rows: readonly (readonly unknown[])[]): string =>
  stringify(rows as unknown[][], { escape_formulas: true })

/** A column of sums: its name in CSV and JSON, and on the terminal. */
const COLUMNS = [
  ['attempts', 'attempts', ({ attempts }: Sums) => attempts],
  ['inputTokens', 'input', ({ inputTokens }: Sums) => inputTokens],
  ['cachedInputTokens', 'of it cached', ({ cachedInputTokens }: Sums) => cachedInputTokens],
  ['cacheWriteInputTokens', 'of it written', ({ cacheWriteInputTokens }: Sums) => cacheWriteInputTokens],
  ['outputTokens', 'output', ({ outputTokens }: Sums) => outputTokens],
  ['costUsd', 'cost', ({ costNanos }: Sums) => usd(costNanos)],
  ['estimatedUsd', 'of it estimated', ({ estimatedNanos }: Sums) => usd(estimatedNanos)],
  ['unservedUsd', 'of it not served', ({ unservedNanos }: Sums) => usd(unservedNanos)],
  ['shadowUsd', 'of it shadows', ({ shadowNanos }: Sums) => usd(shadowNanos)],
  ['unknown', 'unknown', ({ unknown }: Sums) => unknown],
] as const

const named = (sums: Sums): { [name: string]: number } =>
  Object.fromEntries(COLUMNS.map(([name, , of]) => [name, of(sums)]))

/** A caller names models and metadata: none of their characters steers the operator's terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, '\u{fffd}')

export function costTable(by: readonly Dimension[], sums: LedgerSums): string {
  const table = new Table({
    head: [...by, ...COLUMNS.map(([, title]) => title)],
    style: { head: [], border: [], compact: true },
    colAligns: [...by.map(() => 'left' as const), ...COLUMNS.map(() => 'right' as const)],
  })
  const cells = (of: Sums): string[] =>
    COLUMNS.map(([name, , value]) => (name.endsWith('Usd') ? `$${value(of).toFixed(6)}` : String(value(of))))
  for (const group of sums.groups()) table.push([...group.by.map(printable), ...cells(group)])
  const [, ...rest] = by
  table.push(['total', ...rest.map(() => ''), ...cells(sums.total())])
  return `${table.toString()}\n`
}

/** The groups alone: a line of totals would be added to them by who adds up a column. */
export const costCsv = (by: readonly Dimension[], sums: LedgerSums): string =>
  csv([
    [...by, ...COLUMNS.map(([name]) => name)],
    ...sums.groups().map((group) => [...group.by, ...COLUMNS.map(([, , of]) => of(group))]),
  ])

export function costJson(
  { period: { since, until }, runs, unread, unreadRuns }: ReadPeriod,
  by: readonly Dimension[],
  sums: LedgerSums,
): string {
  const groupJson = (group: LedgerGroup) => ({
    by: Object.fromEntries(by.map((dimension, index) => [dimension, group.by[index]])),
    ...named(group),
  })
  const report = {
    since,
    until,
    complete: unreadRuns === 0,
    runs,
    unreadRuns,
    unread,
    groups: sums.groups().map(groupJson),
    total: named(sums.total()),
  }
  return `${JSON.stringify(report, null, 2)}\n`
}

/** One attempt, as JSON and as CSV have it. */
function attemptFields({ usage, costNanos, startedAt, metadata, ...row }: LedgerRow) {
  const { generation, runId, route, shadow, tenant, target, number, requestId } = row
  const { durationMs, outcome, served, adopted, sure } = row
  return {
    generation,
    runId,
    route,
    shadow,
    tenant,
    target,
    number,
    requestId,
    startedAt: new Date(startedAt).toISOString(),
    durationMs,
    outcome,
    served,
    adopted,
    sure,
    inputTokens: usage?.inputTokens ?? null,
    cachedInputTokens: usage === null ? null : (usage.cachedInputTokens ?? 0),
    cacheWriteInputTokens: usage === null ? null : (usage.cacheWriteInputTokens ?? 0),
    outputTokens: usage?.outputTokens ?? null,
    costUsd: costNanos === null ? null : usd(costNanos),
    metadata,
  }
}

const NAMES = [
  ...['generation', 'runId', 'route', 'shadow', 'tenant', 'target', 'number', 'requestId', 'startedAt'],
  ...['durationMs', 'outcome', 'served', 'adopted', 'sure', 'inputTokens', 'cachedInputTokens'],
  ...['cacheWriteInputTokens', 'outputTokens', 'costUsd'],
]

const METADATA = 'metadata.'
const metadataOf = (by: readonly Dimension[]): string[] => by.filter((name) => name.startsWith(METADATA))

/** With a column for each `metadata.KEY` of `by`. */
export const attemptCsvHead = (by: readonly Dimension[]): string => csv([[...NAMES, ...metadataOf(by)]])

export function attemptCsv(row: LedgerRow, by: readonly Dimension[]): string {
  const fields: { [name: string]: unknown } = attemptFields(row)
  const own = metadataOf(by).map((name) => row.metadata[name.slice(METADATA.length)])
  return csv([[...NAMES.map((name) => textOf(fields[name])), ...own]])
}

/** csv-stringify writes nothing for false. */
const textOf = (value: unknown): unknown => (typeof value === 'boolean' ? String(value) : value)

export const attemptJson = (row: LedgerRow): string => `${JSON.stringify(attemptFields(row))}\n`
