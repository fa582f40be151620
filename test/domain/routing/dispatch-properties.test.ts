import { carryPause, type DispatchState, resumePause } from '../../../src/domain/routing/dispatch'
import { drive, START } from './dispatch-driver'
import { LONGEST_PAUSE_MS } from './dispatch-scenarios'
import {
  always,
  everShut,
  heldUntil,
  isRefusal,
  mayStartAfter,
  must,
  nudgedBetween,
  only,
  roundsOf,
  startsWithPast,
} from './dispatch-trace'

describe('dispatch, whatever happens', () => {
  it('DISPATCH-1: a candidate starts at most once after a plan, in the order of the route, and once as a last resort', () => {
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

  it('DISPATCH-2: the first success ends it, and nothing but a success ends it as one', () => {
    always((run) => {
      const [first] = only(run.trace, 'succeeded')
      if (first === undefined) return must(run.end.type !== 'succeeded', 'no such success', run.end)
      expect(run.end).toEqual({ type: 'succeeded', candidate: first.candidate })
      expect(run.endedAt).toBe(first.at)
      expect(run.trace.at(-1)).toBe(first)
    })
  })

  it('all others are running by its own account when it ends with a success, so that they can be cancelled; else none is', () => {
    always(({ end, inFlight, accounted }) => {
      const winner = end.type === 'succeeded' ? [end.candidate] : []
      expect([...accounted].sort()).toEqual([...inFlight, ...winner].sort())
      must(end.type === 'succeeded' || inFlight.length === 0, 'it leaves one behind', inFlight)
    })
  })

  it('calls a candidate at most as often as there are passes', () => {
    always((run, { policy: { candidates, passes } }) => {
      for (const candidate of candidates.keys()) {
        const of = (one: { candidate: number }): boolean => one.candidate === candidate
        const refused = only(run.trace, 'failed').filter((one) => of(one) && isRefusal(one)).length
        const calls = only(run.trace, 'start').filter(of).length - refused
        must(calls <= passes, 'too many calls', { candidate, calls })
      }
    })
  })

  it('does the same when its state goes through JSON at every step', () => {
    const carry = (state: DispatchState): DispatchState => JSON.parse(JSON.stringify(state))
    always((run, scenario) => {
      const carried = JSON.stringify(drive(scenario, carry))
      must(carried === JSON.stringify(run), 'another run', { carried })
    })
  })

  it('does the same when every pause is carried to another run, as JSON', () => {
    const carry = (state: DispatchState): DispatchState =>
      state.phase === 'paused' ? resumePause(JSON.parse(JSON.stringify(carryPause(state)))) : state
    always((run, scenario) => {
      const carried = JSON.stringify(drive(scenario, carry))
      must(carried === JSON.stringify(run), 'another run', { carried })
    })
  })

  it('DISPATCH-3: nothing starts at or after the deadline; only then does it end by it', () => {
    always((run, { policy: { deadlineAt } }) => {
      for (const start of only(run.trace, 'start')) must(start.at < deadlineAt, 'too late', start)
      if (run.end.type === 'deadline') must(run.endedAt >= deadlineAt, 'ended early', run.endedAt)
    })
  })

  it('DISPATCH-4, D11: nothing starts that earlier failures of any pass have ruled out', () => {
    always((run, { policy }) => {
      for (const { start, past } of startsWithPast(run))
        must(mayStartAfter(past, start.candidate, policy), 'ruled out', { start, past })
    })
  })

  it('DISPATCH-5: it ends, in no more steps than there are starts, plans and timers', () => {
    always((run, { policy, asides }) => {
      const starts = only(run.trace, 'start').length
      const asks = only(run.trace, 'hedge').length
      // Each start may end and may set one timer; each plan and each decision of the budget is an event, and a pause may follow it.
      const most = 1 + 2 * starts + 2 * run.rounds + 2 * asks + asides.length
      must(run.steps <= most, 'it spins', run.steps)
      const reads = policy.circuit === null ? 0 : (run.endedAt - START) / 500 + asides.length
      // One more where the first, by an old view, leaves nobody; and one for each that was held back and is gone by then.
      const passes = policy.passes * (1 + policy.candidates.length)
      must(run.rounds <= passes + 1 + reads, 'too many plans', run.rounds)
    })
  })

  it('DISPATCH-5: it waits for a running candidate, or for a moment to come: one at which it could still start some', () => {
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
      const rounds = roundsOf(run)
      const last = rounds.at(-1)
      if (run.end.type !== 'failed' || last === undefined) return
      const all = only(run.trace, 'failed')
      const possible = (index: number): boolean => mayStartAfter(all, index, policy)
      const { ready, lastResort, blocked } = last.planned.plan
      const started = new Set(last.starts.map(({ candidate }) => candidate))
      const ever = new Set(only(run.trace, 'start').map(({ candidate }) => candidate))
      const earlier = all.filter(({ pass }) => pass < last.planned.pass)
      const couldStart = (one: number): boolean =>
        started.has(one) || heldUntil(earlier, one) > last.planned.at
      const shut = everShut(rounds)
      const resorts = lastResort.filter((one) => !shut.has(one))
      const uncalled = [...ready, ...resorts].filter((one) => possible(one) && !couldStart(one))
      must(uncalled.length === 0, 'never called', uncalled)
      // Those of earlier passes too, where they are not dropped meanwhile.
      const held = [...ready, ...lastResort].filter((one) => ever.has(one))
      const later = [...started, ...held, ...blocked.map(({ candidate }) => candidate)].filter(possible)
      const time = run.endedAt + LONGEST_PAUSE_MS < policy.deadlineAt
      const anotherPass = started.size > 0 && run.passes < policy.passes && time
      must(!anotherPass || later.length === 0, 'not called again', later)
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

  it('hedge: the next starts when none runs, when one has failed, or in answer to an allowed ask', () => {
    always((run, { policy: { strategy } }) => {
      if (strategy.type !== 'hedge') return
      for (const [index, start] of run.trace.entries()) {
        if (start.type !== 'start' || start.inFlight === 1 || start.replaces) continue
        const before = run.trace[index - 1]
        must(before?.type === 'hedge' && before.allowed && before.at === start.at, 'not called for', start)
      }
    })
  })

  it('DISPATCH-9: asks when `after` has passed by the clock or by the word of the one that started last', () => {
    always((run, { policy: { strategy } }) => {
      for (const [index, ask] of run.trace.entries()) {
        if (ask.type !== 'hedge') continue
        if (strategy.type !== 'hedge') throw new Error('no hedge')
        const past = run.trace.slice(0, index)
        const last = past.findLast((one) => one.type === 'start')
        const due = last !== undefined && ask.checkedAt >= last.at + strategy.afterMs
        const previous = past.at(-1)
        must(
          due || (previous?.type === 'due' && previous.ofLast && previous.at === ask.checkedAt),
          'too soon',
          ask,
        )
        must(ask.inFlight > 0 && ask.inFlight <= strategy.max, 'nothing to hedge, or no room', ask)
      }
    })
  })

  it('DISPATCH-9: what is allowed starts at once, unless it is too late; what is refused asks no more under that plan', () => {
    always((run, { policy: { deadlineAt } }) => {
      for (const [index, ask] of run.trace.entries()) {
        if (ask.type !== 'hedge') continue
        const after = run.trace.slice(index + 1)
        const [next] = after
        const began = next?.type === 'start' && next.at === ask.at && !next.replaces
        must(began === (ask.allowed && ask.at < deadlineAt), 'not what the budget said', { ask, next })
        const again = only(after, 'hedge').some(({ round }) => round === ask.round)
        must(ask.allowed || !again, 'asks again', ask)
      }
    })
  })
})
