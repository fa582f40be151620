/**
 * The workflow as a place where a generation runs: its clock, its timers, its activities, its signals.
 *
 * HOST-1 A timer stands only while the dispatcher has a time to wake at: `sequence` sets none.
 * HOST-2 A signal is listened for only while one waits for it: one that comes earlier is kept by the SDK till
 *    then.
 * HOST-3 What it does, waits for and does next stands in the current details before each wait: a query answers them, so
 *    they cost no event. Each timer says in its summary what it is for.
 */
import {
  CancellationScope,
  defineQuery,
  defineSignal,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import { CIRCUITS_CHANGED_SIGNAL } from '../src/contract/circuits'
import type { DrillMark } from '../src/contract/drill'
import { DUE_SIGNAL, type GenerationInput } from '../src/contract/generation'
import { parkedAttributes } from '../src/contract/generation-attributes'
import { parkedMemo } from '../src/contract/generation-memo'
import { type BudgetWait, budgetWaitAt, WAITS_QUERY, type Waits } from '../src/contract/waits-query'
import type { AttemptRecord } from '../src/domain/routing/attempt'
import type { DispatchEvent } from '../src/domain/routing/dispatch'
import {
  type Moment,
  momentDetails,
  parkedDetails,
  parkedSummary,
  timerSummary,
} from '../src/domain/routing/report'
import { duration } from '../src/domain/text/durations'
import type { CandidateOutcome, Parking, PlanHost, Running } from '../src/engine/types'
import type { ExpressLane } from './express-lane'
import { reportPlanned } from './reports'
import { runCandidate } from './run-candidate'

type Next = Awaited<ReturnType<PlanHost['next']>>

/** Of this run's chain. Not `firstExecutionRunId`: a run that an operator has reset publishes into a log of its own. */
export const logOf = ({ resumed }: GenerationInput): string => resumed?.log ?? workflowInfo().runId

/**
 * @param records those of the candidates that have ended, as they come in
 * @param drill null: its calls reach providers
 * @param lane null: its route has none
 */
export function planHost(
  input: GenerationInput,
  circuitReader: PlanHost['circuitReader'],
  records: readonly AttemptRecord[],
  drill: DrillMark | null,
  lane: ExpressLane | null,
): PlanHost {
  const { route, deadlineAt } = input
  const policy = { ...route, deadlineAt }
  let shown: Moment | null = null
  let budget: BudgetWait | undefined
  // A query, which costs no event: a memo of it would be one more command of each that waits.
  setHandler(defineQuery<Waits>(WAITS_QUERY), () => ({ budget }))
  // HOST-3
  const summary = (): string => (shown === null ? '' : timerSummary(policy, records, shown, Date.now()))
  return {
    now: Date.now,
    circuitReader,
    logId: logOf(input),
    start(call, sequence, overlaps) {
      if (!overlaps) return { sequence, outcome: runCandidate(call, drill, lane), cancel: () => undefined }
      const scope = new CancellationScope()
      return {
        sequence,
        outcome: scope.run(() => runCandidate(call, drill, null)),
        cancel: () => scope.cancel(),
      }
    },
    next: (running, wakeAt) => next(running, wakeAt, summary),
    pause(wakeAt) {
      lane?.close()
      return nudgedOrWoken(wakeAt, summary())
    },
    within: (limitMs, shielded, work) =>
      shielded ? CancellationScope.nonCancellable(() => within(limitMs, work)) : within(limitMs, work),
    show(moment) {
      shown = moment
      budget = budgetWaitAt(moment, budget, Date.now())
      setCurrentDetails(momentDetails(policy, records, moment, Date.now()))
    },
    cancelled: () => CancellationScope.current().consideredCancelled,
    mayRest() {
      const { continueAsNewSuggested, targetWorkerDeploymentVersionChanged } = workflowInfo()
      return continueAsNewSuggested || targetWorkerDeploymentVersionChanged
    },
    isCancellation,
    count: (event) => reportPlanned(route.name, event),
    log: (level, event, fields) => log[level](event, { event, ...fields }),
  }
}

/** HOST-3, of a generation that waits for a key. Those who look for it find it by memo and search attribute. */
export function parkingHost(
  input: GenerationInput,
  records: readonly AttemptRecord[],
  lane: ExpressLane | null,
): Parking {
  const { id, route, searchAttributes } = input
  return {
    begin(parked, again) {
      const { providers, until } = parked
      // The memo does not come along into the next run.
      upsertMemo(parkedMemo(parked))
      if (again) return
      if (searchAttributes) upsertSearchAttributes(parkedAttributes())
      for (const provider of providers) reportPlanned(route.name, { type: 'parked', provider, sequence: 0 })
      const fields = {
        event: 'parked',
        generation: id,
        route: route.name,
        providers: providers.join(', '),
        until,
      }
      log.error('parked', fields)
    },
    wait(parked, wakeAt) {
      lane?.close()
      const moment = { ...parked, wakeAt }
      setCurrentDetails(parkedDetails(route, records, moment))
      return nudgedOrWoken(wakeAt, parkedSummary(moment, Date.now()))
    },
    random: Math.random,
  }
}

const LOSERS_SUMMARY = 'what the calls report that were hung up on, at most'

async function within(limitMs: number, work: () => Promise<unknown>): Promise<void> {
  const bound = new CancellationScope()
  const all = work()
  const summary = `${LOSERS_SUMMARY} ${duration(limitMs)}`
  const waited = bound.run(() => sleep(limitMs, { summary })).catch(() => undefined)
  await Promise.race([all, waited])
  bound.cancel()
}

function next(running: Running, wakeAt: number | null, summary: () => string): Promise<Next> {
  const outcomes = [...running.values()].map(({ outcome }) => outcome)
  const [only] = outcomes
  if (wakeAt !== null) return endedOrWoken(running, outcomes, wakeAt, summary())
  return only !== undefined && outcomes.length === 1 ? only : Promise.race(outcomes)
}

async function endedOrWoken(
  running: Running,
  outcomes: Promise<CandidateOutcome>[],
  wakeAt: number,
  summary: string,
): Promise<Next> {
  const timer = new CancellationScope()
  const woke = timer.run(() => wake(wakeAt, summary))
  const due = signalled<[number]>(DUE_SIGNAL)
  const dueCandidate = due.signal.then(([sequence]): Next => {
    const candidate = [...running].find(([, run]) => run.sequence === sequence)?.[0]
    return candidate === undefined ? { type: 'woke' } : { type: 'due', candidate }
  })
  try {
    return await Promise.race([...outcomes, woke, dueCandidate])
  } finally {
    due.ignore()
    timer.cancel()
  }
}

async function nudgedOrWoken(wakeAt: number, summary: string): Promise<DispatchEvent> {
  const timer = new CancellationScope()
  const woke = timer.run(() => sleepUntil(wakeAt, summary))
  const woken = woke.then(() => ({ type: 'woke' }) as const)
  const nudge = signalled(CIRCUITS_CHANGED_SIGNAL)
  try {
    return await Promise.race([woken, nudge.signal.then(() => ({ type: 'nudged' }) as const)])
  } finally {
    nudge.ignore()
    timer.cancel()
    woken.catch(() => undefined)
  }
}

/** HOST-2 */
function signalled<Args extends unknown[] = []>(name: string) {
  const definition = defineSignal<Args>(name)
  const signal = new Promise<Args>((resolve) => setHandler(definition, (...args: Args) => resolve(args)))
  return { signal, ignore: () => setHandler(definition, undefined) }
}

const WOKE = { type: 'woke' } as const

/** Resolves at `wakeAt`, or when its scope is cancelled. */
const wake = (wakeAt: number, summary: string): Promise<Next> =>
  sleepUntil(wakeAt, summary).then(
    () => WOKE,
    () => WOKE,
  )

const sleepUntil = (wakeAt: number, summary: string): Promise<void> =>
  sleep(Math.max(1, wakeAt - Date.now()), { summary })
