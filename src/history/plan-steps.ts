/** What the local activities of a run have recorded: circuits, hedges, the cache, a resolved request. */
import type { CircuitSnapshot, LateResult, ResolvedRequest } from '../contract/generation'
import { SNAPSHOT_FRESH_MS } from '../engine/steps'
import { failureOf, fieldsOf, isFields, numberOf, payloadOf, type RunEvent, textOf } from './events'
import type { Fold, RunSteps } from './step-types'

export function readMarker(fold: Fold, { at, attributes }: RunEvent): void {
  const { steps, read } = fold
  const details = fieldsOf(attributes.details)
  const activity = textOf(fieldsOf(payloadOf(details.data, read)).activity_type)
  const result = payloadOf(details.result, read)
  const failure = failureOf(attributes.failure, read)
  const error = failure === null ? null : (failure.cause?.message ?? failure.message)
  switch (activity) {
    case 'readCircuits':
      noteCircuits(fold, at, failure === null ? (result as CircuitSnapshot) : null)
      return
    case 'lookupCache': {
      const hit = isFields(result) ? result : null
      const { target, ageMs, renew } = hit ?? {}
      const found = { target: textOf(target) ?? '', ageMs: numberOf(ageMs), renew: renew === true }
      // The first is before anything is called; one after it, or after a plan, takes an error's place.
      const late = steps.lookups.length > 0 || fold.plan !== null || steps.input?.resumed !== undefined
      const purpose = late ? 'in_place_of_error' : 'answer'
      steps.lookups.push({ at, purpose, hit: hit === null ? null : found, error })
      return
    }
    case 'lastLook':
      if (result != null) endByLastLook(steps, result as LateResult)
      return
    case 'resolveRequest': {
      const resolved = result as ResolvedRequest | undefined
      const { unresolved } = steps
      if (resolved?.ok !== true || unresolved === null) return
      const { route, request, searchAttributes, cache, seed, places } = resolved
      const { id, tenant } = unresolved
      const deadlineAt = fold.now + route.deadlineMs
      steps.input = { id, tenant, route, request, searchAttributes, cache, seed, places, deadlineAt }
    }
  }
}

/** The call had answered, and Temporal did not know. Another candidate's answer leaves its end as it was. */
function endByLastLook({ calls }: RunSteps, late: LateResult): void {
  const call = calls.findLast(
    ({ end, input }) => end === 'timed_out' && input.stream?.sequence === late.sequence,
  )
  if (call !== undefined && late.answeredBy === undefined)
    Object.assign(call, { end: 'completed', failure: null, details: late })
}

function noteCircuits(fold: Fold, at: number, snapshot: CircuitSnapshot | null): void {
  const { steps } = fold
  if (snapshot?.mayHedge !== undefined) {
    steps.hedges.push({ at, allowed: snapshot.mayHedge })
    fold.hedgeAllowed = snapshot.mayHedge
    return
  }
  if (snapshotIsFresh(fold)) planBySnapshot(fold)
  steps.plans.push({
    at,
    source: snapshot === null ? 'unread' : 'worker',
    snapshot: snapshot ?? { unusable: [] },
  })
  fold.plan = steps.plans.length - 1
}

/**
 * The first plan is made by what the caller's worker saw, where that is new enough: as `circuitReader` of the engine does.
 * Whoever calls or ends without another plan has used it.
 */
export function planBySnapshot(fold: Fold): void {
  const { steps } = fold
  const taken = snapshotOf(steps)
  if (taken == null || steps.plans.length > 0 || steps.lookups.some(({ hit }) => hit !== null)) return
  const at = steps.lookups.at(-1)?.at ?? steps.startedAt
  steps.plans.push({ at, source: 'caller', snapshot: taken.view })
  fold.plan = 0
}

const snapshotOf = ({ input }: RunSteps) => input?.circuitSnapshot ?? input?.look

function snapshotIsFresh({ steps, now }: Fold): boolean {
  const takenAt = steps.input?.deadlineMs === undefined ? snapshotOf(steps)?.at : steps.startedAt
  return takenAt !== undefined && now - takenAt < SNAPSHOT_FRESH_MS
}
