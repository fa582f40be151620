/**
 * Carries out what the dispatcher says, as `workflows/run-plan.ts` does it, with this process' own clock and timers.
 *
 * P1 A winner's siblings are hung up, and their records awaited for at most LOSER_WAIT_MS.
 */
import type { ActivityDeps } from '../../../activities'
import type { CallProviderResult, GenerationInput } from '../../contract/generation'
import { callOf, type Look, othersLeft, paidCalls, planOf } from '../../contract/plan-steps'
import type { AttemptRecord } from '../../domain/attempt'
import { beginDispatch, type DispatchEnd, type DispatchEvent, dispatch } from '../../domain/dispatch'
import type { Plan } from '../../domain/plan'
import type { Candidate } from '../../domain/route'
import { pauseUntil } from './pause'
import { runCandidate, type Settled } from './run-candidate'

const LOSER_WAIT_MS = 1_000

interface Answered {
  type: 'answered'
  candidate: Candidate
  result: CallProviderResult
}

export type PlanEnd =
  | Answered
  /** `plan`: the last one that was made. */
  | { type: 'unanswered'; end: Exclude<DispatchEnd, { type: 'succeeded' }>; plan: Plan }
  | { type: 'cancelled' }

interface Run {
  ended: AbortController
  settled: Promise<Settled>
}

/** Adds each ended candidate's attempts to `records`. */
export async function runPlan(
  deps: ActivityDeps,
  input: GenerationInput,
  look: Look,
  records: AttemptRecord[],
  signal: AbortSignal,
): Promise<PlanEnd> {
  const { candidates } = input.route
  const alone = input.route.strategy.type === 'sequence'
  const policy = { ...input.route, deadlineAt: input.deadlineAt }
  const running = new Map<number, Run>()
  let state = beginDispatch()
  let event: DispatchEvent = { type: 'began' }
  let plan: Plan = { ready: [], lastResort: [], blocked: [], dropped: [] }
  let found: Answered | null = null
  let order = 0
  const paid = paidCalls()

  const begin = (index: number, candidate: Candidate, lastResort: boolean): Run => {
    order += 1
    const place = { log: input.id, order, alone }
    const chosen = {
      candidate,
      candidateIndex: index,
      othersLeft: othersLeft(state, policy),
      lastResort,
      callsBefore: paid.before(index),
    }
    const call = callOf(input, chosen, place)
    const ended = new AbortController()
    return { ended, settled: runCandidate(deps, call, AbortSignal.any([signal, ended.signal])) }
  }

  try {
    for (;;) {
      const step = dispatch(policy, state, event, deps.now())
      state = step.state
      const { action } = step
      if (action.type === 'finish') return planEnd(action.end, plan, found)
      if (action.type === 'plan') {
        plan = planOf(input, await look.circuits(action.fresh))
        paid.begin()
        event = { type: 'planned', plan }
        continue
      }
      if (action.type === 'hedge') {
        event = { type: 'hedge', allowed: await look.mayHedge() }
        continue
      }
      if (action.type === 'attempt')
        for (const index of action.candidates) {
          const candidate = candidates[index]
          if (candidate !== undefined) running.set(index, begin(index, candidate, action.lastResort))
        }
      const next = await nextEvent(running, action.wakeAt, deps.now(), signal)
      if (signal.aborted) return { type: 'cancelled' }
      if (!('records' in next)) {
        event = next
        continue
      }
      running.delete(next.candidate)
      records.push(...next.records)
      if (next.type === 'cancelled') return { type: 'cancelled' }
      if (next.type === 'failed') paid.failed(next)
      if (next.type === 'succeeded') {
        const candidate = candidates[next.result.answeredBy ?? next.candidate]
        if (candidate !== undefined) found = { type: 'answered', candidate, result: next.result }
      }
      event = next
    }
  } finally {
    await hangUp([...running.values()], records)
  }
}

function planEnd(end: DispatchEnd, plan: Plan, found: Answered | null): PlanEnd {
  if (end.type !== 'succeeded') return { type: 'unanswered', end, plan }
  if (found === null) throw new Error('The dispatcher named no running candidate')
  return found
}

/** The next candidate to settle, or that `wakeAt` has come, or that nobody waits any longer. */
async function nextEvent(
  running: ReadonlyMap<number, Run>,
  wakeAt: number | null,
  now: number,
  signal: AbortSignal,
): Promise<Settled | { type: 'woke' }> {
  const left = new AbortController()
  const until = wakeAt ?? Number.POSITIVE_INFINITY
  const woken = pauseUntil(until, now, AbortSignal.any([signal, left.signal])).then(
    () => ({ type: 'woke' }) as const,
  )
  try {
    return await Promise.race([...[...running.values()].map(({ settled }) => settled), woken])
  } finally {
    left.abort()
  }
}

/** P1 */
async function hangUp(left: readonly Run[], records: AttemptRecord[]): Promise<void> {
  if (left.length === 0) return
  const enough = new AbortController()
  const ends = left.map(async ({ ended, settled }) => {
    ended.abort()
    records.push(...(await settled).records)
  })
  const all = Promise.allSettled(ends).then(() => enough.abort())
  await Promise.race([all, pauseUntil(LOSER_WAIT_MS, 0, enough.signal)])
  enough.abort()
}
