import { LONGEST_PAUSE_MS, START } from './dispatch-driver'
import { always, mayStart, must, nudgedBetween, only, roundsOf, startsWithPast } from './dispatch-trace'

describe('dispatch, whatever happens', () => {
  it('D1: a candidate starts at most once after a plan, in the order of the route, and once as a last resort', () => {
    always((run) => {
      for (const { starts } of roundsOf(run)) {
        const order = starts.filter(({ lastResort }) => !lastResort).map(({ candidate }) => candidate)
        const rising = order.every((one, index) => index === 0 || one > (order[index - 1] ?? one))
        must(rising, 'twice, or out of order', order)
        const last = starts.filter(({ lastResort }) => lastResort).map(({ candidate }) => candidate)
        must(new Set(last).size === last.length, 'a last resort twice', last)
      }
    })
  })

  it('never has more passes than allowed, and waits at least 1 s between two unless it is nudged', () => {
    always((run, { policy }) => {
      must(run.passes <= policy.passes, 'too many passes', run.passes)
      for (const { start, past } of startsWithPast(run)) {
        const last = past.at(-1)
        const sooner = last !== undefined && last.pass < start.pass && start.at - last.at < 1_000
        must(!sooner || nudgedBetween(run, last.at, start.at), 'too soon', start)
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

  it('D5: it ends, in no more steps than there are starts, plans and timers', () => {
    always((run, { policy, nudges }) => {
      const starts = only(run.trace, 'start').length
      // Each start may end and may set one timer; each plan is told, and a pause may follow it.
      must(run.steps <= 1 + 2 * starts + 2 * run.rounds + nudges.length, 'it spins', run.steps)
      const waits = policy.circuit?.whenAllOpen === 'wait' ? (run.endedAt - START) / 500 + nudges.length : 0
      // One more where the first, by an old view, leaves nobody.
      must(run.rounds <= policy.passes + 1 + waits, 'too many plans', run.rounds)
    })
  })

  it('D5: it waits for a running candidate, or for a moment to come: one at which it could still start some', () => {
    always((run, { policy }) => {
      for (const wait of only(run.trace, 'wait')) {
        const { at, inFlight, wakeAt } = wait
        const ahead = wakeAt === null ? inFlight > 0 : wakeAt > at && wakeAt <= policy.deadlineAt
        must(ahead, 'waits for nothing, or for the past', wait)
        const tillTheEnd = policy.circuit?.whenAllOpen === 'wait' && inFlight === 0
        must(wakeAt !== policy.deadlineAt || tillTheEnd, 'wakes to start nothing', wait)
      }
    })
  })

  it('does not give up while a candidate is left that could answer', () => {
    always((run, { policy }) => {
      const last = roundsOf(run).at(-1)
      if (run.end.type !== 'failed' || last === undefined) return
      const all = only(run.trace, 'failed')
      const possible = (index: number): boolean => all.every((one) => mayStart(one, index, policy))
      const { ready, lastResort, blocked } = last.planned.plan
      const started = new Set(last.starts.map(({ candidate }) => candidate))
      const unasked = [...ready, ...lastResort].filter((one) => possible(one) && !started.has(one))
      must(unasked.length === 0, 'never asked', unasked)
      const later = [...started, ...blocked.map(({ candidate }) => candidate)].filter(possible)
      const time = run.endedAt + LONGEST_PAUSE_MS < policy.deadlineAt
      const anotherPass = started.size > 0 && run.passes < policy.passes && time
      must(!anotherPass || later.length === 0, 'not asked again', later)
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

  it('race: after a plan all start at one moment, then all last resorts; no timer stands while they run', () => {
    always((run, { policy }) => {
      if (policy.strategy.type !== 'race') return
      for (const { starts } of roundsOf(run))
        for (const which of [false, true]) {
          const some = starts.filter(({ lastResort }) => lastResort === which)
          must(new Set(some.map(({ at }) => at)).size <= 1, 'not at once', some)
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
