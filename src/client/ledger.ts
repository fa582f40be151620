/**
 * The calls of all generations in a period, as the server has recorded them: what `holdfast cost` adds up.
 *
 * CLIENT-LEDGER-1 A run that can't be read is named, and the others are read all the same.
 * CLIENT-LEDGER-2 Memory is bounded by READS_AT_ONCE histories, however many runs there are.
 * CLIENT-LEDGER-3 A period takes attempts by their own start, from any run that overlaps it: periods that follow each other
 *    have each attempt once.
 * CLIENT-LEDGER-4 Runs under way are listed before those that have ended: one that ends meanwhile is read, and read once.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Client, WorkflowExecutionInfo } from '@temporalio/client'
import { GENERATION_WORKFLOW } from '../contract/generation'
import { readGenerationMemo } from '../contract/generation-memo'
import { type LedgerRow, ledgerOf } from '../history/ledger'
import { fetchReadableHistory, payloadReader } from '../temporal/histories'
import { isBusy, isPassing } from './grpc-errors'
import { searched } from './list-generations'
import { pendingCalls } from './recorded-runs'

export interface Period {
  /** Epoch milliseconds. */
  since: number
  /** Not itself part of it. */
  until: number
  /** Of the generations alone that this finds, in the Web UI's query language. */
  query?: string | undefined
}

export type ReadRun =
  | { ok: true; rows: LedgerRow[] }
  /** CLIENT-LEDGER-1 */
  | { ok: false; id: string; runId: string; reason: string }

const READS_AT_ONCE = 16
/** Of runs a page of the list. */
const PAGE_SIZE = 1_000
const TRIES = 4
const PAUSE_MS = 500

/** How many runs are to be read, about: some may end or begin meanwhile. */
export async function countRuns({ workflow }: Client, period: Period): Promise<number> {
  const counts = await Promise.all(
    queriesOf(period).map((query) => searched(query, () => workflow.count(query))),
  )
  return counts.reduce((sum, { count }) => sum + count, 0)
}

/** In the order of the list. Throws HoldfastError for a query that the server does not understand, else what listing throws. */
export async function* readLedger(client: Client, period: Period): AsyncGenerator<ReadRun> {
  const underWay: Promise<ReadRun>[] = []
  for await (const listed of runsOf(client, period)) {
    underWay.push(readRun(client, listed, period))
    const first = underWay.length < READS_AT_ONCE ? undefined : underWay.shift()
    if (first !== undefined) yield await first
  }
  for (const read of underWay) yield await read
}

/** CLIENT-LEDGER-4 */
async function* runsOf({ workflow }: Client, period: Period): AsyncGenerator<WorkflowExecutionInfo> {
  const seen = new Set<string>()
  for (const query of queriesOf(period)) {
    const list = workflow.list({ query, pageSize: PAGE_SIZE })[Symbol.asyncIterator]()
    for (;;) {
      const { done, value } = await searched(query, () => list.next())
      if (done) break
      if (seen.has(value.runId)) continue
      if (value.status.name === 'RUNNING') seen.add(value.runId)
      yield value
    }
  }
}

/** CLIENT-LEDGER-3. Those under way first. */
function queriesOf({ since, until, query }: Period): string[] {
  const instant = (at: number): string => `'${new Date(at).toISOString()}'`
  const common = [
    `WorkflowType = '${GENERATION_WORKFLOW}'`,
    `StartTime < ${instant(until)}`,
    ...(query === undefined || query.trim() === '' ? [] : [`(${query})`]),
  ]
  return [
    ["ExecutionStatus = 'Running'", ...common],
    ["ExecutionStatus != 'Running'", `CloseTime >= ${instant(since)}`, ...common],
  ].map((all) => all.join(' AND '))
}

/** Never rejects. CLIENT-LEDGER-1 */
async function readRun(
  client: Client,
  listed: WorkflowExecutionInfo,
  { since, until }: Period,
): Promise<ReadRun> {
  const { workflowId: id, runId } = listed
  for (let triesLeft = TRIES - 1; ; triesLeft -= 1) {
    try {
      const rows = await rowsOf(client, listed)
      return { ok: true, rows: rows.filter(({ startedAt }) => startedAt >= since && startedAt < until) }
    } catch (error) {
      if (triesLeft === 0 || !(isPassing(error) || isBusy(error)))
        return { ok: false, id, runId, reason: error instanceof Error ? error.message : String(error) }
    }
    await pause(PAUSE_MS)
  }
}

async function rowsOf(
  client: Client,
  { workflowId, runId, status, memo }: WorkflowExecutionInfo,
): Promise<LedgerRow[]> {
  // Before the history: what has ended by then stands there.
  const pending =
    status.name === 'RUNNING'
      ? await pendingCalls(client, await client.workflow.getHandle(workflowId, runId).describe())
      : []
  const { metadata } = readGenerationMemo(memo)
  const history = await fetchReadableHistory(client, workflowId, runId)
  return ledgerOf(history, payloadReader(client.options.loadedDataConverter), pending, metadata)
}
