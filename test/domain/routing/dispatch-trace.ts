/** How the property tests of the dispatcher check what it did. */
import fc from 'fast-check'
import { CIRCUIT_CODE, type Failure, type FailureClass } from '../../../src/domain/failures/failure'
import type { DispatchPolicy } from '../../../src/domain/routing/dispatch'
import { drive, type Entry, type Run, type Scenario } from './dispatch-driver'
import { anyScenario } from './dispatch-scenarios'

/** The long suite takes the same checks through more of them. */
const runs = (): number => (expect.getState().testPath?.includes('/test/long/') ? 2_000 : 150)

export const always = (check: (run: Run, scenario: Scenario) => void): void =>
  fc.assert(
    fc.property(anyScenario, (scenario) => check(drive(scenario), scenario)),
    { numRuns: runs() },
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

/** When a call at this candidate itself has named: the latest such moment of these. 0: never. */
export const namedItself = (past: readonly Of<'failed'>[], candidate: number): number =>
  Math.max(
    0,
    ...past
      .filter((one) => one.candidate === candidate && !isRefusal(one))
      .map(({ at, failure: { retryAfterMs = 0 } }) => at + retryAfterMs),
  )

/** Those that a plan of these had shut: what it said may hold them back still where they are last resorts now. */
export const everShut = (rounds: readonly Round[]): ReadonlySet<number> =>
  new Set(rounds.flatMap(({ planned }) => planned.plan.blocked.map(({ candidate }) => candidate)))

/**
 * Till when one that has failed in an earlier pass is left alone, as a person would reckon it: till the moment that its
 * last failure has named, else a pause that doubles from pass to pass; and 1 s at the least. 0: it has not failed.
 */
export function heldUntil(past: readonly Of<'failed'>[], candidate: number): number {
  const last = past.findLast((one) => one.candidate === candidate)
  if (last === undefined) return 0
  const endedAt = Math.max(...past.filter(({ pass }) => pass === last.pass).map(({ at }) => at))
  const { retryAfterMs } = last.failure
  const named = retryAfterMs === undefined ? endedAt + 1_000 * 2 ** (last.pass - 1) : last.at + retryAfterMs
  return Math.max(endedAt + 1_000, named)
}

/** The same by its own calls alone: what a circuit said may be void by now. */
export function heldByItself(past: readonly Of<'failed'>[], candidate: number): number {
  const last = past.findLast((one) => one.candidate === candidate)
  return last !== undefined && isRefusal(last) ? namedItself(past, candidate) : heldUntil(past, candidate)
}

export const isRefusal = ({ failure }: { failure: Failure }): boolean => failure.code === CIRCUIT_CODE

/** Kept apart from RULES on purpose: what a person would say. */
const LASTING: readonly FailureClass[] = [
  'invalid_request',
  'content_refused',
  'context_too_long',
  'unsupported',
  'request_too_large',
]
const stopsAll = (failure: Failure, policy: DispatchPolicy): boolean =>
  (failure.class === 'invalid_request' && failure.proved === true) ||
  failure.class === 'cancelled' ||
  (failure.class === 'content_refused' && !policy.fallbackOnRefusal)

/** D11: have two providers called it invalid in one pass? */
const isInvalid = (failures: readonly Of<'failed'>[], policy: DispatchPolicy): boolean =>
  failures.some((one) =>
    failures.some(
      (other) =>
        one.pass === other.pass &&
        one.failure.class === 'invalid_request' &&
        other.failure.class === 'invalid_request' &&
        policy.candidates[one.candidate]?.provider !== policy.candidates[other.candidate]?.provider,
    ),
  )

/** May `other` still start after all these failures? */
export const mayStartAfter = (
  failures: readonly Of<'failed'>[],
  other: number,
  policy: DispatchPolicy,
): boolean => !isInvalid(failures, policy) && failures.every((one) => mayStart(one, other, policy))

/** May `other` still start after `candidate` failed like this? */
function mayStart({ candidate, failure }: Of<'failed'>, other: number, policy: DispatchPolicy): boolean {
  if (stopsAll(failure, policy)) return false
  const provider = (index: number) => policy.candidates[index]?.provider
  if (failure.class === 'invalid_request' && provider(other) === provider(candidate)) return false
  if (other === candidate) return !LASTING.includes(failure.class)
  const had = policy.candidates[candidate]?.facts.contextTokens
  const has = policy.candidates[other]?.facts.contextTokens
  if (failure.class !== 'context_too_long' || had === undefined || has === undefined) return true
  return has > had
}
