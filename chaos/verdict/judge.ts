/**
 * What must hold whatever fails, counted over what a run has seen. Pure.
 *
 * JUDGE-1 Nothing is lost: what was accepted has an end, for its caller and in the cluster, within its deadline. The time
 *    for which the fault stood is added: while Temporal is away, no deadline can end anything.
 * JUDGE-2 Nothing is answered wrongly: a text is one that a provider has completed for this very prompt, and the cluster has
 *    the same one. A cut answer is none.
 * JUDGE-3 What was completed and committed is not paid again: no call of a generation begins after the call whose answer
 *    counts has completed.
 * JUDGE-4 A completed call whose answer was never committed is the known gap: it is counted apart, and only where the fault
 *    can cause it, or where it was a slow probe's that the next candidate had overtaken (docs/circuits.md).
 * JUDGE-5 One call at a time probes, and afterwards all workers see the same circuits.
 */
import { answerOf } from './answers'
import { groupBy } from './group'
import type { FaultWindow, Observed, ProviderCall, RequestRecord } from './types'

export interface Violation {
  count: 'lost' | 'wrong' | 'paidTwice' | 'probes' | 'circuits'
  what: string
}

export interface Judged {
  violations: Violation[]
  /** JUDGE-4 */
  gap: number
}

/** On a machine that is busy: from the end of what could not end, to its caller's. */
const LATE_GRACE_MS = 30_000
/** A hedge, or the next candidate of a probe that is slow, is started while an answer may be on its way, and can't know of it. */
const HEDGE_OVERLAP_MS = 2_000
/** Until a worker that was away has read what the others know. */
const CIRCUITS_SETTLE_MS = 15_000

export function judge(observed: Observed): Judged {
  const callsOf = groupBy(observed.calls, ({ prompt }) => prompt)
  const paid = observed.requests.map((request) => paidAgain(request, callsOf.get(request.prompt) ?? []))
  const isGap = (one: Paid): boolean => one.overtaken || (one.uncommitted && observed.losesCommits)
  return {
    gap: paid.filter((one) => one !== null && isGap(one)).length,
    violations: [
      ...observed.requests.flatMap((request) => lost(request, observed)),
      ...observed.requests.flatMap((request) => wrong(request, callsOf.get(request.prompt) ?? [], observed)),
      ...paid.flatMap((one) =>
        one === null || isGap(one) ? [] : [{ count: 'paidTwice' as const, what: one.what }],
      ),
      ...overlappingProbes(observed),
      ...observed.circuitDifferences.map((what) => ({ count: 'circuits' as const, what })),
    ],
  }
}

const named = ({ kind, id, prompt }: RequestRecord): string => `${kind} ${id ?? 'without id'} (${prompt})`

/** JUDGE-1 */
function lost(request: RequestRecord, { deadlineMs, window }: Observed): Violation[] {
  const { end, final, accepted, startedAt, endedAt } = request
  const violation = (why: string): Violation[] => [{ count: 'lost', what: `${named(request)}: ${why}` }]
  if (final?.state === 'running') return violation('it still runs')
  if (final?.state === 'unreadable') return violation(`it can't be read: ${final.reason}`)
  // `unavailable` says that its start may have come to nothing.
  if (final?.state === 'absent' && !(end.type === 'failed' && end.kind === 'unavailable'))
    return violation('the cluster does not know it')
  if (accepted && (end.type === 'none' || end.type === 'broken')) return violation('its caller got no end')
  const limitMs = deadlineMs + overlapMs(window, startedAt, endedAt) + LATE_GRACE_MS
  if (accepted && endedAt - startedAt > limitMs)
    return violation(`its end came after ${endedAt - startedAt} ms`)
  return []
}

const overlapMs = (window: FaultWindow, from: number, to: number): number =>
  Math.max(0, Math.min(window.endedAt, to) - Math.max(window.beganAt, from))

/** JUDGE-2 */
function wrong(request: RequestRecord, calls: readonly ProviderCall[], observed: Observed): Violation[] {
  const { end, final, prompt, cached } = request
  if (end.type !== 'answered') return []
  const violation = (why: string): Violation[] => [
    { count: 'wrong', what: `${named(request)}: ${why}: ${JSON.stringify(end.text)}` },
  ]
  const completed = calls.filter((call) => call.completed).map(({ target }) => answerOf(target, prompt))
  const earlier = cached ? (observed.earlierAnswers.get(prompt) ?? new Set<string>()) : new Set<string>()
  if (!completed.includes(end.text) && !earlier.has(end.text))
    return violation('no provider has completed this')
  if (final?.state === 'answered' && final.text !== end.text)
    return violation(`the cluster has another answer, ${JSON.stringify(final.text)}`)
  if (final?.state === 'failed' || final?.state === 'cancelled')
    return violation(`the cluster says ${final.state} (${final.kind})`)
  return []
}

interface Paid {
  what: string
  /** Its answer is not the generation's. */
  uncommitted: boolean
  /** And another candidate was called while it was under way, as it is to be. */
  overtaken: boolean
}

/** JUDGE-3, JUDGE-4 */
function paidAgain(
  { final, cached, overlaps, probed, ...request }: RequestRecord,
  calls: readonly ProviderCall[],
): Paid | null {
  // Of a cached prompt many generations are asked.
  if (cached) return null
  const again = (first: ProviderCall) =>
    calls.find(
      (call) => call !== first && call.receivedAt > (first.endedAt ?? 0) + (overlaps ? HEDGE_OVERLAP_MS : 0),
    )
  const first = calls.find((call) => call.completed && again(call) !== undefined)
  const second = first && again(first)
  if (first === undefined || second === undefined) return null
  const committed = final?.state === 'answered' && final.winner === first.requestId
  const afterMs = second.receivedAt - (first.endedAt ?? 0)
  const what = `${named({ final, cached, overlaps, probed, ...request })}: ${first.requestId} had completed, and ${afterMs} ms later ${second.requestId} was called`
  const beside = calls.some(
    ({ receivedAt }) => receivedAt > first.receivedAt && receivedAt < (first.endedAt ?? 0),
  )
  return { what, uncommitted: !committed, overtaken: !committed && probed && beside }
}

/** JUDGE-5: while the cluster is whole. Its calls fail as one run, from one success to the next. */
function overlappingProbes({ calls, probedTarget, window, fault }: Observed): Violation[] {
  const isQuiet = ({ receivedAt }: ProviderCall): boolean =>
    receivedAt < window.beganAt || receivedAt > window.endedAt + CIRCUITS_SETTLE_MS
  const probed = calls.filter(({ target }) => target === probedTarget)
  const failures = runsOfFailures(probed).flatMap((run) =>
    run.filter((call) => call.receivedAt > openedAt(run)),
  )
  return failures.filter(isQuiet).flatMap((call, at, all) => {
    const earlier = all.slice(0, at).find(({ endedAt }) => endedAt === null || endedAt > call.receivedAt)
    if (earlier === undefined) return []
    return [{ count: 'probes', what: `${fault}: ${call.requestId} probed beside ${earlier.requestId}` }]
  })
}

/** A worker that is not among those whose reports opened the circuit learns of it by its next read. */
const OPENING_MS = 3_000
const FAILURES_TO_OPEN = 3

function openedAt(run: readonly ProviderCall[]): number {
  const third = run[FAILURES_TO_OPEN - 1]
  return third === undefined ? Number.POSITIVE_INFINITY : (third.endedAt ?? third.receivedAt) + OPENING_MS
}

function runsOfFailures(calls: readonly ProviderCall[]): ProviderCall[][] {
  const runs: ProviderCall[][] = [[]]
  for (const call of calls) {
    if (call.completed) runs.push([])
    else runs.at(-1)?.push(call)
  }
  return runs
}
