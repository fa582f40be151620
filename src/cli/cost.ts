/** `holdfast cost`: what all attempts of a period have cost, as the durable record has it. */
import { once } from 'node:events'
import { type Command, InvalidArgumentError } from 'commander'
import { showProgress } from '../batch/progress'
import type { Period, ReadRun } from '../client/ledger'
import { parseDuration } from '../config'
import type { LedgerRow } from '../history/ledger'
import { createLedgerSums, DIMENSIONS, type Dimension, type LedgerSums } from '../history/ledger-sums'
import { type Context, connected, reportError } from './recorded-run'

interface CostOptions {
  config?: string
  since?: number
  until?: number
  by?: Dimension[]
  query?: string
  attempts?: boolean
  csv?: boolean
  json?: boolean
}

/** A run that could not be read, and why. */
export interface UnreadRun {
  id: string
  runId: string
  reason: string
}

/** What was read of a period. */
export interface ReadPeriod {
  period: Period
  /** Runs that were read. */
  runs: number
  unread: UnreadRun[]
  unreadRuns: number
}

const DEFAULT_BY: Dimension[] = ['route', 'tenant', 'target']
const DEFAULT_SINCE = '24h'
/** So many runs that could not be read are named; of more, how many. */
const MAX_NAMED = 1_000

export function registerCost(program: Command): void {
  program
    .command('cost')
    .description('what all attempts have cost: those of losers, cancelled and lost calls too')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--since <moment>', 'attempts since, e.g. 7d, or 2026-11-01 in UTC (default: 24h)', momentOption)
    .option('--until <moment>', 'and before this moment, e.g. 1d, or 2026-12-01 (default: now)', momentOption)
    .option(
      '--by <what>',
      `put together by ${DIMENSIONS.join(', ')}, metadata.KEY (default: ${DEFAULT_BY})`,
      byOption,
    )
    .option('--query <query>', "of generations that match this, in the Web UI's query language")
    .option('--attempts', 'each attempt, as CSV or as lines of JSON')
    .option('--csv', 'print as CSV')
    .option('--json', 'print as JSON')
    .action(run)
}

/** So long ago, or an instant of ISO 8601, in epoch milliseconds. */
export function momentOption(text: string): number {
  const agoMs = parseDuration(text)
  if (agoMs !== null) return Date.now() - agoMs
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at))
    throw new InvalidArgumentError('a duration back from now (7d) or a date (2026-11-01) is needed')
  return at
}

export function byOption(text: string): Dimension[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.find(
    (name) => !DIMENSIONS.some((dimension) => dimension === name) && !/^metadata\../.test(name),
  )
  if (unknown !== undefined)
    throw new InvalidArgumentError(`there is no ${unknown}, but ${DIMENSIONS.join(', ')} and metadata.KEY`)
  return [...new Set(names)] as Dimension[]
}

async function run({ config, query, ...how }: CostOptions): Promise<void> {
  const { since = momentOption(DEFAULT_SINCE), until = Date.now() } = how
  const { by = DEFAULT_BY, attempts = false, csv = false, json = false } = how
  const period = { since, until, query }
  try {
    const { costCsv, costJson, costTable } = await import('./cost-table')
    if (csv && json) throw new Error('--csv or --json: one of the two')
    if (since >= until) throw new Error('--since has to be before --until')
    const sums = createLedgerSums(by)
    const write = attempts ? await attemptWriter(by, json) : null
    await write?.begin()
    const read = await connected(config, (context) => readPeriod(context, period, sums, write?.row))
    if (write === null)
      await print(json ? costJson(read, by, sums) : csv ? costCsv(by, sums) : costTable(by, sums))
    reportUnread(read)
  } catch (error) {
    reportError('cost', error, json)
  }
}

async function readPeriod(
  { client }: Context,
  period: Period,
  sums: LedgerSums,
  onRow: ((row: LedgerRow) => Promise<void>) | undefined,
): Promise<ReadPeriod> {
  const { countRuns, readLedger } = await import('../client/ledger')
  const total = process.stderr.isTTY ? await countRuns(client, period) : 0
  const progress = { total, done: 0, kept: 0, failed: 0, inFlight: 0, waiting: null }
  const view = total > 1 ? showProgress(process.stderr, progress) : null
  const read: ReadPeriod = { period, runs: 0, unread: [], unreadRuns: 0 }
  try {
    for await (const one of readLedger(client, period)) {
      progress.done += 1
      progress.total = Math.max(progress.total, progress.done)
      if (!one.ok) {
        progress.failed += 1
        noteUnread(read, one)
        continue
      }
      read.runs += 1
      for (const row of one.rows) {
        sums.add(row)
        await onRow?.(row)
      }
    }
  } finally {
    view?.stop()
  }
  return read
}

function noteUnread(read: ReadPeriod, { id, runId, reason }: Extract<ReadRun, { ok: false }>): void {
  read.unreadRuns += 1
  if (read.unread.length < MAX_NAMED) read.unread.push({ id, runId, reason })
}

/** What was left out is said even where the output goes into a file. */
function reportUnread({ unread, unreadRuns }: ReadPeriod): void {
  if (unreadRuns === 0) return
  process.exitCode = 1
  const named = unread.map(({ id, runId, reason }) => `  ${id} (run ${runId}): ${reason}\n`).join('')
  const more = unreadRuns > unread.length ? `  and ${unreadRuns - unread.length} more\n` : ''
  process.stderr.write(
    `holdfast cost: the totals are incomplete: ${unreadRuns} runs could not be read\n${named}${more}`,
  )
}

/** Rows leave as they are read: there may be more than memory holds. */
async function attemptWriter(by: readonly Dimension[], json: boolean) {
  const { attemptCsv, attemptCsvHead, attemptJson } = await import('./cost-table')
  return {
    begin: async () => (json ? undefined : print(attemptCsvHead(by))),
    row: (row: LedgerRow) => print(json ? attemptJson(row) : attemptCsv(row, by)),
  }
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}
