/**
 * Notifies generations that wait for a circuit, or for a key, that it has changed, each by a signal of its own: the server's batch
 * operations make 50 signals a second (docs/decisions/0014), too slow for more than a few.
 *
 * NUDGE-1 Only those are notified that could wait for this circuit: by task queue, and by route where that is
 *    registered. Which of them do wait, the server doesn't know; the others take no notice.
 * NUDGE-2 Who was started around the change may have planned by the view before it, and may not be listed
 *    yet: a second listing, when every worker has read the new one, finds them. Each is notified once.
 * NUDGE-3 It is best effort: a generation that is missed reads the circuits again by itself, within 15 s
 *    (src/domain/routing/dispatch.ts).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, type WorkflowExecutionInfo, WorkflowNotFoundError } from '@temporalio/client'
import type { Config } from '../config'
import { CIRCUITS_CHANGED_SIGNAL, type ForceRequest } from '../contract/circuits'
import { GENERATION_WORKFLOW } from '../contract/generation'
import { PARKED } from '../contract/generation-attributes'
import { readParked } from '../contract/generation-memo'
import type { SearchAttributeName, UsableAttributes } from '../contract/search-attributes'
import type { Scope } from '../domain/circuits/provider-circuits'
import type { Route } from '../domain/routing/route'
import { createSemaphore } from '../util/semaphore'
import { targetOf } from './circuits'
import { grpcReason } from './grpc-errors'

/** 400 signals take half a second on two cores, 32 at a time. */
const SIGNALS_AT_ONCE = 32
const DEADLINE_MS = 30_000
/** NUDGE-2. A worker's view is at most 900 ms old; the rest is for the server's index. */
const SECOND_LISTING_AFTER_MS = 1_500

interface Waiting {
  config: Config
  taskQueue: string
  searchAttributes: UsableAttributes
  provider: string
}

export interface NudgeSettings extends Waiting {
  model: Scope
  to: ForceRequest['to']
  /** Epoch milliseconds. */
  changedAt: number
}

export interface Nudged {
  /** Generations that were notified. */
  sent: number
  /** Why others may not have been; null: all were. */
  problem: string | null
}

/** Never rejects. */
export async function nudge(client: Client, settings: NudgeSettings): Promise<Nudged> {
  const nudged: Nudged = { sent: 0, problem: null }
  const query = queryOf(settings)
  // A circuit that opens lets nobody through.
  if (query === null || settings.to === 'open') return nudged
  const seen = new Set<string>()
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, async () => {
      await nudgeAll(client, query, seen, nudged)
      await pause(Math.max(0, settings.changedAt + SECOND_LISTING_AFTER_MS - Date.now()))
      await nudgeAll(client, query, seen, nudged)
    })
  } catch (error) {
    nudged.problem ??= grpcReason(error)
  }
  return nudged
}

export interface ParkedSettings extends Waiting {
  /** So many of them; null: all. */
  most: number | null
}

/** Those that are parked for lack of a key of this provider. Never rejects. */
export async function nudgeParked(client: Client, settings: ParkedSettings): Promise<Nudged> {
  const nudged: Nudged = { sent: 0, problem: null }
  const query = queryOf({ ...settings, model: null }, true)
  if (query === null) return nudged
  const { provider, most } = settings
  const waits = ({ memo }: WorkflowExecutionInfo): boolean =>
    readParked(memo)?.providers.includes(provider) === true
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      nudgeAll(client, query, new Set(), nudged, { waits, most: most ?? Number.POSITIVE_INFINITY }),
    )
  } catch (error) {
    nudged.problem ??= grpcReason(error)
  }
  return nudged
}

const EVERYBODY = { waits: (_run: WorkflowExecutionInfo) => true, most: Number.POSITIVE_INFINITY }

async function nudgeAll(
  client: Client,
  query: string,
  seen: Set<string>,
  nudged: Nudged,
  { waits, most } = EVERYBODY,
): Promise<void> {
  const limit = createSemaphore(SIGNALS_AT_ONCE)
  const nudging: Promise<void>[] = []
  try {
    for await (const run of client.workflow.list({ query })) {
      if (nudging.length >= most) break
      const { workflowId, runId } = run
      if (seen.has(runId) || !waits(run)) continue
      seen.add(runId)
      nudging.push(limit(() => nudgeOne(client, workflowId, runId, nudged)))
    }
  } finally {
    await Promise.all(nudging)
  }
}

/** Never rejects. */
async function nudgeOne(client: Client, workflowId: string, runId: string, nudged: Nudged): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId, runId).signal(CIRCUITS_CHANGED_SIGNAL)
    nudged.sent += 1
  } catch (error) {
    // It has ended: nobody waits there.
    if (!(error instanceof WorkflowNotFoundError)) nudged.problem ??= grpcReason(error)
  }
}

/** NUDGE-1. null: nobody could be waiting. `parked`: for a key alone. */
function queryOf(settings: Waiting & Pick<NudgeSettings, 'model'>, parked = false): string | null {
  const { config, taskQueue, searchAttributes, provider, model } = settings
  const canWait = parked ? canPark : canWaitAtAll
  const named = Object.values(config.routes).filter(({ candidates }) =>
    candidates.some((other) => other.provider === provider && (model === null || other.model === model)),
  )
  const waiting = named.filter(canWait).map(({ name }) => name)
  // A caller may name a target instead of a route: then the run's route is called like the target.
  const byTarget = canWait(config.policy)
  if (waiting.length === 0 && !byTarget) return null
  const clauses = [
    `WorkflowType = ${quoted(GENERATION_WORKFLOW)}`,
    `ExecutionStatus = 'Running'`,
    ...(isPlain(taskQueue) ? [`TaskQueue = ${quoted(taskQueue)}`] : []),
  ]
  const routes = [...waiting, ...(byTarget && model !== null ? [targetOf(provider, model)] : [])]
  if (searchAttributes && routes.every(isPlain)) {
    const route: SearchAttributeName = 'HoldfastRoute'
    const ways = [
      // A workflow of the user's own starts its generation without it.
      `${route} IS NULL`,
      ...(routes.length === 0 ? [] : [`${route} IN (${routes.map(quoted).join(', ')})`]),
      ...(byTarget && model === null ? [`${route} STARTS_WITH ${quoted(`${provider}/`)}`] : []),
    ]
    clauses.push(`(${ways.join(' OR ')})`)
    const outcome: SearchAttributeName = 'HoldfastOutcome'
    if (parked) clauses.push(`(${route} IS NULL OR ${outcome} = ${quoted(PARKED)})`)
  }
  return clauses.join(' AND ')
}

const canPark = ({ park }: Pick<Route, 'park'>): boolean => park !== undefined

/** Waits for a circuit, between two passes, or for a key. */
const canWaitAtAll = ({ circuit, passes, park }: Pick<Route, 'circuit' | 'passes' | 'park'>): boolean =>
  circuit !== null && (circuit.whenAllOpen === 'wait' || passes > 1 || park !== undefined)

const quoted = (text: string): string => `'${text}'`

/**
 * Quotes and backslashes never match, however they are escaped (server 1.32): such a name is left out of the query, and
 * more generations are notified than need be.
 */
const isPlain = (text: string): boolean => !/['"`\\]/.test(text)
