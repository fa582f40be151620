/** The queries and inputs of a generation's steps, wherever it runs. Pure. */

import type {
  Activities,
  CacheQuery,
  CallProviderInput,
  CallStream,
  CircuitQuery,
  CircuitSnapshot,
  GenerationInput,
} from '../contract/generation'
import { firstCallAmount, isBilled } from '../domain/budgets/billed'
import { mayDispatch, mayRead, mayWrite } from '../domain/caching/cache'
import { type Failure, gaveWay } from '../domain/failures/failure'
import { type AttemptRecord, countCalls } from '../domain/routing/attempt'
import type { DispatchPolicy, DispatchState } from '../domain/routing/dispatch'
import { type Standing, standingsOf } from '../domain/routing/order'
import { makePlan, type Plan } from '../domain/routing/plan'

export function planOf(input: GenerationInput, snapshot: CircuitSnapshot): Plan {
  const { route, request } = input
  const { unusable, blocked = [], spent } = snapshot
  const reasons = new Map(unusable.map(({ provider, reason }) => [provider, reason]))
  const order = orderOf(input, snapshot).map(({ candidate }) => candidate)
  return {
    ...makePlan(route, request, { unusable: reasons, blocked }, order),
    ...(spent === undefined ? {} : { spent }),
  }
}

/** Nothing where it costs nothing, or not its tenant. `since`: when it arrived, epoch milliseconds. */
export function claimOf(
  { id, tenant, route, request, resumed }: Omit<GenerationInput, 'searchAttributes'>,
  since: number,
): Pick<CircuitQuery, 'claim'> {
  if (!isBilled(id, request)) return {}
  const amount = firstCallAmount(request, route.candidates)
  const arrivedAt = resumed?.acceptedAt ?? since
  return { claim: { tenant, generation: id, amount, since: arrivedAt, forMs: route.deadlineMs } }
}

/** In which order its candidates stand, and by what. */
export const orderOf = (
  { id, route, request, seed = id, places }: GenerationInput,
  { latencies = [] }: CircuitSnapshot,
): Standing[] => standingsOf(route, { seed, places, request, latencies })

/** The query to the worker. */
export interface CircuitReader {
  /** At once, where it is known: each promise costs a workflow (docs/benchmarks.md). */
  circuits(fresh: boolean): CircuitSnapshot | Promise<CircuitSnapshot>
  /** What came of it: a step of the caller's own, as a promise behind the reading would be one more. */
  saw(view: CircuitSnapshot): void
  mayHedge(): Promise<boolean>
}

const NOT_TAKEN = { view: null, at: 0 }

/** A run that waited longer for its first task reads the circuits itself. */
export const SNAPSHOT_FRESH_MS = 1_000

export function circuitQuery(
  given: Pick<GenerationInput, 'route' | 'request' | 'stream'>,
  fresh: boolean,
  counted: boolean,
): CircuitQuery {
  const { name, strategy, candidates, order } = given.route
  const targets = candidates.map(({ target, provider, model }) => ({ target, provider, model }))
  return {
    targets,
    fresh,
    ...(counted || strategy.type !== 'hedge'
      ? {}
      : { budget: { route: name, count: { share: strategy.budget } } }),
    ...(order === 'latency' && candidates.length > 1
      ? { latency: { route: name, streamed: isStreamed(given) } }
      : {}),
  }
}

/** Is the provider to stream? */
export const isStreamed = ({
  route,
  request,
  stream,
}: Pick<GenerationInput, 'route' | 'request' | 'stream'>): boolean =>
  request.task === undefined && (route.upstream === 'stream' || stream === true)

/**
 * The first time that a generation reads the circuits counts it, where its route hedges.
 * @param begunAt when the run was started, epoch milliseconds by the same clock as `now`.
 */
export function circuitReader(
  input: GenerationInput,
  readCircuits: Activities['readCircuits'],
  now: () => number,
  begunAt: number,
): CircuitReader {
  const { route, resumed, look, circuitSnapshot = look, deadlineMs } = input
  const { name } = route
  // The first run of its chain has counted it.
  let counted = resumed !== undefined || circuitSnapshot !== undefined
  // What has begun is not stopped by its tenant's budget.
  let begun = resumed !== undefined && resumed.order > 0
  // The caller's clock may be off; it was taken right before the start.
  const takenAt = (at: number): number => (deadlineMs === undefined ? at : begunAt)
  return {
    circuits(fresh) {
      const { at, view } = circuitSnapshot ?? NOT_TAKEN
      if (!fresh && view !== null && now() - takenAt(at) < SNAPSHOT_FRESH_MS) return view
      const query = {
        ...circuitQuery(input, fresh, counted),
        at: now(),
        ...(begun ? {} : claimOf(input, begunAt)),
      }
      counted = true
      return readCircuits(query)
    },
    saw({ spent }) {
      begun ||= spent === undefined
    },
    async mayHedge() {
      const { mayHedge } = await readCircuits({
        targets: [],
        fresh: false,
        budget: { route: name, take: true },
      })
      return mayHedge === true
    },
  }
}

/**
 * Is there another candidate to call meanwhile, now or in a later pass? Then a long Retry-After is not waited for by a
 * call.
 */
export const othersLeft = (state: DispatchState, { passes }: Pick<DispatchPolicy, 'passes'>): boolean => {
  if (state.pass < passes || state.phase !== 'calling') return state.pass < passes
  const { waiting, lastResort, running, gaveWay } = state
  return waiting.length + lastResort.length + gaveWay.length > 0 || running.length > 1
}

export type Chosen = Pick<
  CallProviderInput,
  'candidate' | 'candidateIndex' | 'othersLeft' | 'lastResort' | 'callsBefore'
>

export function callOf(input: GenerationInput, chosen: Chosen, stream: CallStream): CallProviderInput {
  const { id, request, deadlineAt, route, logged } = input
  return {
    generationId: id,
    route: route.name,
    ...chosen,
    request,
    deadlineAt,
    unsupportedParams: route.unsupportedParams,
    streaming: isStreamed(input),
    circuit: route.circuit,
    keep: keepOf(input),
    stream,
    ...(route.rescue === undefined ? {} : { bufferMs: route.rescue.bufferMs }),
    tenant: input.tenant,
    ...(logged === undefined ? {} : { logged }),
    ...(route.promptCache === undefined ? {} : { promptCache: route.promptCache }),
    ...(input.trace === undefined ? {} : { trace: input.trace }),
  }
}

function keepOf({ cache, route }: GenerationInput): CallProviderInput['keep'] {
  if (cache?.key == null || route.cache === null || !mayWrite(cache.control)) return null
  return { key: cache.key, policy: route.cache }
}

/** null: nothing of the cache is wanted. */
export function cacheQuery(
  { cache, route, request, tenant }: GenerationInput,
  purpose: CacheQuery['purpose'],
): CacheQuery | null {
  if (cache == null || cache.key === null || route.cache === null || !mayRead(cache.control)) return null
  const { output, tools } = request
  const mayRenew = mayDispatch(cache.control)
  return { key: cache.key, policy: route.cache, purpose, mayRenew, request: { output, tools }, tenant }
}

/** What was paid at candidates that gave way and may be started once more in the same pass (dispatch.ts, DISPATCH-10). */
export function paidCalls() {
  const paid = new Map<number, number>()
  return {
    /** A pass begins. */
    begin: (): void => paid.clear(),
    before: (candidate: number): number => paid.get(candidate) ?? 0,
    failed({ candidate, failure, records }: GaveWay): void {
      if (gaveWay(failure)) paid.set(candidate, countCalls(records))
    },
  }
}

interface GaveWay {
  candidate: number
  failure: Failure
  records: readonly AttemptRecord[]
}
