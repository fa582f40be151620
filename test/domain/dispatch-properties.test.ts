import fc from 'fast-check'
import type { DispatchPolicy } from '../../src/domain/dispatch'
import type { Failure, FailureClass } from '../../src/domain/failure'
import { anyScenario, drive, type Entry, type Run, type Scenario } from './dispatch-driver'

const always = (check: (run: Run, scenario: Scenario) => void) =>
  fc.assert(
    fc.property(anyScenario, (scenario) => check(drive(scenario), scenario)),
    { numRuns: 1_000 },
  )

/** `expect` costs too much for so many checks. */
function must(holds: boolean, fault: string, where: unknown): void {
  if (!holds) throw new Error(`${fault}: ${JSON.stringify(where)}`)
}

type Of<T extends Entry['type']> = Extract<Entry, { type: T }>
const only = <T extends Entry['type']>(trace: readonly Entry[], type: T): Of<T>[] =>
  trace.filter((entry): entry is Of<T> => entry.type === type)

const startsOf = (run: Run, pass: number): Of<'start'>[] =>
  only(run.trace, 'start').filter((start) => start.pass === pass)

/** Each start with the failures before it. */
const startsWithPast = (run: Run): { start: Of<'start'>; past: Of<'failed'>[] }[] =>
  run.trace.flatMap((start, index) =>
    start.type === 'start' ? [{ start, past: only(run.trace.slice(0, index), 'failed') }] : [],
  )

/** Told apart from RULES on purpose: what a person would say. */
const LASTING: readonly FailureClass[] = ['content_refused', 'context_too_long', 'unsupported']
const stopsAll = (failure: Failure, policy: DispatchPolicy): boolean =>
  failure.class === 'invalid_request' ||
  failure.class === 'cancelled' ||
  (failure.class === 'content_refused' && !policy.fallbackOnRefusal)

/** May `other` still start after `candidate` failed like this? */
function mayStart({ candidate, failure }: Of<'failed'>, other: number, policy: DispatchPolicy): boolean {
  if (stopsAll(failure, policy)) return false
  if (other === candidate) return !LASTING.includes(failure.class)
  const had = policy.candidates[candidate]?.facts.contextTokens
  const has = policy.candidates[other]?.facts.contextTokens
  if (failure.class !== 'context_too_long' || had === undefined || has === undefined) return true
  return has > had
}

describe('dispatch, whatever happens', () => {
  it('D1: a candidate starts at most once in a pass, in the order of the plan', () => {
    always((run, { policy }) => {
      for (let pass = 1; pass <= policy.passes; pass++) {
        const order = startsOf(run, pass).map(({ candidate }) => candidate)
        const rising = order.every((one, index) => index === 0 || one > (order[index - 1] ?? one))
        must(rising, 'twice, or out of order', order)
      }
    })
  })

  it('never has more passes than allowed, and waits at least 1 s between two', () => {
    always((run, { policy }) => {
      must(run.passes <= policy.passes, 'too many passes', run.passes)
      for (const { start, past } of startsWithPast(run)) {
        const last = past.at(-1)
        const sooner = last !== undefined && last.pass < start.pass && start.at - last.at < 1_000
        must(!sooner, 'too soon', start)
      }
    })
  })

  it('D2: the first success ends it, and nothing but a success ends it as one', () => {
    always((run) => {
      const [first] = only(run.trace, 'succeeded')
      if (first === undefined) return must(run.end.type !== 'succeeded', 'no such success', run.end)
      expect(run.end).toEqual({ type: 'succeeded', candidate: first.candidate })
      expect(run.endedAt).toBe(first.at)
      expect(run.trace.at(-1)).toBe(first)
    })
  })

  it('D3: nothing starts at or after the deadline; only then does it end by it', () => {
    always((run, { policy: { deadlineAt } }) => {
      for (const start of only(run.trace, 'start')) must(start.at < deadlineAt, 'too late', start)
      if (run.end.type === 'deadline') must(run.endedAt >= deadlineAt, 'ended early', run.endedAt)
    })
  })

  it('D4: nothing starts that an earlier failure of any pass has ruled out', () => {
    always((run, { policy }) => {
      for (const { start, past } of startsWithPast(run))
        for (const failure of past)
          must(mayStart(failure, start.candidate, policy), 'ruled out', { start, failure })
    })
  })

  it('D5: it ends, in no more steps than there are starts and timers', () => {
    always((run, { policy, nudges }) => {
      const starts = only(run.trace, 'start').length
      // Each start may end and may set one timer; each pause sets one.
      must(run.steps <= 1 + 2 * starts + policy.passes + nudges.length, 'it spins', run.steps)
    })
  })

  it('D5: it waits for a running candidate, or for a moment to come before the deadline', () => {
    always((run, { policy }) => {
      for (const wait of only(run.trace, 'wait')) {
        const { at, inFlight, wakeAt } = wait
        const ahead = wakeAt === null ? inFlight > 0 : wakeAt > at && wakeAt < policy.deadlineAt
        must(ahead, 'waits for nothing, or for the past', wait)
      }
    })
  })

  it('does not give up while a candidate is left that could answer', () => {
    always((run, { policy }) => {
      if (run.end.type !== 'failed') return
      const failures = only(run.trace, 'failed')
      const left = policy.candidates.flatMap((_, index) =>
        failures.every((one) => mayStart(one, index, policy)) ? [index] : [],
      )
      const started = new Set(startsOf(run, run.passes).map(({ candidate }) => candidate))
      must(
        left.every((index) => started.has(index)),
        'never asked',
        left,
      )
      const longest = Math.max(8_000, ...failures.map(({ failure }) => failure.retryAfterMs ?? 0))
      const anotherPass = run.passes < policy.passes && run.endedAt + longest < policy.deadlineAt
      must(!anotherPass || left.length === 0, 'not asked again', left)
    })
  })
})

describe('dispatch, by strategy', () => {
  it('sequence: one in flight, and no timer while it is', () => {
    always((run, { policy }) => {
      if (policy.strategy.type !== 'sequence') return
      for (const wait of only(run.trace, 'wait')) {
        must(wait.inFlight <= 1, 'more than one', wait)
        must(wait.inFlight === 0 || wait.wakeAt === null, 'a timer', wait)
      }
    })
  })

  it('race: all of a pass start at one moment, and no timer stands while they run', () => {
    always((run, { policy }) => {
      if (policy.strategy.type !== 'race') return
      for (let pass = 1; pass <= run.passes; pass++) {
        const moments = new Set(startsOf(run, pass).map(({ at }) => at))
        must(moments.size <= 1, 'not at once', [...moments])
      }
      for (const wait of only(run.trace, 'wait'))
        must(wait.inFlight === 0 || wait.wakeAt === null, 'a timer', wait)
    })
  })

  it('hedge: at most max + 1 in flight', () => {
    always((run, { policy: { strategy } }) => {
      if (strategy.type !== 'hedge') return
      for (const start of only(run.trace, 'start'))
        must(start.inFlight <= strategy.max + 1, 'too many in flight', start)
    })
  })

  it('hedge: the next starts when none runs, when one has failed, or when `after` has passed', () => {
    always((run, { policy: { strategy } }) => {
      if (strategy.type !== 'hedge') return
      const starts = only(run.trace, 'start')
      for (const [index, start] of starts.entries()) {
        const last = starts[index - 1]
        const due = last !== undefined && start.at >= last.at + strategy.afterMs
        must(start.inFlight === 1 || start.replaces || due, 'too soon', start)
      }
    })
  })
})
