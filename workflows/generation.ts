/**
 * One generation: read the circuits, plan, dispatch, answer. Deterministic; every call is an activity.
 *
 * GENERATION-1 The resolved route is in the input: what a run does depends on nothing but its input and its
 *    activities' recorded results.
 * GENERATION-2 The attempts of every ended candidate are in the result, or in the details of the one failure;
 *    those of a candidate that was cancelled between two attempts are lost (call-provider.ts,
 *    CALL-PROVIDER-2).
 * GENERATION-3 A generation that could not be answered fails with exactly one GENERATION_FAILED.
 * GENERATION-4 A long one is continued as new in a pause between passes, and nobody who waits for it notices.
 * GENERATION-5 Records are bounded by bytes wherever they leave the run: what the cluster can't carry would
 *    keep it from its end.
 * GENERATION-6 Its deadline is counted by Temporal's clock, from its start: a caller's clock may be off.
 * GENERATION-7 A run stays with the build that began it: another one's code need not fit its history. Where it is
 *    continued as new it moves to the current build, and where there is a newer one it is continued as new at its next
 *    pause (host.ts).
 * GENERATION-8 Only a run of the type `drillGeneration` reads a drill's mark; `generation` does nothing with one.
 */
import {
  type ApplicationFailure,
  CancelledFailure,
  defineQuery,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import { ATTEMPTS_QUERY } from '../src/contract/attempts-query'
import type { DrilledInput, DrillMark } from '../src/contract/drill'
import { expectedFailure } from '../src/contract/expected-failure'
import {
  type Activities,
  GENERATION_FAILED,
  type GenerationFailedDetails,
  type GenerationInput,
  type GenerationResult,
  MAX_CARRIED_BYTES,
  MAX_REPORTED_BYTES,
  type Parked,
  type UnresolvedInput,
} from '../src/contract/generation'
import { outcomeAttributes } from '../src/contract/generation-attributes'
import type { FailedGeneration } from '../src/domain/failures/failed-generation'
import { jsonBytes } from '../src/domain/request/json'
import { logFields } from '../src/domain/request/metadata'
import { type AttemptRecord, boundedRecords } from '../src/domain/routing/attempt'
import type { CarriedDispatch } from '../src/domain/routing/dispatch'
import { continuedDetails, type Ended, endDetails } from '../src/domain/routing/report'
import { ENVELOPE_BYTES } from '../src/engine/result'
import { runGeneration } from '../src/engine/run-generation'
import { type CircuitReader, circuitReader } from '../src/engine/steps'
import type { Progress } from '../src/engine/types'
import { betweenBuilds } from './between-builds'
import { openLane } from './express-lane'
import { fromCache, renew } from './from-cache'
import { logOf, parkingHost, planHost } from './host'
import { lookAt } from './last-look'
import { LOCAL_LIMITS } from './local-limits'
import { reportEnded } from './reports'
import { shadowed } from './shadow'

const { readCircuits, resolveRequest } =
  proxyLocalActivities<Pick<Activities, 'readCircuits' | 'resolveRequest'>>(LOCAL_LIMITS)

/** Throws GENERATION_FAILED with GenerationFailedDetails, or CancelledFailure. */
export function generation(given: GenerationInput | UnresolvedInput): Promise<GenerationResult> {
  return 'asked' in given ? resolve(given).then((input) => run(input, null)) : run(given, null)
}

/** GENERATION-8 */
export function drillGeneration(given: DrilledInput): Promise<GenerationResult> {
  return run(given, given.drill)
}

// GENERATION-7
for (const workflow of [generation, drillGeneration]) setWorkflowOptions(betweenBuilds('PINNED'), workflow)

/**
 * A workflow of the user's own has no config: the worker resolves the request by its own, once, and the history keeps
 * the result.
 */
async function resolve({ id, tenant, asked, trace }: UnresolvedInput): Promise<GenerationInput> {
  const resolved = await resolveRequest(asked, tenant).catch((error: unknown) => {
    if (isCancellation(error)) throw error
    throw endedEarly('unavailable', 'The worker could not resolve the request: its log says why')
  })
  if (resolved.ok) {
    const { ok: _ok, ...settled } = resolved
    return { id, tenant, ...settled, deadlineAt: Date.now() + settled.route.deadlineMs, trace }
  }
  throw endedEarly('invalid_request', resolved.message)
}

function endedEarly(kind: GenerationFailedDetails['kind'], message: string): ApplicationFailure {
  const details: GenerationFailedDetails = { kind, message, failureClass: null, retryAt: null, attempts: [] }
  return expectedFailure({ type: GENERATION_FAILED, message, details })
}

/** Epoch milliseconds. Of this run. */
const begunAt = (): number => workflowInfo().startTime.getTime()

/** Epoch milliseconds. Of its chain; of one that an older build carried on, when its first run began to work. */
const acceptedAt = ({ resumed }: GenerationInput): number =>
  resumed === undefined ? begunAt() : (resumed.acceptedAt ?? resumed.startedAt)

/** GENERATION-6 */
const timed = ({ deadlineMs, ...input }: GenerationInput): GenerationInput =>
  deadlineMs === undefined ? input : { ...input, deadlineAt: begunAt() + deadlineMs }

function run(given: GenerationInput, drill: DrillMark | null): Promise<GenerationResult> {
  const input = timed(given)
  const { resumed } = input
  const startedAt = resumed?.startedAt ?? Date.now()
  const progress: Progress = { records: resumed?.records ?? [], sequence: resumed?.order ?? 0 }
  const { records } = progress
  const lane = input.route.express && drill === null ? openLane(input) : null
  setHandler(defineQuery<AttemptRecord[]>(ATTEMPTS_QUERY), () => boundedRecords(records, MAX_REPORTED_BYTES))
  const ended = runGeneration(
    input,
    {
      ...planHost(input, readerOf(given, drill), records, drill, lane),
      lookup: (purpose) => fromCache(input, purpose),
      lastLook: (sequence) =>
        lookAt({ logId: logOf(input), sequence, exclusive: true, candidateIndex: null }),
      renew: () => renew(input),
      ended: (end) => recordOutcome(input, records, end, startedAt, drill),
      failure: (failed) => failureOf(failed, records),
      cancellation: () => new CancelledFailure('The generation was cancelled'),
      // A drill waits for nobody.
      parking:
        drill === null && input.route.park !== undefined ? parkingHost(input, records, lane) : undefined,
      rest(dispatch, parked) {
        setCurrentDetails(continuedDetails(records, input.route.candidates))
        return onCurrentBuild(goOn(input, { dispatch, parked }, progress, startedAt))
      },
    },
    progress,
    startedAt,
  )
  const { shadow } = input
  return shadow === undefined ? ended : shadowed(ended, input, shadow)
}

/** A drill knows what its worker can call, and nothing of circuits and budgets. */
const readerOf = (given: GenerationInput, drill: DrillMark | null): CircuitReader =>
  drill === null
    ? circuitReader(given, readCircuits, Date.now, begunAt())
    : { circuits: () => ({ unusable: drill.unusable }), saw: () => undefined, mayHedge: async () => true }

/** GENERATION-7. Never returns. */
const onCurrentBuild = (input: GenerationInput): Promise<never> =>
  makeContinueAsNewFunc<typeof generation>({ initialVersioningBehavior: 'AUTO_UPGRADE' })(input)

/** GENERATION-4 */
function goOn(
  input: GenerationInput,
  { dispatch, parked }: { dispatch: CarriedDispatch; parked: Parked | undefined },
  { records, sequence }: Progress,
  startedAt: number,
): GenerationInput {
  const waits = parked === undefined ? {} : { parked }
  const bare = {
    dispatch,
    order: sequence,
    startedAt,
    acceptedAt: acceptedAt(input),
    log: logOf(input),
    ...waits,
  }
  // What the caller's worker saw at the start is out of date by now.
  const { circuitSnapshot: _snapshot, look: _look, ...lasting } = input
  const rest = jsonBytes({ ...lasting, resumed: { ...bare, records: [] } })
  return { ...lasting, resumed: { ...bare, records: boundedRecords(records, MAX_CARRIED_BYTES - rest) } }
}

/** GENERATION-3, GENERATION-5 */
function failureOf(failed: FailedGeneration, records: AttemptRecord[]): ApplicationFailure {
  // The message stands in the failure once more.
  const rest = 2 * jsonBytes(failed) + ENVELOPE_BYTES
  const attempts = boundedRecords(records, MAX_CARRIED_BYTES - rest)
  const details: GenerationFailedDetails = { ...failed, attempts }
  return expectedFailure({ type: GENERATION_FAILED, message: failed.message, details })
}

/**
 * The end, once, for people: search attributes, the Web UI's details, one log line, one span. A fresh answer of the cache
 * costs no attribute: of all runs those are the most.
 */
function recordOutcome(
  input: GenerationInput,
  records: AttemptRecord[],
  ended: Ended,
  startedAt: number,
  drill: DrillMark | null,
): void {
  const { searchAttributes, route, cache } = input
  const { candidates } = route
  const totalMs = Date.now() - startedAt
  if (searchAttributes && ended.served !== 'cache')
    upsertSearchAttributes(outcomeAttributes({ ...ended, records, candidates, totalMs }, searchAttributes))
  setCurrentDetails(endDetails(candidates, records, ended, { totalMs, cacheKey: cache?.key ?? null }))
  const { outcome, target } = ended
  // A drill's failures are its own.
  const event = drill === null ? 'generation' : 'drill_generation'
  log[outcome === 'answered' || drill !== null ? 'info' : 'warn'](event, {
    event,
    generation: input.id,
    route: route.name,
    outcome,
    target,
    attempts: records.length,
    totalMs,
    ...logFields(input.logged),
  })
  reportEnded(input, records, ended, { run: logOf(input), acceptedAt: acceptedAt(input) })
}
