/** The dispatcher's state, events and actions. All of it survives a round trip through JSON. */
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

/** What lasts from pass to pass. */
export interface Passes {
  pass: number
  /** Which candidates this pass may call; null: all. */
  among: readonly number[] | null
  /** DISPATCH-8: those of earlier passes, and when they may be called again. */
  later: readonly Later[]
}

/** Nothing runs, and a plan is due. */
export interface Planning extends Passes {
  phase: 'planning'
  /** Will it be made by a fresh view? By an old one nobody is turned away. */
  fresh: boolean
}

/** Nothing runs, and no candidate may be called yet. */
export interface Paused extends Passes {
  phase: 'paused'
  /** Epoch milliseconds: when to plan again. */
  until: number
  /** A change of the circuits ends it. */
  nudge: boolean
}

/** By a plan that was made: candidates run, or are to start. */
export interface Calling extends Passes {
  phase: 'calling'
  /** Candidates of this pass that have not started, in order. */
  waiting: readonly number[]
  /** To be called after all the others (DISPATCH-7). */
  lastResort: readonly number[]
  /** Those of this pass that their circuits keep out. */
  blocked: Plan['blocked']
  /** All the others have failed: those that wait or run now are last resorts. */
  resorting: boolean
  /** In the order of their starts. */
  running: readonly number[]
  /** Those of this pass that gave way to one that was answering, in the order in which they did (DISPATCH-10). */
  gaveWay: readonly number[]
  lastStartedAt: number
  /** The failures of this pass. */
  failures: readonly FailedCandidate[]
  /** DISPATCH-9 */
  hedge: 'unasked' | 'allowed' | 'refused'
}

export type DispatchState = Planning | Paused | Calling

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
  | { type: 'planned'; plan: Pick<Plan, 'ready' | 'lastResort' | 'blocked' | 'spent'> }
  | { type: 'woke' }
  /** The call of the candidate that started last says that `after` has passed, whatever the clocks say. */
  | { type: 'due'; candidate: number }
  | { type: 'hedge'; allowed: boolean }
  /** Somebody says that the circuits have changed. */
  | { type: 'nudged' }
  | { type: 'succeeded'; candidate: number }
  | { type: 'failed'; candidate: number; failure: Failure }

export type DispatchAction =
  /** Make a plan and pass it in. `fresh`: an earlier view of the circuits won't do. */
  | { type: 'plan'; fresh: boolean }
  /** Query the budget, and pass its answer in before any other event. */
  | { type: 'hedge' }
  | { type: 'attempt'; candidates: number[]; lastResort: boolean; wakeAt: number | null }
  /** `nudge`: a change of the circuits would matter. */
  | { type: 'wait'; wakeAt: number | null; nudge: boolean }
  /** What runs still is to be cancelled. */
  | { type: 'finish'; end: DispatchEnd }

export type DispatchEnd =
  | { type: 'succeeded'; candidate: number }
  /** All have failed, or none could be called. */
  | { type: 'failed' }
  | { type: 'deadline' }

/** The dispatcher's answer to one event. */
export interface Step {
  state: DispatchState
  action: DispatchAction
}

/** A dispatcher that has had no event yet. */
export const beginDispatch = (): DispatchState => ({
  phase: 'planning',
  fresh: false,
  pass: 1,
  among: null,
  later: [],
})

/** The same passes, and nothing of the phase. */
export const passesOf = ({ pass, among, later }: Passes): Passes => ({ pass, among, later })

export const runningOf = (state: DispatchState): readonly number[] =>
  state.phase === 'calling' ? state.running : []

/**
 * A pause, as a run that is continued as new carries it. It stands in histories, and builds of both sides of a deploy
 * read it: fields are added, never renamed. Older builds wrote more, which says nothing in a pause.
 */
export interface CarriedDispatch {
  pass: number
  among?: readonly number[] | null | undefined
  later?: readonly Later[] | undefined
  pausedUntil: number | null
  nudgeable?: boolean | undefined
}

export const carryPause = ({ pass, among, later, until, nudge }: Paused): CarriedDispatch => ({
  pass,
  among,
  later,
  pausedUntil: until,
  nudgeable: nudge,
})

export const resumePause = ({
  pass,
  among = null,
  later = [],
  pausedUntil,
  nudgeable = false,
}: CarriedDispatch): Paused => ({
  phase: 'paused',
  pass,
  among,
  later,
  until: pausedUntil ?? 0,
  nudge: nudgeable,
})

export const finish = (state: DispatchState, end: DispatchEnd): Step => ({
  state,
  action: { type: 'finish', end },
})
