import fc from 'fast-check'
import type { DispatchPolicy } from '../../src/domain/dispatch'
import type { Failure, FailureClass } from '../../src/domain/failure'
import { anyScenario, drive, type Entry, type Run, type Scenario } from './dispatch-driver'

const always = (check: (run: Run, scenario: Scenario) => void) =>
  fc.assert(
    fc.property(anyScenario, (scenario) => check(drive(scenario), scenario)),
    { numRuns: 2_000 },
  )

type Of<T extends Entry['type']> = Extract<Entry, { type: T }>
const entries = <T extends Entry['type']>({ trace }: Run, type: T): Of<T>[] =>
  trace.filter((entry): entry is Of<T> => entry.type === type)

/** Told apart from RULES on purpose: what a person would say. */
const REQUEST_FAULTS: readonly FailureClass[] = ['content_refused', 'context_too_long', 'unsupported']
const stopsAll = (failure: Failure, policy: DispatchPolicy): boolean =>
  failure.class === 'invalid_request' ||
  failure.class === 'cancelled' ||
  (failure.class === 'content_refused' && !policy.fallbackOnRefusal)

/** May `other` still start after `candidate` failed like this? */
function mayStart({ candidate, failure }: Of<'failed'>, other: number, policy: DispatchPolicy): boolean {
  if (stopsAll(failure, policy)) return false
  if (other === candidate) return !REQUEST_FAULTS.includes(failure.class)
  const had = policy.candidates[candidate]?.facts.contextTokens
  const has = policy.candidates[other]?.facts.contextTokens
  if (failure.class !== 'context_too_long' || had === undefined || has === undefined) return true
  return has > had
}

const before = (run: Run, entry: Entry): readonly Entry[] => run.trace.slice(0, run.trace.indexOf(entry))
const failed = (trace: readonly Entry[]): Of<'failed'>[] =>
  trace.filter((entry): entry is Of<'failed'> => entry.type === 'failed')

describe('dispatch, whatever happens', () => {
  it('D1: a candidate starts at most once in a pass, in the order of the plan', () => {
    always((run, { policy }) => {
      for (let pass = 1; pass <= policy.passes; pass++) {
        const started = entries(run, 'start').flatMap((one) => (one.pass === pass ? [one.candidate] : []))
        expect(started).toEqual([...new Set(started)].sort((a, b) => a - b))
      }
    })
  })

  it('never has more passes than allowed, and waits at least 1 s between two', () => {
    always((run, { policy }) => {
      expect(run.passes).toBeLessThanOrEqual(policy.passes)
      for (const start of entries(run, 'start')) {
        const last = failed(before(run, start)).at(-1)
        if (last !== undefined && last.pass < start.pass)
          expect(start.at - last.at).toBeGreaterThanOrEqual(1_000)
      }
    })
  })

  it('D2: the first success ends it, and nothing but a success ends it as one', () => {
    always((run) => {
      const [first] = entries(run, 'succeeded')
      if (first === undefined) return expect(run.end.type).not.toBe('succeeded')
      expect(run.end).toEqual({ type: 'succeeded', candidate: first.candidate })
      expect(run.endedAt).toBe(first.at)
      expect(run.trace.at(-1)).toBe(first)
    })
  })

  it('D3: nothing starts at or after the deadline; only then does it end by it', () => {
    always((run, { policy }) => {
      for (const start of entries(run, 'start')) expect(start.at).toBeLessThan(policy.deadlineAt)
      if (run.end.type === 'deadline') expect(run.endedAt).toBeGreaterThanOrEqual(policy.deadlineAt)
    })
  })

  it('D4: nothing starts that an earlier failure of any pass has ruled out', () => {
    always((run, { policy }) => {
      for (const start of entries(run, 'start'))
        for (const failure of failed(before(run, start)))
          expect([start, failure, mayStart(failure, start.candidate, policy)]).toEqual([start, failure, true])
    })
  })

  it('D5: it ends, in as many steps as there are starts, ends and timers', () => {
    always((run, { policy, nudges }) => {
      const starts = entries(run, 'start').length
      const timers = starts + policy.passes
      expect(run.steps).toBeLessThanOrEqual(1 + starts + timers + nudges.length)
    })
  })

  it('D5: it waits for a running candidate, or for a moment to come before the deadline', () => {
    always((run, { policy }) => {
      for (const { at, inFlight, wakeAt } of entries(run, 'wait')) {
        if (wakeAt === null) expect(inFlight).toBeGreaterThan(0)
        else {
          expect(wakeAt).toBeGreaterThan(at)
          expect(wakeAt).toBeLessThan(policy.deadlineAt)
        }
      }
    })
  })

  it('does not give up while a candidate is left that could answer', () => {
    always((run, { policy }) => {
      if (run.end.type !== 'failed') return
      const failures = failed(run.trace)
      const left = policy.candidates.flatMap((_, index) =>
        failures.every((one) => mayStart(one, index, policy)) ? [index] : [],
      )
      const started = entries(run, 'start').flatMap((one) => (one.pass === run.passes ? [one.candidate] : []))
      expect(left.filter((index) => !started.includes(index))).toEqual([])
      const longest = Math.max(8_000, ...failures.map(({ failure }) => failure.retryAfterMs ?? 0))
      const anotherPass = run.passes < policy.passes && run.endedAt + longest < policy.deadlineAt
      if (anotherPass) expect(left).toEqual([])
    })
  })
})

describe('dispatch, by strategy', () => {
  it('sequence: one in flight, and no timer while it is', () => {
    always((run, { policy }) => {
      if (policy.strategy.type !== 'sequence') return
      for (const { inFlight, wakeAt } of entries(run, 'wait')) {
        expect(inFlight).toBeLessThanOrEqual(1)
        if (inFlight > 0) expect(wakeAt).toBeNull()
      }
    })
  })

  it('race: all of a pass start at one moment, and no timer stands while they run', () => {
    always((run, { policy }) => {
      if (policy.strategy.type !== 'race') return
      for (let pass = 1; pass <= run.passes; pass++) {
        const moments = entries(run, 'start').flatMap((one) => (one.pass === pass ? [one.at] : []))
        expect(new Set(moments).size).toBeLessThanOrEqual(1)
      }
      for (const { inFlight, wakeAt } of entries(run, 'wait')) if (inFlight > 0) expect(wakeAt).toBeNull()
    })
  })

  it('hedge: at most max + 1 in flight', () => {
    always((run, { policy: { strategy } }) => {
      if (strategy.type !== 'hedge') return
      for (const { inFlight } of entries(run, 'start')) expect(inFlight).toBeLessThanOrEqual(strategy.max + 1)
    })
  })

  it('hedge: the next starts when none runs, when one has failed, or when `after` has passed', () => {
    always((run, { policy: { strategy } }) => {
      if (strategy.type !== 'hedge') return
      const starts = entries(run, 'start')
      for (const [index, start] of starts.entries()) {
        const last = starts[index - 1]
        const due = last !== undefined && start.at >= last.at + strategy.afterMs
        expect(start.inFlight === 1 || start.replaces || due).toBe(true)
      }
    })
  })
})
