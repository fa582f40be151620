/**
 * The latest generations, by what the server's index knows of them: search attributes and statuses.
 *
 * LIST-GENERATIONS-1 What the caller filters by is combined with a query in the Web UI's language: both have to hold.
 * LIST-GENERATIONS-2 A generation that was continued as new is listed once, by its latest run.
 * LIST-GENERATIONS-3 An answer of the cache writes no attribute at its end: who has those of the start alone is one.
 */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client'
import { defineSearchAttributeKey, type SearchAttributeType } from '@temporalio/common'
import { HoldfastError } from '../contract/errors'
import { type ErrorKind, GENERATION_WORKFLOW } from '../contract/generation'
import { PARKED } from '../contract/generation-attributes'
import { readGenerationMemo } from '../contract/generation-memo'
import type { FailureClass } from '../domain/failures/failure'
import { type Metadata, searchedPair } from '../domain/request/metadata'
import { grpcReason, isInvalid } from './grpc-errors'

/** How a generation stands or has ended, as it is queried. */
export const OUTCOMES = [
  'answered',
  'running',
  'parked',
  'failed',
  'cancelled',
  'terminated',
  'timed_out',
  'invalid_request',
  'all_failed',
  'deadline_exceeded',
  'unavailable',
  'budget_spent',
] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface ListFilter {
  route?: string | undefined
  /** One of these. Default: any. */
  routes?: readonly string[] | undefined
  outcome?: Outcome | undefined
  /** Met on the way, whatever the end was. */
  failure?: FailureClass | undefined
  /** That answered. */
  target?: string | undefined
  /** Pairs that its request's metadata has, of keys that the config lets be searched for. */
  metadata?: Metadata | undefined
  /** Epoch milliseconds. */
  startedSince?: number | undefined
  /** In the Web UI's query language. */
  query?: string | undefined
}

export interface ListedGeneration {
  id: string
  runId: string
  route: string | null
  /** null: of none, or not recorded. */
  tenant: string | null
  /** `answered`, `running`, the kind of its error, or how Temporal says that it ended. */
  outcome: Outcome | ErrorKind | string
  /** Who answered. */
  target: string | null
  /** `provider`, `cache` or `stale`. */
  served: string | null
  failures: string[]
  /** Of its request; empty: it had none. */
  metadata: Metadata
  attempts: number | null
  /** US dollars; null: not known, or not recorded. */
  costUsd: number | null
  /** Epoch milliseconds. */
  startedAt: number
  endedAt: number | null
}

/** The latest first. Throws HoldfastError for a filter that can't be queried, else what Temporal throws. */
export async function listGenerations(
  client: Client,
  filter: ListFilter,
  limit: number,
): Promise<ListedGeneration[]> {
  const query = queryOf(filter)
  const found: ListedGeneration[] = []
  await searched(query, async () => {
    for await (const execution of client.workflow.list({ query, pageSize: Math.min(limit, 1_000) })) {
      found.push(listed(execution))
      if (found.length >= limit) break
    }
  })
  return found.sort((a, b) => b.startedAt - a.startedAt)
}

/** Throws HoldfastError where the server does not understand the query, else what `act` throws. */
export async function searched<T>(query: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!isInvalid(error)) throw error
    throw unusable(`the server does not understand the query ${query}: ${grpcReason(error)}`)
  }
}

const STATUS_QUERIES: { [outcome in Outcome]?: string } = {
  // An answer of the cache writes no outcome.
  answered: "ExecutionStatus = 'Completed'",
  running: "ExecutionStatus = 'Running'",
  parked: `HoldfastOutcome = '${PARKED}' AND ExecutionStatus = 'Running'`,
  failed: "ExecutionStatus = 'Failed'",
  cancelled: "ExecutionStatus = 'Canceled'",
  terminated: "ExecutionStatus = 'Terminated'",
  timed_out: "ExecutionStatus = 'TimedOut'",
}

/** LIST-GENERATIONS-1 */
export function queryOf({
  route,
  routes,
  outcome,
  failure,
  target,
  metadata = {},
  startedSince,
  query,
}: ListFilter): string {
  const equal = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${name} = ${quoted(value)}`]
  return [
    `WorkflowType = ${quoted(GENERATION_WORKFLOW)}`,
    // LIST-GENERATIONS-2
    "ExecutionStatus != 'ContinuedAsNew'",
    ...equal('HoldfastRoute', route),
    ...(routes === undefined ? [] : [`HoldfastRoute IN (${routes.map(quoted).join(', ')})`]),
    ...(outcome === undefined ? [] : [STATUS_QUERIES[outcome] ?? `HoldfastOutcome = ${quoted(outcome)}`]),
    ...equal('HoldfastFailures', failure),
    ...equal('HoldfastTarget', target),
    ...Object.entries(metadata).flatMap((pair) => equal('HoldfastMetadata', searchedPair(...pair))),
    ...(startedSince === undefined ? [] : [`StartTime >= ${quoted(new Date(startedSince).toISOString())}`]),
    ...(query === undefined || query.trim() === '' ? [] : [`(${query})`]),
  ].join(' AND ')
}

/** Quotes and backslashes never match, however they are escaped (server 1.32). */
export function quoted(text: string): string {
  if (/['"`\\]/.test(text)) throw unusable(`no query can hold the quotes or backslashes of ${text}`)
  return `'${text}'`
}

const unusable = (message: string): HoldfastError =>
  new HoldfastError({ kind: 'invalid_request', message, accepted: false })

const STATUSES: { [status: string]: Outcome } = {
  COMPLETED: 'answered',
  RUNNING: 'running',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed_out',
}

const MICROS = 1_000_000

export function listed({
  workflowId,
  runId,
  status,
  startTime,
  closeTime,
  memo,
  typedSearchAttributes,
}: Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'memo' | 'runId' | 'status' | 'startTime' | 'closeTime' | 'typedSearchAttributes'
>): ListedGeneration {
  const read = <T extends SearchAttributeType>(name: string, type: T) =>
    typedSearchAttributes.get(defineSearchAttributeKey(name, type))
  const micros = read('HoldfastCostMicros', 'INT')
  const route = read('HoldfastRoute', 'KEYWORD') ?? null
  const written = read('HoldfastOutcome', 'KEYWORD')
  // LIST-GENERATIONS-3
  const hit = status.name === 'COMPLETED' && route !== null && written === undefined
  return {
    id: workflowId,
    runId,
    route,
    tenant: read('HoldfastTenant', 'KEYWORD') ?? null,
    outcome:
      (status.name === 'RUNNING' && written !== PARKED ? undefined : written) ??
      STATUSES[status.name] ??
      status.name.toLowerCase(),
    target: read('HoldfastTarget', 'KEYWORD') ?? null,
    served: read('HoldfastServed', 'KEYWORD') ?? (hit ? 'cache' : null),
    failures: read('HoldfastFailures', 'KEYWORD_LIST') ?? [],
    metadata: readGenerationMemo(memo).metadata,
    attempts: read('HoldfastAttempts', 'INT') ?? null,
    costUsd: micros === undefined ? null : micros / MICROS,
    startedAt: startTime.getTime(),
    endedAt: closeTime?.getTime() ?? null,
  }
}
