/**
 * The state of the cluster for an operator's page: any gateway reads the same from Temporal.
 *
 * OVERVIEW-1 A reading costs a fixed number of requests, however many generations there are: two lists, two counts, a describe per
 *    provider, and the ends of at most READS_MAX generations that were not read before.
 * OVERVIEW-2 Of a generation that has ended its attempts alone are kept, of their failures the class: no prompt, no answer and no
 *    words of a provider.
 * OVERVIEW-3 A tenant's reading has its own generations, costs and calls, and nobody else's.
 * OVERVIEW-4 What can't be read is said in `problem`, and the rest is there.
 */
import type { Client } from '@temporalio/client'
import type { Config } from '../config'
import { HoldfastError } from '../contract/errors'
import type { GenerationResult } from '../contract/generation'
import { createSemaphore } from '../util/semaphore'
import { type KnownProvider, listCircuits, type UnknownProvider } from './circuits'
import { grpcReason } from './grpc-errors'
import { type ListedGeneration, listGenerations, queryOf, quoted } from './list-generations'
import { reportsEnd, toHoldfastError } from './result'
import { type Call, callsOf, type TargetHealth, targetHealth, WINDOW_MS } from './target-health'

export interface CostRow {
  /** null: of no tenant, or not recorded. */
  name: string | null
  generations: number
  /** US dollars, of those whose cost is known. */
  costUsd: number
  /** Those that a provider answered at a cost that is not known. */
  unknown: number
}

export interface Overview {
  /** Epoch milliseconds. */
  at: number
  /** What could not be read, and why; null: all was read. */
  problem: string | null
  circuits: (KnownProvider | UnknownProvider)[]
  /** Those under way first, then those that have ended; the latest first. null: they could not be read, as below. */
  generations: ListedGeneration[] | null
  /** `ended`: within the window; `running`: now. null: not known. */
  counts: { windowMs: number; running: number; ended: number; answered: number } | null
  targets: TargetHealth[]
  /** From how many generations of the window `targets` is made. */
  sampled: number
  /** Of the latest that have ended. */
  costs: { generations: number; since: number | null; routes: CostRow[]; tenants: CostRow[] } | null
}

/** Whose generations: everybody's, or one tenant's (null: those of none). */
export type View = { type: 'all' } | { type: 'tenant'; tenant: string | null }

export interface OverviewSettings {
  config: Config
  taskQueue: string
  view: View
}

const RUNNING_MAX = 50
const ENDED_SHOWN_MAX = 100
const ENDED_MAX = 500
const READS_MAX = 25
const READS_AT_ONCE = 5
const READ_WITHIN_MS = 4_000
/** At five calls a generation some 1 MB. */
const KEPT_MAX = 2_000

export interface OverviewReader {
  /** Never rejects. `now` in epoch milliseconds. */
  read(client: Client, now: number): Promise<Overview>
}

export function createOverviewReader({ config, taskQueue, view }: OverviewSettings): OverviewReader {
  /** By run, of those that ended within the window. */
  const kept = new Map<string, { endedAt: number; calls: Call[] }>()
  const limit = createSemaphore(READS_AT_ONCE)

  async function readCalls(client: Client, ended: readonly ListedGeneration[], now: number): Promise<void> {
    for (const [runId, { endedAt }] of kept)
      if (endedAt < now - WINDOW_MS || kept.size > KEPT_MAX) kept.delete(runId)
    const unread = ended
      .filter(({ runId, endedAt }) => endedAt !== null && endedAt > now - WINDOW_MS && !kept.has(runId))
      .slice(0, READS_MAX)
    await Promise.all(
      unread.map((one) =>
        limit(async () => {
          const calls = await endedCalls(client, one)
          if (calls !== null) kept.set(one.runId, { endedAt: one.endedAt ?? now, calls })
        }),
      ),
    )
  }

  return {
    async read(client, now) {
      const problems: string[] = []
      const query = scopeQuery(taskQueue, view, problems)
      const within = <T, F>(fallback: F, act: () => Promise<T>): Promise<T | F> =>
        client.withDeadline(Date.now() + READ_WITHIN_MS, act).catch((error: unknown) => {
          problems.push(reasonOf(error))
          return fallback
        })
      const list = (outcome: string, most: number): Promise<ListedGeneration[] | null> =>
        query === null
          ? Promise.resolve(null)
          : within(null, () => listGenerations(client, { query: `${query} AND ${outcome}` }, most))
      const [circuits, running, ended, counts] = await Promise.all([
        listCircuits(client, config, taskQueue, now),
        list("ExecutionStatus = 'Running'", RUNNING_MAX),
        list("ExecutionStatus != 'Running'", ENDED_MAX),
        query === null ? null : within(null, () => countsOf(client, query, now)),
      ])
      const latest = ended === null ? null : [...ended].sort((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
      if (latest !== null) await within(undefined, () => readCalls(client, latest, now))
      const calls = [...kept.values()].flatMap((one) => one.calls)
      return {
        at: now,
        problem: problems[0] ?? null,
        circuits,
        generations:
          running === null || latest === null ? null : [...running, ...latest.slice(0, ENDED_SHOWN_MAX)],
        counts,
        targets: targetHealth(calls, now),
        sampled: kept.size,
        costs: latest === null ? null : costsOf(latest),
      }
    },
  }
}

const costsOf = (ended: readonly ListedGeneration[]): Overview['costs'] => ({
  generations: ended.length,
  since: ended.at(-1)?.endedAt ?? null,
  routes: costsBy(ended, ({ route }) => route),
  tenants: costsBy(ended, ({ tenant }) => tenant),
})

/** OVERVIEW-3. null: it can't be queried. */
function scopeQuery(taskQueue: string, view: View, problems: string[]): string | null {
  try {
    const queue = `TaskQueue = ${quoted(taskQueue)}`
    if (view.type === 'all') return queue
    const { tenant } = view
    return `${queue} AND HoldfastTenant ${tenant === null ? 'IS NULL' : `= ${quoted(tenant)}`}`
  } catch (error) {
    problems.push(reasonOf(error))
    return null
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof HoldfastError ? error.message : `Temporal did not answer: ${grpcReason(error)}`

async function countsOf({ workflow }: Client, query: string, now: number): Promise<Overview['counts']> {
  const since = quoted(new Date(now - WINDOW_MS).toISOString())
  const [running, ended, answered] = await Promise.all([
    workflow.count(queryOf({ query, outcome: 'running' })),
    workflow.count(queryOf({ query: `${query} AND CloseTime >= ${since}` })),
    workflow.count(queryOf({ query: `${query} AND CloseTime >= ${since}`, outcome: 'answered' })),
  ])
  return { windowMs: WINDOW_MS, running: running.count, ended: ended.count, answered: answered.count }
}

/** OVERVIEW-2. null: it can't be read now. An end without records (a cancel, a termination) has no calls. */
async function endedCalls(client: Client, { id, runId }: ListedGeneration): Promise<Call[] | null> {
  const handle = client.workflow.getHandle(id, runId, { followRuns: false })
  try {
    const { attempts } = (await handle.result()) as GenerationResult
    return callsOf(attempts)
  } catch (error) {
    const ended = toHoldfastError(error, id)
    return reportsEnd(ended) ? callsOf(ended.attempts) : null
  }
}

/** The dearest first. */
function costsBy(
  generations: readonly ListedGeneration[],
  nameOf: (generation: ListedGeneration) => string | null,
): CostRow[] {
  const rows = new Map<string | null, CostRow>()
  for (const one of generations) {
    const name = nameOf(one)
    const row = rows.get(name) ?? { name, generations: 0, costUsd: 0, unknown: 0 }
    row.generations += 1
    row.costUsd += one.costUsd ?? 0
    if (one.costUsd === null && one.served === 'provider') row.unknown += 1
    rows.set(name, row)
  }
  return [...rows.values()].sort((a, b) => b.costUsd - a.costUsd || b.generations - a.generations)
}
