/** Runs the dispatcher to its end on virtual time, as the workflow does, and keeps a trace of it. */

import type { Failure } from '../../../src/domain/failures/failure'
import {
  beginDispatch,
  type DispatchAction,
  type DispatchEnd,
  type DispatchEvent,
  type DispatchPolicy,
  type DispatchState,
  dispatch,
  runningOf,
} from '../../../src/domain/routing/dispatch'
import type { Plan } from '../../../src/domain/routing/plan'

export const START = 1_000_000_000

/** Far more than any scenario here needs. */
const MOST_STEPS = 1_500

/** How a candidate stands when a plan is made. `open`, `forced`: may be called `afterMs` later; null: nobody knows. */
export type Standing =
  | { type: 'healthy' }
  | { type: 'dropped' }
  | { type: 'open' | 'forced'; afterMs: number | null }

export interface Scenario {
  policy: DispatchPolicy
  /** What becomes of the first start, the second and so on; after the last one from the top again. */
  outcomes: readonly { afterMs: number; failure: Failure | null }[]
  /** By candidate, at the first plan, the second and so on; as above. */
  views: readonly (readonly Standing[])[]
  /** A timer fires so late. */
  lagMs: number
  /** What the hedge budget says, in turn, after so long; as above. */
  budget: readonly boolean[]
  askMs: number
  /** Somebody says this at these moments for no reason of its own. */
  asides: readonly { at: number; event: Aside }[]
}

type Aside = Extract<DispatchEvent, { type: 'woke' | 'nudged' | 'due' }>

/** `round`: which plan it goes by. A pass has several where it waits for circuits. */
export type Entry = { at: number; pass: number; round: number } & (
  | { type: 'start'; candidate: number; lastResort: boolean; inFlight: number; replaces: boolean }
  | { type: 'failed'; candidate: number; failure: Failure }
  | { type: 'succeeded'; candidate: number }
  | { type: 'planned'; fresh: boolean; plan: Readonly<Planned> }
  | { type: 'wait'; inFlight: number; wakeAt: number | null; nudge: boolean }
  /** `at`: of the answer. */
  | { type: 'hedge'; checkedAt: number; allowed: boolean; inFlight: number }
  /** Did it come from the one that started last? */
  | { type: 'due'; ofLast: boolean }
  /** With nothing running. */
  | { type: 'nudged' }
)

type Planned = Pick<Plan, 'ready' | 'lastResort' | 'blocked'>
type Call = Scenario['outcomes'][number] & { endsAt: number }

export interface Run {
  trace: readonly Entry[]
  end: DispatchEnd
  endedAt: number
  passes: number
  rounds: number
  steps: number
  /** Who ran at the end besides the winner; and who did by the dispatcher's account, the winner among them. */
  inFlight: readonly number[]
  accounted: readonly number[]
}

/** `carry`: what becomes of the state between two steps. Throws where it waits for nothing, or would never end. */
export function drive(scenario: Scenario, carry = (state: DispatchState): DispatchState => state): Run {
  const { policy, outcomes, views, lagMs, budget, askMs, asides } = scenario
  const trace: Entry[] = []
  const running = new Map<number, Call>()
  const pending = [...asides].sort((a, b) => a.at - b.at)
  const counts = { starts: 0, asks: 0 }
  let state = beginDispatch()
  let event: DispatchEvent = { type: 'began' }
  let now = START
  let round = 0

  for (let steps = 1; steps <= MOST_STEPS; steps++) {
    const step = dispatch(policy, carry(state), event, now)
    state = step.state
    const { action } = step
    const here = { at: now, pass: state.pass, round }
    if (action.type === 'finish') {
      const [inFlight, accounted] = [[...running.keys()], runningOf(state)]
      return {
        trace,
        end: action.end,
        endedAt: now,
        passes: here.pass,
        rounds: round,
        steps,
        inFlight,
        accounted,
      }
    }
    if (action.type === 'plan') {
      const plan = planOf(policy, nth(views, round++), now)
      trace.push({ ...here, round, type: 'planned', fresh: action.fresh, plan })
      event = { type: 'planned', plan }
      continue
    }
    if (action.type === 'hedge') {
      now += askMs
      const allowed = nth(budget, counts.asks++)
      trace.push({ ...here, at: now, type: 'hedge', checkedAt: here.at, allowed, inFlight: running.size })
      event = { type: 'hedge', allowed }
      continue
    }
    if (action.type === 'attempt') startAll(action, event.type === 'failed')
    const nudge = action.type === 'wait' && action.nudge
    trace.push({ ...here, type: 'wait', inFlight: running.size, wakeAt: action.wakeAt, nudge })
    event = happens(action.wakeAt, nudge)
  }
  throw new Error('it goes on for ever')

  function startAll(action: Extract<DispatchAction, { type: 'attempt' }>, replaces: boolean): void {
    for (const [index, candidate] of action.candidates.entries()) {
      if (running.has(candidate)) throw new Error(`${candidate} runs already`)
      const call = nth(outcomes, counts.starts++)
      running.set(candidate, { ...call, endsAt: now + call.afterMs })
      const [{ lastResort }, inFlight] = [action, running.size]
      const entry = {
        type: 'start',
        at: now,
        pass: state.pass,
        round,
        candidate,
        lastResort,
        inFlight,
      } as const
      trace.push({ ...entry, replaces: replaces && index === 0 })
    }
  }

  /** Time goes on till something happens. */
  function happens(wakeAt: number | null, nudge: boolean): DispatchEvent {
    const [nextToEnd] = [...running].sort(([, a], [, b]) => a.endsAt - b.endsAt)
    // As in the workflow: a timer is never shorter than 1 ms.
    const timerAt = Math.max(now + 1, wakeAt === null ? Infinity : wakeAt + lagMs)
    const asideAt = Math.max(now, pending[0]?.at ?? Infinity)
    const nextEndAt = Math.max(now, nextToEnd?.[1].endsAt ?? Infinity)
    if (Math.min(timerAt, asideAt, nextEndAt) === Infinity) throw new Error('it waits for nothing')
    now = Math.min(timerAt, asideAt, nextEndAt)
    const here = { at: now, pass: state.pass, round }
    if (nextToEnd !== undefined && nextEndAt === now) return endCall(...nextToEnd)
    const aside = asideAt === now ? pending.shift()?.event : undefined
    // As in the workflow: with nothing running nobody listens unless the dispatcher waits for it.
    if (aside === undefined || (aside.type !== 'woke' && running.size === 0 && !nudge))
      return { type: 'woke' }
    if (aside.type === 'nudged' && running.size === 0) trace.push({ ...here, type: 'nudged' })
    const last = trace.findLast((entry) => entry.type === 'start')
    if (aside.type === 'due')
      trace.push({
        ...here,
        type: 'due',
        ofLast: aside.candidate === last?.candidate && running.has(aside.candidate),
      })
    return aside
  }

  function endCall(candidate: number, { failure }: Call): DispatchEvent {
    running.delete(candidate)
    const entry = { at: now, pass: state.pass, round, candidate }
    trace.push(failure === null ? { ...entry, type: 'succeeded' } : { ...entry, type: 'failed', failure })
    return failure === null ? { type: 'succeeded', candidate } : { type: 'failed', candidate, failure }
  }
}

/** From the top again after the last one. */
function nth<T>(all: readonly T[], index: number): T {
  const one = all[index % all.length]
  if (one === undefined) throw new Error('a scenario has at least one of each')
  return one
}

function planOf({ candidates, circuit }: DispatchPolicy, view: readonly Standing[], now: number): Planned {
  const plan: Planned = { ready: [], lastResort: [], blocked: [] }
  for (const candidate of candidates.keys()) {
    const standing = view[candidate] ?? { type: 'healthy' }
    if (standing.type === 'dropped') continue
    if (standing.type === 'healthy' || circuit === null) plan.ready.push(candidate)
    else if (standing.type === 'open' && circuit.whenAllOpen === 'try') plan.lastResort.push(candidate)
    else plan.blocked.push({ candidate, until: standing.afterMs === null ? null : now + standing.afterMs })
  }
  return plan
}
