/** Runs the dispatcher to its end on virtual time, as the workflow does, and keeps a trace of it. */
import fc from 'fast-check'
import {
  beginDispatch,
  type DispatchEnd,
  type DispatchEvent,
  type DispatchPolicy,
  dispatch,
} from '../../src/domain/dispatch'
import type { Failure } from '../../src/domain/failure'
import type { Strategy } from '../../src/domain/route'
import { anyFailure } from './arbitraries'

export const START = 1_000_000_000

/** Far more than any scenario here needs. */
const MOST_STEPS = 500

export interface Scenario {
  policy: DispatchPolicy
  /** What becomes of the first start, the second and so on; after the last one from the top again. */
  outcomes: readonly { afterMs: number; failure: Failure | null }[]
  /** A timer fires so late. */
  lagMs: number
  /** Somebody wakes the dispatcher at these moments for no reason of its own. */
  nudges: readonly number[]
}

export type Entry =
  | { type: 'start'; at: number; pass: number; candidate: number; inFlight: number; replaces: boolean }
  | { type: 'failed'; at: number; pass: number; candidate: number; failure: Failure }
  | { type: 'succeeded'; at: number; candidate: number }
  | { type: 'wait'; at: number; inFlight: number; wakeAt: number | null }

export interface Run {
  trace: readonly Entry[]
  end: DispatchEnd
  endedAt: number
  passes: number
  steps: number
}

/** Throws where it waits for nothing, or where it would go on for ever. */
export function drive({ policy, outcomes, lagMs, nudges }: Scenario): Run {
  const trace: Entry[] = []
  const running = new Map<number, { endsAt: number; failure: Failure | null }>()
  const pendingNudges = [...nudges].sort((a, b) => a - b)
  let state = beginDispatch(policy.candidates.length)
  let event: DispatchEvent = { type: 'began' }
  let now = START
  let starts = 0

  for (let steps = 1; steps <= MOST_STEPS; steps++) {
    const step = dispatch(policy, state, event, now)
    state = step.state
    const { action } = step
    const { pass } = state
    if (action.type === 'finish') return { trace, end: action.end, endedAt: now, passes: pass, steps }
    let replaces = event.type === 'failed'
    for (const candidate of action.type === 'attempt' ? action.candidates : []) {
      const { afterMs, failure } = outcomes[starts++ % outcomes.length] ?? { afterMs: 0, failure: null }
      running.set(candidate, { endsAt: now + afterMs, failure })
      trace.push({ type: 'start', at: now, pass, candidate, inFlight: running.size, replaces })
      replaces = false
    }
    trace.push({ type: 'wait', at: now, inFlight: running.size, wakeAt: action.wakeAt })

    const [settled] = [...running].sort(([, a], [, b]) => a.endsAt - b.endsAt)
    const wanted = action.wakeAt === null ? Infinity : action.wakeAt + lagMs
    // As in the workflow: a timer is never shorter than 1 ms.
    const wakesAt = Math.max(now + 1, Math.min(wanted, pendingNudges[0] ?? Infinity))
    const settlesAt = settled?.[1].endsAt ?? Infinity
    if (wakesAt === Infinity && settlesAt === Infinity) throw new Error('it waits for nothing')
    now = Math.min(settlesAt, wakesAt)
    while ((pendingNudges[0] ?? Infinity) <= now) pendingNudges.shift()
    event = { type: 'woke' }
    if (settled === undefined || settlesAt > wakesAt) continue
    const [candidate, { failure }] = settled
    running.delete(candidate)
    event = failure === null ? { type: 'succeeded', candidate } : { type: 'failed', candidate, failure }
    trace.push(
      failure === null
        ? { type: 'succeeded', at: now, candidate }
        : { type: 'failed', at: now, pass, candidate, failure },
    )
  }
  throw new Error('it goes on for ever')
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

const anyOutcome = fc.record({
  afterMs: fc.integer({ min: 0, max: 2_000 }),
  failure: fc.option(anyFailure(), { freq: 6 }),
})

export const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  policy: fc.record({
    candidates: fc.array(
      fc.record({ facts: fc.record({ contextTokens: fc.constantFrom(undefined, 8_000, 32_000, 128_000) }) }),
      { maxLength: 5 },
    ),
    strategy: anyStrategy,
    passes: fc.integer({ min: 1, max: 4 }),
    fallbackOnRefusal: fc.boolean(),
    deadlineAt: fc.oneof(
      fc.integer({ min: START - 10, max: START + 3_000 }),
      fc.integer({ min: START, max: START + 100_000 }),
    ),
  }),
  outcomes: fc.array(anyOutcome, { minLength: 1, maxLength: 12 }),
  lagMs: fc.constantFrom(0, 0, 1, 40),
  nudges: fc.array(fc.integer({ min: START, max: START + 5_000 }), { maxLength: 4 }),
})
