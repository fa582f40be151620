/** What the dispatcher knows, is told and says. All of it survives a round trip through JSON. */
import type { Failure } from '../failures/failure'
import type { Plan } from './plan'
import type { Candidate, CircuitPolicy, Strategy } from './route'

export interface DispatchPolicy {
  /** The route's, by whose places all others name them. */
  candidates: readonly Pick<Candidate, 'facts' | 'provider'>[]
  strategy: Strategy
  passes: number
  circuit: Pick<CircuitPolicy, 'whenAllOpen'> | null
  fallbackOnRefusal: boolean
  /** Epoch milliseconds. */
  deadlineAt: number
}

export interface DispatchState {
  pass: number
  /** Which candidates this pass may ask; null: all. */
  among: readonly number[] | null
  /** Candidates of this pass that have not started, in order. */
  waiting: readonly number[]
  /** To be asked after all the others (DISPATCH-7). */
  lastResort: readonly number[]
  /** Those of this pass that their circuits keep out. */
  blocked: Plan['blocked']
  /** All the others have failed: those that wait or run now are last resorts. */
  resorting: boolean
  /** In the order of their starts. */
  running: readonly number[]
  /** Those of this pass that gave way to one that was answering, in the order in which they did (D10). */
  gaveWay: readonly number[]
  lastStartedAt: number
  /** The failures of this pass. */
  failures: readonly FailedCandidate[]
  /** Nothing runs: when to plan again. */
  pausedUntil: number | null
  /** Was the plan made by a fresh view? By an old one nobody is turned away. */
  planFresh: boolean
  /** A change of the circuits ends the pause. */
  nudgeable: boolean
  /** DISPATCH-8: those of earlier passes, and when they may be asked again. */
  later: readonly Later[]
  /** DISPATCH-9 */
  hedge: 'unasked' | 'allowed' | 'refused'
}

export interface Later {
  candidate: number
  /** Epoch milliseconds. */
  at: number
  /** Its circuit kept it out: it may let it through earlier. */
  circuit: boolean
}

export interface FailedCandidate {
  candidate: number
  failure: Failure
  /** Epoch milliseconds. */
  failedAt: number
}

export type DispatchEvent =
  | { type: 'began' }
  | { type: 'planned'; plan: Pick<Plan, 'ready' | 'lastResort' | 'blocked'> }
  | { type: 'woke' }
  /** The call of the candidate that started last says that `after` has passed, whatever the clocks say. */
  | { type: 'due'; candidate: number }
  | { type: 'hedge'; allowed: boolean }
  /** Somebody says that the circuits have changed. */
  | { type: 'nudged' }
  | { type: 'succeeded'; candidate: number }
  | { type: 'failed'; candidate: number; failure: Failure }

export type DispatchAction =
  /** Make a plan and tell it. `fresh`: an earlier view of the circuits won't do. */
  | { type: 'plan'; fresh: boolean }
  /** Ask the budget, and tell what it says before anything else. */
  | { type: 'hedge' }
  | { type: 'attempt'; candidates: number[]; lastResort: boolean; wakeAt: number | null }
  /** `nudge`: a change of the circuits would matter. */
  | { type: 'wait'; wakeAt: number | null; nudge: boolean }
  /** What runs still is to be cancelled. */
  | { type: 'finish'; end: DispatchEnd }

export type DispatchEnd =
  | { type: 'succeeded'; candidate: number }
  /** All have failed, or none could be asked. */
  | { type: 'failed' }
  | { type: 'deadline' }

/** The dispatcher's answer to one event. */
export interface Step {
  state: DispatchState
  action: DispatchAction
}

/** A dispatcher that has been told nothing yet. */
export const beginDispatch = (): DispatchState => ({
  pass: 1,
  among: null,
  waiting: [],
  lastResort: [],
  blocked: [],
  resorting: false,
  running: [],
  gaveWay: [],
  lastStartedAt: 0,
  failures: [],
  pausedUntil: null,
  nudgeable: false,
  planFresh: false,
  later: [],
  hedge: 'unasked',
})

export const finish = (state: DispatchState, end: DispatchEnd): Step => ({
  state,
  action: { type: 'finish', end },
})
