/** DISPATCH-8, whatever happens: who may be called in a later pass, and how long the pauses are. */
import type { Run } from './dispatch-driver'
import {
  always,
  everShut,
  heldByItself,
  heldUntil,
  isRefusal,
  mayStartAfter,
  must,
  namedItself,
  type Of,
  only,
  type Round,
  roundsOf,
  startsWithPast,
} from './dispatch-trace'

const READ_AGAIN_MS = 15_000
const PASS_PAUSE_MS = 1_000

/** A pause with all that came before it: the plan that holds, and every failure. */
function pausesOf(run: Run): { pause: Of<'wait'>; round: Round; past: Of<'failed'>[] }[] {
  const rounds = roundsOf(run)
  return run.trace.flatMap((pause, index) => {
    if (pause.type !== 'wait' || pause.inFlight > 0) return []
    const round = rounds[pause.round - 1]
    return round === undefined ? [] : [{ pause, round, past: only(run.trace.slice(0, index), 'failed') }]
  })
}

/** What the circuit has said last: till when it keeps the candidate out. null: it does not; Infinity: nobody knows. */
function keptOutUntil({ planned, failures }: Round, candidate: number): number | null {
  const last = failures.findLast((one) => one.candidate === candidate)
  if (last !== undefined)
    return isRefusal(last) ? last.at + (last.failure.retryAfterMs ?? Number.POSITIVE_INFINITY) : null
  const blocked = planned.plan.blocked.find((one) => one.candidate === candidate)
  return blocked === undefined ? null : (blocked.until ?? Number.POSITIVE_INFINITY)
}

describe('DISPATCH-8, whatever happens', () => {
  it('no target is called again before the moment that its last call has named', () => {
    always((run) => {
      for (const { start, past } of startsWithPast(run))
        must(start.at >= namedItself(past, start.candidate), 'too early', start)
    })
  })

  it('no last resort of a later pass starts before the moment that its circuit had named', () => {
    always((run) => {
      const rounds = roundsOf(run)
      for (const { start, past } of startsWithPast(run)) {
        const last = past.findLast(({ candidate }) => candidate === start.candidate)
        if (!start.lastResort || last === undefined || !isRefusal(last) || last.pass === start.pass) continue
        // The newest word counts.
        const shutSince = rounds.some(
          ({ planned }) =>
            planned.round > last.round &&
            planned.plan.blocked.some(({ candidate }) => candidate === start.candidate),
        )
        if (shutSince) continue
        must(start.at >= last.at + (last.failure.retryAfterMs ?? 0), 'too early', start)
      }
    })
  })

  it('a pause ends no later than the first moment at which one may be called', () => {
    always((run, { policy }) => {
      for (const { pause, round, past } of pausesOf(run)) {
        const { ready, lastResort, blocked } = round.planned.plan
        const shut = everShut(roundsOf(run))
        const resorts = lastResort.filter((one) => !shut.has(one))
        for (const one of [...ready, ...resorts, ...blocked.map(({ candidate }) => candidate)]) {
          if (!mayStartAfter(past, one, policy)) continue
          const circuit = keptOutUntil(round, one) ?? 0
          const at = Math.max(heldUntil(past, one), circuit, pause.at + PASS_PAUSE_MS)
          must((pause.wakeAt ?? 0) <= at, 'too long', { pause, one, at })
        }
      }
    })
  })

  it('a pause that a circuit could end earlier waits for a nudge, and reads again within 15 s; no other pause does', () => {
    always((run, { policy }) => {
      for (const { pause, round, past } of pausesOf(run)) {
        if (policy.circuit === null) return must(!pause.nudge, 'without circuits', pause)
        const circuits = [...policy.candidates.keys()].filter(
          (one) =>
            keptOutUntil(round, one) !== null &&
            // Each pause is 1 s at the least, whatever ends within.
            heldByItself(past, one) + PASS_PAUSE_MS <= pause.at &&
            mayStartAfter(past, one, policy),
        )
        must(circuits.length === 0 || pause.nudge, 'does not listen', { pause, circuits })
        must(!pause.nudge || (pause.wakeAt ?? 0) <= pause.at + READ_AGAIN_MS, 'reads too late', pause)
        const refused =
          past.some(isRefusal) || roundsOf(run).some(({ planned }) => planned.plan.blocked.length > 0)
        must(!pause.nudge || refused, 'listens for nothing', pause)
      }
    })
  })

  it('a read that finds a circuit closed starts the call at once', () => {
    always((run, { policy }) => {
      const rounds = roundsOf(run)
      for (const [index, round] of rounds.entries()) {
        const last = rounds[index - 1]
        if (last === undefined || round.planned.at >= policy.deadlineAt) continue
        const past = only(run.trace, 'failed').filter((one) => one.round < round.planned.round)
        const freed = round.planned.plan.ready.filter(
          (one) =>
            keptOutUntil(last, one) !== null &&
            heldByItself(past, one) <= round.planned.at &&
            mayStartAfter(past, one, policy),
        )
        const [first] = round.starts
        must(freed.length === 0 || first?.at === round.planned.at, 'does not start', { freed, first })
      }
    })
  })
})
