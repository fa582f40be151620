/** How the property tests of the dispatcher look at what it did. */
import fc from 'fast-check'
import type { DispatchPolicy } from '../../src/domain/dispatch'
import { CIRCUIT_CODE, type Failure, type FailureClass } from '../../src/domain/failure'
import { anyScenario, drive, type Entry, type Run, type Scenario } from './dispatch-driver'

export const always = (check: (run: Run, scenario: Scenario) => void): void =>
  fc.assert(
    fc.property(anyScenario, (scenario) => check(drive(scenario), scenario)),
    { numRuns: 1_000 },
  )

/** `expect` costs too much for so many checks. */
export function must(holds: boolean, fault: string, where: unknown): void {
  if (!holds) throw new Error(`${fault}: ${JSON.stringify(where)}`)
}

export type Of<T extends Entry['type']> = Extract<Entry, { type: T }>
export const only = <T extends Entry['type']>(trace: readonly Entry[], type: T): Of<T>[] =>
  trace.filter((entry): entry is Of<T> => entry.type === type)

export interface Round {
  planned: Of<'planned'>
  starts: Of<'start'>[]
  failures: Of<'failed'>[]
}

/** By plan, in order. */
export const roundsOf = ({ trace }: Run): Round[] => {
  const starts = only(trace, 'start')
  const failures = only(trace, 'failed')
  return only(trace, 'planned').map((planned) => ({
    planned,
    starts: starts.filter(({ round }) => round === planned.round),
    failures: failures.filter(({ round }) => round === planned.round),
  }))
}

/** Each start with the failures before it. */
export const startsWithPast = (run: Run): { start: Of<'start'>; past: Of<'failed'>[] }[] =>
  run.trace.flatMap((start, index) =>
    start.type === 'start' ? [{ start, past: only(run.trace.slice(0, index), 'failed') }] : [],
  )

/** Was it nudged out of a pause between these moments, both included? */
export const nudgedBetween = ({ trace }: Run, from: number, to: number): boolean =>
  only(trace, 'nudged').some(({ at }) => at >= from && at <= to)

export const isRefusal = ({ failure }: { failure: Failure }): boolean => failure.code === CIRCUIT_CODE

/** Told apart from RULES on purpose: what a person would say. */
const LASTING: readonly FailureClass[] = ['content_refused', 'context_too_long', 'unsupported']
const stopsAll = (failure: Failure, policy: DispatchPolicy): boolean =>
  failure.class === 'invalid_request' ||
  failure.class === 'cancelled' ||
  (failure.class === 'content_refused' && !policy.fallbackOnRefusal)

/** May `other` still start after `candidate` failed like this? */
export function mayStart(
  { candidate, failure }: Of<'failed'>,
  other: number,
  policy: DispatchPolicy,
): boolean {
  if (stopsAll(failure, policy)) return false
  if (other === candidate) return !LASTING.includes(failure.class)
  const had = policy.candidates[candidate]?.facts.contextTokens
  const has = policy.candidates[other]?.facts.contextTokens
  if (failure.class !== 'context_too_long' || had === undefined || has === undefined) return true
  return has > had
}
