/** A prepared request -> what its workflow is started with, whoever starts it. */
import type { WorkflowStartOptions } from '@temporalio/client'
import { HoldfastError } from '../contract/errors'
import {
  type CircuitSnapshot,
  COUNT_WORKFLOW,
  GENERATION_WORKFLOW,
  type GenerationInput,
} from '../contract/generation'
import { startAttributes } from '../contract/generation-attributes'
import { generationMemo } from '../contract/generation-memo'
import { mayRead } from '../domain/caching/cache'
import { spentGeneration } from '../domain/failures/failed-generation'
import type { Metadata } from '../domain/request/metadata'
import { routeDetails } from '../domain/routing/report'
import { circuitQuery, claimOf, SNAPSHOT_FRESH_MS } from '../engine/steps'
import { fairnessKeyOf } from './identity'
import type { InternalOptions } from './internal'
import type { PreparedStart } from './prepare-start'
import { EXECUTION_MARGIN_MS } from './stuck'

/** A workflow task lost with its worker is given to another one after this. */
const WORKFLOW_TASK_TIMEOUT_MS = 5_000

export interface RunOptions {
  /** Of the request, by `bodyHash`. */
  body: string
  /** The same less the client's labels. */
  unlabelled: string
  metadata: Metadata
  /** Pairs of it, for the search attribute, where there is one. */
  searchable: readonly string[]
  /** `key`: the caller's, for this body and no other. `request`: that of all equal ones in flight. null: its own. */
  shared: 'key' | 'request' | null
  /** Which goes first where tasks wait for a worker: 1 to 5. Its calls inherit it. Default: the server's, 3. */
  priority?: number | undefined
}

/** All but where it runs, what it is given, and what becomes of a run that is there already. */
export const runOptions = (
  { id, route, tenant, deadlineAt, searchAttributes }: GenerationInput,
  { body, unlabelled, metadata, searchable, shared, priority }: RunOptions,
) =>
  ({
    workflowId: id,
    workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    workflowExecutionTimeout: lifetimeMs(route),
    memo: generationMemo({
      ...{ tenant, body, unlabelled, metadata },
      deadlineAt: shared === 'request' ? deadlineAt : null,
    }),
    staticSummary: `${route.name}: ${route.candidates.map(({ target }) => target).join(', ')}`,
    staticDetails: routeDetails(route, deadlineAt),
    ...(searchAttributes ? { typedSearchAttributes: startAttributes(route.name, tenant, searchable) } : {}),
    ...priorityOf(priority, tenant),
  }) satisfies Partial<WorkflowStartOptions>

export const workflowOf = ({ request }: GenerationInput): string =>
  request.task?.type === 'count' ? COUNT_WORKFLOW : GENERATION_WORKFLOW

/** Queued work of several tenants takes turns; the calls of a generation inherit it. Keys have at most 64 bytes. */
function priorityOf(priorityKey: number | undefined, tenant: string | null) {
  if (priorityKey === undefined && tenant === null) return {}
  const fairnessKey = tenant === null ? undefined : fairnessKeyOf(tenant)
  return {
    priority: { ...(priorityKey === undefined ? {} : { priorityKey }), ...(fairnessKey && { fairnessKey }) },
  }
}

/** The wait for its turn among the starts may have made it old; the run can't check its age, by another clock. */
export function withFreshSnapshot({ circuitSnapshot, ...input }: GenerationInput): GenerationInput {
  const fresh = circuitSnapshot !== undefined && Date.now() - circuitSnapshot.at < SNAPSHOT_FRESH_MS
  return fresh ? { ...input, circuitSnapshot } : input
}

/** Its tenant's budget is spent, and nobody waits: nothing is started, unless the cache may have an answer. */
function refuseSpent(view: CircuitSnapshot | undefined, id: string, cache: PreparedStart['cache']): void {
  const spent = view?.spent
  if (spent === undefined || spent.waits || (cache != null && mayRead(cache.control))) return
  throw new HoldfastError({ ...spentGeneration(spent), accepted: false, generationId: id })
}

/** The workflow's input, by the caller's clock. Throws HoldfastError `budget_spent`. */
export async function inputOf(
  { id, route, request, cache, shadow, seed, places, stream, logged, trace }: PreparedStart,
  tenant: string | null,
  startedAt: number,
  circuitSnapshot: InternalOptions['circuitSnapshot'],
): Promise<Omit<GenerationInput, 'searchAttributes'>> {
  const { deadlineMs } = route
  const view = await circuitSnapshot?.({
    ...circuitQuery({ route, request, stream }, false, false),
    ...claimOf({ id, tenant, route, request, deadlineAt: startedAt + deadlineMs }, startedAt),
  })
  refuseSpent(view, id, cache)
  return {
    id,
    tenant,
    route,
    request,
    deadlineAt: startedAt + deadlineMs,
    deadlineMs,
    cache,
    stream,
    shadow,
    ...(seed === undefined ? {} : { seed }),
    ...(places === undefined ? {} : { places }),
    ...(logged === undefined ? {} : { logged }),
    trace,
    circuitSnapshot: view === undefined ? undefined : { view, at: Date.now() },
  }
}

/** One that was parked has its whole deadline again when the key is mended. */
const lifetimeMs = ({ deadlineMs, park }: GenerationInput['route']): number =>
  deadlineMs + EXECUTION_MARGIN_MS + (park === undefined ? 0 : park.forMs + deadlineMs)
