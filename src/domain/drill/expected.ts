/**
 * What a route's own policy promises under a fault, and whether a generation kept it. Read from the route alone, and not
 * from how the dispatcher went about it.
 *
 * EXPECTED-1 Where a candidate that is healthy may be called after the failure, one of them answers.
 * EXPECTED-2 A fault that passes is also answered by the one that had it, where the policy calls it again.
 * EXPECTED-3 Else the error is that of the fault, and no other.
 * EXPECTED-4 Chance may make it better: a cut answer goes on at the same target, or a hedge was under way already.
 */
import { type FailureClass, ruleOf } from '../failures/failure'
import { couldMend } from '../routing/dispatch-passes'
import type { Candidate, Route } from '../routing/route'
import { type DrillFault, type FaultScope, stepOf } from './faults'

export interface Expected {
  /** Targets, one of which has to answer. Empty: nobody can. */
  answeredBy: string[]
  /** The error that the fault may end in. null: it must be answered. */
  failed: { kinds: string[]; class: FailureClass } | null
}

/** What became of a generation. */
export interface DrillOutcome {
  /** `answered`, the kind of its error, or how Temporal says that it ended. */
  outcome: string
  /** Who answered. */
  target: string | null
  failureClass: string | null
}

/** Candidates, by their place, that have the fault. */
export function victimsOf(
  { scope }: Pick<DrillFault, 'scope'>,
  { candidates }: Pick<Route, 'candidates'>,
  unusable: ReadonlySet<string>,
): number[] {
  const usable = usableOf(candidates, unusable)
  const first = candidates[usable[0] ?? -1]
  if (first === undefined) return []
  const has: Record<FaultScope, (one: Candidate) => boolean> = {
    all: () => true,
    provider: ({ provider }) => provider === first.provider,
    target: ({ target }) => target === first.target,
  }
  return usable.filter((index) => {
    const one = candidates[index]
    return one !== undefined && has[scope](one)
  })
}

/** By place: those whose provider can be called. */
export const usableOf = (candidates: readonly Candidate[], unusable: ReadonlySet<string>): number[] =>
  candidates.flatMap(({ provider }, index) => (unusable.has(provider) ? [] : [index]))

/**
 * `route` as it runs in the drill: its durations are scaled, and so is what the fault waits for.
 * @param strict whatever can be survived has to be answered, by whatever policy
 */
export function expectedOf(
  fault: DrillFault,
  route: Route,
  unusable: ReadonlySet<string>,
  { scale, strict }: { scale: number; strict: boolean },
): Expected {
  const { candidates } = route
  const victims = victimsOf(fault, route, unusable)
  const healthy = usableOf(candidates, unusable).filter((index) => !victims.includes(index))
  const survivors = healthy.filter(
    (other) =>
      // What runs at the same time may win whatever another one fails of.
      route.strategy.type === 'race' ||
      victims.every((victim) => couldMend(policyOf(route), failureOf(fault), victim, other)),
  )
  const recovering = victims.filter((index) => recovers(fault, route, candidates[index], healthy, scale))
  const answeredBy = targetsOf(candidates, [...survivors, ...recovering])
  if (strict && fault.survivable)
    return { answeredBy: targetsOf(candidates, [...victims, ...healthy]), failed: null }
  if (answeredBy.length > 0) return { answeredBy, failed: null }
  // EXPECTED-4
  const rescued = fault.streamed === true && fault.class === 'bad_response' ? victims : []
  const hedged = route.strategy.type === 'hedge' ? healthy : []
  return { answeredBy: targetsOf(candidates, [...rescued, ...hedged]), failed: errorOf(fault) }
}

export function isAsExpected({ answeredBy, failed }: Expected, end: DrillOutcome): boolean {
  if (end.outcome === 'answered') return end.target !== null && answeredBy.includes(end.target)
  if (failed === null || !failed.kinds.includes(end.outcome)) return false
  // The deadline may come while a call to one that has the fault is under way.
  return (
    end.failureClass === failed.class ||
    (end.outcome === 'deadline_exceeded' && end.failureClass === 'timeout')
  )
}

/** EXPECTED-2 */
function recovers(
  fault: DrillFault,
  { passes }: Route,
  candidate: Candidate | undefined,
  healthy: readonly number[],
  scale: number,
): boolean {
  const first = stepOf(fault, 0)
  if (candidate === undefined || fault.steps.length < 2 || ruleOf(fault.class).retry === 'no') return false
  const { maximumAttempts, maxWaitMs } = candidate.retry
  const waits = (first?.retryAfterMs ?? 0) * scale <= maxWaitMs || (healthy.length === 0 && passes === 1)
  return maximumAttempts > 1 && waits
}

/** EXPECTED-3 */
function errorOf({ class: failureClass }: DrillFault): Expected['failed'] {
  const { kind } = ruleOf(failureClass)
  return { kinds: kind === 'invalid_request' ? [kind] : [kind, 'deadline_exceeded'], class: failureClass }
}

const failureOf = ({ class: failureClass, says }: DrillFault) => ({ class: failureClass, message: says })

/** The deadline is the run's business. */
const policyOf = (route: Route) => ({ ...route, deadlineAt: Number.POSITIVE_INFINITY })

const targetsOf = (candidates: readonly Candidate[], places: readonly number[]): string[] => [
  ...new Set(places.flatMap((place) => candidates[place]?.target ?? [])),
]
