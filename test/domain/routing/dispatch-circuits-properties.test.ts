import {
  always,
  heldByItself,
  heldUntil,
  isRefusal,
  mayStartAfter,
  must,
  nudgedBetween,
  only,
  roundsOf,
} from './dispatch-trace'

/** It reads circuits no more often. */
const SHORTEST_PAUSE_MS = 500

describe('dispatch with circuits, whatever happens', () => {
  it('DISPATCH-6: nothing starts that its plan does not let through', () => {
    always((run) => {
      for (const { planned, starts, failures } of roundsOf(run)) {
        const { ready, lastResort } = planned.plan
        for (const start of starts) {
          const { candidate } = start
          const refused = failures.some((one) => one.candidate === candidate && isRefusal(one))
          const may = start.lastResort ? lastResort.includes(candidate) || refused : ready.includes(candidate)
          must(may, 'blocked, or unknown', { start, plan: planned.plan })
        }
      }
    })
  })

  it('DISPATCH-6: the first plan may come from an old view, all others from a fresh one; each pass has its own', () => {
    always((run) => {
      for (const { planned, starts } of roundsOf(run)) {
        must(planned.fresh === planned.round > 1, 'fresh', planned)
        must(
          starts.every(({ pass }) => pass === planned.pass),
          'a pass without a plan',
          planned,
        )
      }
    })
  })

  it('DISPATCH-7: a last resort starts only when all that were ready have failed or are ruled out, and none of them runs', () => {
    always((run, { policy }) => {
      for (const { planned, starts, failures } of roundsOf(run)) {
        const [first] = starts.filter(({ lastResort }) => lastResort)
        if (first === undefined) continue
        must(policy.circuit?.whenAllOpen === 'try', 'not called for', first)
        const others = starts.filter(({ lastResort }) => !lastResort)
        const before = run.trace.slice(0, run.trace.indexOf(first))
        const failed = only(before, 'failed')
        for (const other of others) {
          must(before.includes(other), 'another one starts after it', { first, other })
          const ended = failures.some((one) => one.candidate === other.candidate && before.includes(one))
          must(ended, 'another one runs', { first, other })
        }
        const earlier = failed.filter(({ pass }) => pass < planned.pass)
        const left = planned.plan.ready.filter(
          (one) =>
            !others.some(({ candidate }) => candidate === one) &&
            heldUntil(earlier, one) <= planned.at &&
            mayStartAfter(failed, one, policy),
        )
        must(left.length === 0, 'another one could be called', { first, left })
      }
    })
  })

  it('DISPATCH-1: a candidate starts twice after a plan only if its circuit refused it the first time', () => {
    always((run) => {
      for (const { starts, failures } of roundsOf(run))
        for (const start of starts) {
          const earlier = starts.find(
            (one) => one !== start && one.candidate === start.candidate && !one.lastResort,
          )
          if (earlier === undefined) continue
          const [first] = failures.filter(({ candidate }) => candidate === start.candidate)
          must(start.lastResort && first !== undefined && isRefusal(first), 'called already', start)
        }
    })
  })

  it('another plan in the same pass: where nobody was called; a pass has one that asks somebody', () => {
    always((run, { policy }) => {
      const rounds = roundsOf(run)
      for (const [index, { planned }] of rounds.entries()) {
        const last = rounds[index - 1]
        if (last === undefined) continue
        const samePass = planned.pass === last.planned.pass
        must(samePass || planned.pass === last.planned.pass + 1, 'a pass left out', planned)
        must(samePass || last.starts.length > 0, 'a pass that called nobody', planned)
        if (!samePass) continue
        must(last.failures.every(isRefusal), 'somebody was called', last.failures)
        must(last.starts.length === 0 || policy.circuit?.whenAllOpen === 'wait', 'not called for', planned)
        // By a fresh view, since the first one left nobody.
        if (planned.fresh && !last.planned.fresh && last.starts.length === 0) continue
        const since = last.failures.at(-1)?.at ?? last.planned.at
        // In a later pass one may be held till any moment: DISPATCH-5 says that it does not spin.
        const free = planned.pass > 1 && last.starts.length === 0
        const paused = planned.at - since
        must(
          free || paused >= SHORTEST_PAUSE_MS || nudgedBetween(run, since, planned.at),
          'too soon',
          planned,
        )
      }
    })
  })

  it('wait: does not fail where one may be called later, nor where the circuits refused all', () => {
    always((run, { policy }) => {
      const last = roundsOf(run).at(-1)
      if (run.end.type !== 'failed' || policy.circuit?.whenAllOpen !== 'wait' || last === undefined) return
      const failures = only(run.trace, 'failed')
      const later = last.planned.plan.blocked.filter(
        ({ candidate }) =>
          heldByItself(failures, candidate) < policy.deadlineAt && mayStartAfter(failures, candidate, policy),
      )
      must(last.starts.length > 0 || later.length === 0, 'not waited for', later)
      must(last.starts.length === 0 || !last.failures.every(isRefusal), 'refused', last)
    })
  })

  it('a nudge in a pause that listens for one is followed by a plan at once; without circuits none does', () => {
    always((run, { policy }) => {
      for (const [index, entry] of run.trace.entries()) {
        if (entry.type === 'wait')
          must(!entry.nudge || (entry.inFlight === 0 && policy.circuit !== null), 'nudge', entry)
        if (entry.type !== 'nudged' || entry.at >= policy.deadlineAt) continue
        const waiting = run.trace.slice(0, index).findLast((one) => one.type === 'wait')
        if (waiting?.type !== 'wait' || !waiting.nudge) continue
        const next = run.trace[index + 1]
        must(next?.type === 'planned' && next.at === entry.at, 'no plan', entry)
      }
    })
  })
})
