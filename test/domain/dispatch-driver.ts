/** Runs the dispatcher to its end on virtual time, as the workflow does, and keeps a trace of it. */
import fc from 'fast-check'
import {
  beginDispatch,
  type DispatchEnd,
  type DispatchEvent,
  type DispatchPolicy,
  dispatch,
} from '../../src/domain/dispatch'
import { CIRCUIT_CODE, type Failure } from '../../src/domain/failure'
import type { Plan } from '../../src/domain/plan'
import type { Strategy } from '../../src/domain/route'
import { anyFailure, failureOf } from './arbitraries'

export const START = 1_000_000_000

/** Far more than any scenario here needs. */
const MOST_STEPS = 1_500

/** How a candidate stands when a plan is made. `open`, `forced`: may be asked `afterMs` later; null: nobody knows. */
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
  /** Somebody wakes or nudges the dispatcher at these moments for no reason of its own. */
  nudges: readonly { at: number; type: 'woke' | 'nudged' }[]
}

/** `round`: which plan it goes by. A pass has several where it waits for circuits. */
export type Entry =
  | {
      type: 'start'
      at: number
      pass: number
      round: number
      candidate: number
      lastResort: boolean
      inFlight: number
      replaces: boolean
    }
  | { type: 'failed'; at: number; pass: number; round: number; candidate: number; failure: Failure }
  | { type: 'succeeded'; at: number; candidate: number }
  | { type: 'planned'; at: number; pass: number; round: number; fresh: boolean; plan: Readonly<Planned> }
  | { type: 'wait'; at: number; inFlight: number; wakeAt: number | null; nudge: boolean }
  /** With nothing running. */
  | { type: 'nudged'; at: number }

type Planned = Pick<Plan, 'ready' | 'lastResort' | 'blocked'>

export interface Run {
  trace: readonly Entry[]
  end: DispatchEnd
  endedAt: number
  passes: number
  rounds: number
  steps: number
}

/** Throws where it waits for nothing, or where it would go on for ever. */
export function drive({ policy, outcomes, views, lagMs, nudges }: Scenario): Run {
  const trace: Entry[] = []
  const running = new Map<number, { endsAt: number; failure: Failure | null }>()
  const pending = [...nudges].sort((a, b) => a.at - b.at)
  let state = beginDispatch()
  let event: DispatchEvent = { type: 'began' }
  let now = START
  let starts = 0
  let round = 0

  for (let steps = 1; steps <= MOST_STEPS; steps++) {
    const step = dispatch(policy, state, event, now)
    state = step.state
    const { action } = step
    const { pass } = state
    if (action.type === 'finish')
      return { trace, end: action.end, endedAt: now, passes: pass, rounds: round, steps }
    if (action.type === 'plan') {
      const plan = planOf(policy, views[round % views.length] ?? [], now)
      round++
      trace.push({ type: 'planned', at: now, pass, round, fresh: action.fresh, plan })
      event = { type: 'planned', plan }
      continue
    }
    let replaces = event.type === 'failed'
    for (const candidate of action.type === 'attempt' ? action.candidates : []) {
      const { afterMs, failure } = outcomes[starts++ % outcomes.length] ?? { afterMs: 0, failure: null }
      if (running.has(candidate)) throw new Error(`${candidate} runs already`)
      running.set(candidate, { endsAt: now + afterMs, failure })
      const lastResort = action.type === 'attempt' && action.lastResort
      const inFlight = running.size
      trace.push({ type: 'start', at: now, pass, round, candidate, lastResort, inFlight, replaces })
      replaces = false
    }
    const nudge = action.type === 'wait' && action.nudge
    trace.push({ type: 'wait', at: now, inFlight: running.size, wakeAt: action.wakeAt, nudge })

    const [settled] = [...running].sort(([, a], [, b]) => a.endsAt - b.endsAt)
    const wanted = action.wakeAt === null ? Infinity : action.wakeAt + lagMs
    // As in the workflow: a timer is never shorter than 1 ms.
    const wakesAt = Math.max(now + 1, Math.min(wanted, pending[0]?.at ?? Infinity))
    const settlesAt = settled?.[1].endsAt ?? Infinity
    if (wakesAt === Infinity && settlesAt === Infinity) throw new Error('it waits for nothing')
    now = Math.min(settlesAt, wakesAt)
    event = { type: 'woke' }
    for (let next = pending[0]; next !== undefined && next.at <= now; next = pending[0]) {
      // As in the workflow: with nothing running nobody listens unless the dispatcher asked for it.
      if (next.type === 'nudged' && (nudge || running.size > 0)) event = { type: 'nudged' }
      pending.shift()
    }
    if (settled === undefined || settlesAt > wakesAt) {
      if (event.type === 'nudged' && running.size === 0) trace.push({ type: 'nudged', at: now })
      continue
    }
    const [candidate, { failure }] = settled
    running.delete(candidate)
    event = failure === null ? { type: 'succeeded', candidate } : { type: 'failed', candidate, failure }
    trace.push(
      failure === null
        ? { type: 'succeeded', at: now, candidate }
        : { type: 'failed', at: now, pass, round, candidate, failure },
    )
  }
  throw new Error('it goes on for ever')
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

const anyStrategy: fc.Arbitrary<Strategy> = fc.oneof(
  fc.constant({ type: 'sequence' } as const),
  fc.constant({ type: 'race' } as const),
  fc.record({
    type: fc.constant('hedge' as const),
    afterMs: fc.integer({ min: 0, max: 1_000 }),
    max: fc.integer({ min: 1, max: 3 }),
    budget: fc.constant(1),
  }),
)

/** Longer than any that a scenario has: of a Retry-After, of an opening, of a backoff. */
export const LONGEST_PAUSE_MS = 20_001

const anyPauseMs = fc.option(fc.integer({ min: 0, max: LONGEST_PAUSE_MS - 1 }))

const anyRefusal: fc.Arbitrary<Failure> = anyPauseMs.map((retryAfterMs) =>
  failureOf('not_admitted', { code: CIRCUIT_CODE, ...(retryAfterMs === null ? {} : { retryAfterMs }) }),
)

const anyCall = fc.record({
  afterMs: fc.integer({ min: 0, max: 2_000 }),
  failure: fc.option(anyFailure(), { freq: 6 }),
})

const anyOutcome = fc.oneof(
  { weight: 2, arbitrary: anyCall },
  { weight: 1, arbitrary: fc.record({ afterMs: fc.integer({ min: 0, max: 50 }), failure: anyRefusal }) },
)

const anyStanding: fc.Arbitrary<Standing> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'healthy' } as const) },
  { weight: 1, arbitrary: fc.constant({ type: 'dropped' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constantFrom('open' as const, 'forced' as const), afterMs: anyPauseMs }),
  },
)

const MOST_CANDIDATES = 5

export const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  policy: fc.record({
    candidates: fc.array(
      fc.record({ facts: fc.record({ contextTokens: fc.constantFrom(undefined, 8_000, 32_000, 128_000) }) }),
      { maxLength: MOST_CANDIDATES },
    ),
    strategy: anyStrategy,
    passes: fc.integer({ min: 1, max: 4 }),
    circuit: fc.oneof(
      fc.constant(null),
      fc.record({ whenAllOpen: fc.constantFrom('try' as const, 'fail' as const, 'wait' as const) }),
    ),
    fallbackOnRefusal: fc.boolean(),
    deadlineAt: fc.oneof(
      fc.integer({ min: START - 10, max: START + 3_000 }),
      fc.integer({ min: START, max: START + 60_000 }),
    ),
  }),
  outcomes: fc.array(anyOutcome, { minLength: 1, maxLength: 12 }),
  views: fc.array(fc.array(anyStanding, { minLength: MOST_CANDIDATES, maxLength: MOST_CANDIDATES }), {
    minLength: 1,
    maxLength: 4,
  }),
  lagMs: fc.constantFrom(0, 0, 1, 40),
  nudges: fc.array(
    fc.record({
      at: fc.integer({ min: START, max: START + 5_000 }),
      type: fc.constantFrom('woke' as const, 'nudged' as const),
    }),
    { maxLength: 4 },
  ),
})
