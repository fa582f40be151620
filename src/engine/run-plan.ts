/**
 * Carries out what the dispatcher says, and reports back to it. The same in a workflow and in process.
 *
 * RUN-PLAN-1 The others of a winner's race group are cancelled, and their records awaited for at most LOSER_WAIT_MS.
 * RUN-PLAN-2 Only candidates that may overlap are made cancellable alone: in a workflow that turns on the
 *    SDK's AsyncLocalStorage, which makes every promise of the worker dearer (docs/benchmarks.md).
 * RUN-PLAN-3 In a pause, when nothing runs, the run may be continued as new: then `resting` is what it needs
 *    to go on.
 */
import type { CircuitSnapshot, GenerationInput, Parked } from '../contract/generation'
import type { AttemptRecord } from '../domain/routing/attempt'
import {
  beginDispatch,
  type CarriedDispatch,
  carryPause,
  type DispatchEnd,
  type DispatchEvent,
  type DispatchPolicy,
  type DispatchState,
  dispatch,
  resumePause,
} from '../domain/routing/dispatch'
import type { Plan } from '../domain/routing/plan'
import type { Candidate, Strategy } from '../domain/routing/route'
import { type Chosen, callOf, othersLeft, paidCalls, planOf } from './steps'
import type { PlanHost, Progress, Running, RunningCandidate, SucceededCandidate } from './types'

const LOSER_WAIT_MS = 1_000

export type PlanEnd =
  /** `candidate`: the one whose answer it is. */
  | { type: 'answered'; candidate: Candidate; outcome: SucceededCandidate }
  /** `plan`: the last one that was made. */
  | { type: 'unanswered'; end: Exclude<DispatchEnd, { type: 'succeeded' }>; plan: Plan }
  /** RUN-PLAN-3 */
  | { type: 'resting'; dispatch: CarriedDispatch; parked?: Parked }
  | { type: 'cancelled' }

/** Shorter ones a server without our settings rounds up to this (docs/deploy.md). */
const COARSE_TIMER_MS = 1_000

const NO_PLAN: Plan = { ready: [], lastResort: [], blocked: [], dropped: [] }

/** Adds each ended candidate's attempts to the progress. The host reads the circuits for every pass anew. */
export async function runPlan(input: GenerationInput, host: PlanHost, progress: Progress): Promise<PlanEnd> {
  const { candidates } = input.route
  const policy: DispatchPolicy = { ...input.route, deadlineAt: input.deadlineAt }
  const running = new Map<number, RunningCandidate>()
  let state: DispatchState =
    input.resumed === undefined ? beginDispatch() : resumePause(input.resumed.dispatch)
  const paid = paidCalls()
  let event: DispatchEvent = { type: input.resumed === undefined ? 'began' : 'woke' }
  let answered: SucceededCandidate | null = null
  let plan = NO_PLAN
  /** The candidates whose last start was a hedge. */
  const hedges = new Set<number>()
  const { records } = progress

  for (;;) {
    const step = dispatch(policy, state, event, host.now())
    state = step.state
    const { action } = step
    switch (action.type) {
      case 'finish':
        if (running.size > 0) await stopLosers(host, running, records, false)
        if (answered?.winning !== undefined) records.push(...unreported(answered.winning, records))
        if (answered !== null && hedges.has(answered.answeredBy))
          host.count({ type: 'hedge', outcome: 'won', sequence: progress.sequence })
        return planEnd(action.end, plan, candidates, answered)
      case 'plan': {
        let view: CircuitSnapshot
        // Here, and not in a function of its own: each costs a workflow two promises.
        try {
          const seen = host.circuitReader.circuits(action.fresh)
          view = seen instanceof Promise ? await seen : seen
          host.circuitReader.saw(view)
        } catch (error) {
          view = unread(host, error)
        }
        plan = planOf(input, view)
        paid.begin()
        event = { type: 'planned', plan }
        continue
      }
      case 'hedge':
        event = { type: 'hedge', allowed: await host.circuitReader.mayHedge() }
        continue
      case 'wait':
        if (running.size > 0 || action.wakeAt === null) break
        if (state.phase === 'paused' && host.mayRest())
          return { type: 'resting', dispatch: carryPause(state) }
        if (!action.nudge) break
        host.show({ state, plan, wakeAt: action.wakeAt, deadlineAt: policy.deadlineAt })
        event = await host.pause(action.wakeAt)
        if (host.cancelled()) return { type: 'cancelled' }
        continue
      case 'attempt':
        for (const index of action.candidates) {
          const candidate = candidates[index]
          if (candidate === undefined) continue
          const { lastResort } = action
          const moreWait = state.phase === 'calling' && state.waiting.length > 0
          progress.sequence += 1
          noteStart(host, input, candidate, event, progress.sequence)
          hedges[event.type === 'hedge' ? 'add' : 'delete'](index)
          const chosen = {
            candidate,
            candidateIndex: index,
            othersLeft: othersLeft(state, policy),
            lastResort,
            callsBefore: paid.before(index),
          }
          const beside = [...running.values()].map(({ sequence }) => sequence)
          running.set(index, start(host, input, chosen, { sequence: progress.sequence, beside, moreWait }))
        }
    }
    host.show({ state, plan, wakeAt: action.wakeAt, deadlineAt: policy.deadlineAt })
    const next = await host.next(running, action.wakeAt)
    if ('records' in next) {
      running.delete(next.candidate)
      records.push(...next.records)
    }
    if (next.type === 'cancelled' || host.cancelled()) {
      if (running.size > 0) await stopLosers(host, running, records, true)
      return { type: 'cancelled' }
    }
    if (next.type === 'succeeded') answered = next
    if (next.type === 'failed') paid.failed(next)
    event = next
  }
}

/** Circuits that can't be read keep no candidate from being called: the calls themselves check again. */
function unread(host: PlanHost, error: unknown): CircuitSnapshot {
  if (host.isCancellation(error)) throw error
  host.log('error', 'circuits_unread', {})
  return { unusable: [] }
}

function planEnd(
  end: DispatchEnd,
  plan: Plan,
  candidates: readonly Candidate[],
  answered: SucceededCandidate | null,
): PlanEnd {
  if (end.type !== 'succeeded') return { type: 'unanswered', end, plan }
  const candidate = answered === null ? undefined : candidates[answered.answeredBy]
  if (answered === null || candidate === undefined)
    throw new Error('The dispatcher named no running candidate')
  return { type: 'answered', candidate, outcome: answered }
}

function start(
  host: PlanHost,
  input: GenerationInput,
  chosen: Chosen,
  { sequence, beside, moreWait }: { sequence: number; beside: number[]; moreWait: boolean },
): RunningCandidate {
  const { strategy } = input.route
  const exclusive = strategy.type === 'sequence'
  const stream = { logId: host.logId, sequence, exclusive, ...(beside.length === 0 ? {} : { beside }) }
  const call = {
    ...callOf(input, chosen, stream),
    dueAfterMs: moreWait ? dueAfterMs(strategy) : undefined,
  }
  return host.start(call, sequence, !exclusive)
}

const dueAfterMs = (strategy: Strategy): number | undefined =>
  strategy.type === 'hedge' && strategy.afterMs < COARSE_TIMER_MS ? strategy.afterMs : undefined

/** Of a winner whose own call has not reported them in time. */
const unreported = (winning: readonly AttemptRecord[], records: readonly AttemptRecord[]): AttemptRecord[] =>
  winning.filter(
    ({ candidate, startedAt }) =>
      !records.some((known) => known.candidate === candidate && known.startedAt === startedAt),
  )

/** RUN-PLAN-1. `shielded`: the caller is gone, and the records of the calls are still wanted. */
function stopLosers(
  host: PlanHost,
  running: Running,
  records: AttemptRecord[],
  shielded: boolean,
): Promise<void> {
  return host.within(LOSER_WAIT_MS, shielded, () =>
    Promise.all(
      [...running.values()].map(async ({ cancel, outcome }) => {
        cancel()
        records.push(...(await outcome).records)
      }),
    ),
  )
}

/** A candidate is started because another one has failed, or beside it. */
function noteStart(
  host: PlanHost,
  { id, route }: GenerationInput,
  { target }: Candidate,
  event: DispatchEvent,
  sequence: number,
): void {
  if (event.type === 'hedge') host.count({ type: 'hedge', outcome: 'started', sequence })
  if (event.type !== 'failed') return
  const from = route.candidates[event.candidate]?.target ?? ''
  host.count({ type: 'fallback', from, to: target, sequence })
  host.log('info', 'fallback', { generation: id, route: route.name, target, after: event.failure.class })
}
