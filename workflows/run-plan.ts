/**
 * Carries out what the dispatcher says, and reports back to it.
 *
 * P1 A winner's siblings are cancelled, and their records awaited for at most LOSER_WAIT_MS.
 * P2 Only candidates that may overlap get a scope of their own. Running one turns on the SDK's
 *    AsyncLocalStorage, which makes every promise of the worker dearer (docs/benchmarks.md).
 * P3 In a pause, when nothing runs, the run may be continued as new: then `resting` is what it needs to go on.
 */
import { CancellationScope, CancelledFailure, log, sleep, workflowInfo } from '@temporalio/workflow'
import type { CallProviderResult, GenerationInput, Resumed } from '../src/contract/generation'
import { type Chosen, callOf, type Look, othersLeft, paidCalls, planOf } from '../src/contract/plan-steps'
import type { AttemptRecord } from '../src/domain/attempt'
import {
  beginDispatch,
  type DispatchEnd,
  type DispatchEvent,
  type DispatchPolicy,
  type DispatchState,
  dispatch,
} from '../src/domain/dispatch'
import type { Plan } from '../src/domain/plan'
import type { Candidate, Strategy } from '../src/domain/route'
import { runCandidate } from './run-candidate'
import { nextEvent, nudgedOrWoken, type Run } from './waits'

const LOSER_WAIT_MS = 1_000

type Found = Pick<CallProviderResult, 'answer' | 'rescue'>

export type PlanEnd =
  | ({ type: 'answered'; candidate: Candidate } & Found)
  /** `plan`: the last one that was made. */
  | { type: 'unanswered'; end: Exclude<DispatchEnd, { type: 'succeeded' }>; plan: Plan }
  /** P3 */
  | { type: 'resting'; dispatch: DispatchState }

/** How far it has come; changed on the way. */
export type Progress = Pick<Resumed, 'records' | 'order'>

/** Shorter ones a server without our settings rounds up to this (docs/deploy.md). */
const COARSE_TIMER_MS = 1_000

const NO_PLAN: Plan = { ready: [], lastResort: [], blocked: [], dropped: [] }

/**
 * `look` is asked for every pass anew; `mayRest`: could the run be continued as new now? Adds each ended candidate's
 * attempts to the progress. Throws only CancelledFailure: the caller is gone.
 */
export async function runPlan(
  input: GenerationInput,
  look: Look,
  progress: Progress,
  mayRest: () => boolean,
): Promise<PlanEnd> {
  const { candidates } = input.route
  const policy: DispatchPolicy = { ...input.route, deadlineAt: input.deadlineAt }
  const running = new Map<number, Run>()
  // One that an older build has carried on lacks what is new in it.
  let state = { ...beginDispatch(), ...input.resumed?.dispatch }
  const paid = paidCalls()
  let event: DispatchEvent = { type: input.resumed === undefined ? 'began' : 'woke' }
  let found: (Found & { answeredBy: number }) | null = null
  let plan = NO_PLAN
  const { records } = progress

  for (;;) {
    const step = dispatch(policy, state, event, Date.now())
    state = step.state
    const { action } = step
    switch (action.type) {
      case 'finish':
        if (running.size > 0) await stopLosers(running, records)
        return planEnd(action.end, plan, candidates, found)
      case 'plan': {
        const seen = look.circuits(action.fresh)
        plan = planOf(input, seen instanceof Promise ? await seen : seen)
        paid.begin()
        event = { type: 'planned', plan }
        continue
      }
      case 'hedge':
        event = { type: 'hedge', allowed: await look.mayHedge() }
        continue
      case 'wait':
        if (running.size > 0 || action.wakeAt === null) break
        if (mayRest()) return { type: 'resting', dispatch: state }
        if (!action.nudge) break
        event = await nudgedOrWoken(action.wakeAt)
        continue
      case 'attempt':
        for (const index of action.candidates) {
          const candidate = candidates[index]
          if (candidate === undefined) continue
          logFallback(input, candidate, event)
          const { lastResort } = action
          progress.order += 1
          const chosen = {
            candidate,
            candidateIndex: index,
            othersLeft: othersLeft(state, policy),
            lastResort,
            callsBefore: paid.before(index),
          }
          running.set(index, begin(input, chosen, progress.order, state.waiting.length > 0))
        }
    }
    const next = await nextEvent(running, action.wakeAt)
    if ('records' in next) {
      running.delete(next.candidate)
      records.push(...next.records)
    }
    if (next.type === 'cancelled' || CancellationScope.current().consideredCancelled) {
      if (running.size > 0) await CancellationScope.nonCancellable(() => stopLosers(running, records))
      throw new CancelledFailure('The generation was cancelled')
    }
    if (next.type === 'succeeded') found = next
    if (next.type === 'failed') paid.failed(next)
    event = next
  }
}

/** Of this run's chain. Not `firstExecutionRunId`: a run that an operator has reset speaks into a log of its own. */
export const logOf = ({ resumed }: GenerationInput): string => resumed?.log ?? workflowInfo().runId

function planEnd(
  end: DispatchEnd,
  plan: Plan,
  candidates: readonly Candidate[],
  found: (Found & { answeredBy: number }) | null,
): PlanEnd {
  if (end.type !== 'succeeded') return { type: 'unanswered', end, plan }
  const candidate = found === null ? undefined : candidates[found.answeredBy]
  if (found === null || candidate === undefined) throw new Error('The dispatcher named no running candidate')
  const { answer, rescue } = found
  return { type: 'answered', answer, rescue, candidate }
}

function begin(input: GenerationInput, chosen: Chosen, order: number, moreWait: boolean): Run {
  const { strategy } = input.route
  const alone = strategy.type === 'sequence'
  const place = { log: logOf(input), order, alone }
  const call = {
    ...callOf(input, chosen, place),
    dueAfterMs: moreWait ? dueAfterMs(strategy) : undefined,
  }
  if (alone) return { scope: null, order, settled: runCandidate(call) }
  const scope = new CancellationScope()
  return { scope, order, settled: scope.run(() => runCandidate(call)) }
}

const dueAfterMs = (strategy: Strategy): number | undefined =>
  strategy.type === 'hedge' && strategy.afterMs < COARSE_TIMER_MS ? strategy.afterMs : undefined

async function stopLosers(running: Map<number, Run>, records: AttemptRecord[]): Promise<void> {
  const all = Promise.all(
    [...running.values()].map(async ({ scope, settled }) => {
      scope?.cancel()
      records.push(...(await settled).records)
    }),
  )
  const bound = new CancellationScope()
  const waited = bound.run(() => sleep(LOSER_WAIT_MS)).catch(() => undefined)
  await Promise.race([all, waited])
  bound.cancel()
}

function logFallback(input: GenerationInput, candidate: Candidate, event: DispatchEvent): void {
  if (event.type !== 'failed') return
  log.info('fallback', {
    event: 'fallback',
    generation: input.id,
    route: input.route.name,
    target: candidate.target,
    after: event.failure.class,
  })
}
