/** That the scenarios of the property tests come where it is difficult: else they prove nothing. */
import fc from 'fast-check'
import { drive, type Entry, type Run, type Scenario } from './dispatch-driver'
import { anyScenario } from './dispatch-scenarios'
import { isRefusal, only, roundsOf } from './dispatch-trace'

type Sample = { run: Run; scenario: Scenario }
const has = (run: Run, wanted: (entry: Entry, index: number) => boolean): boolean => run.trace.some(wanted)

const PLACES: { [place: string]: (sample: Sample) => boolean } = {
  'an allowed hedge that starts': ({ run }) => has(run, (one) => one.type === 'hedge' && one.allowed),
  'an allowed hedge that is too late': ({ run, scenario: { policy } }) =>
    has(run, (one) => one.type === 'hedge' && one.allowed && one.at >= policy.deadlineAt),
  'a refused hedge with more to start': ({ run }) =>
    has(run, (one, index) => one.type === 'hedge' && !one.allowed && run.trace.length > index + 2),
  'all that may run at once, with more to start': ({ run, scenario: { policy } }) =>
    has(run, (one) => {
      if (policy.strategy.type !== 'hedge' || one.type !== 'wait') return false
      const { ready } = roundsOf(run)[one.round - 1]?.planned.plan ?? { ready: [] }
      return one.inFlight > policy.strategy.max && ready.length > one.inFlight
    }),
  'a word that `after` has passed, of the last one and of others': ({ run }) =>
    has(run, (one) => one.type === 'due' && one.ofLast) &&
    has(run, (one) => one.type === 'due' && !one.ofLast && one.at > 0),
  'a success while others run': ({ run }) => run.end.type === 'succeeded' && run.inFlight.length > 0,
  'a read in a later pass that starts nothing': ({ run }) =>
    roundsOf(run).some(
      ({ planned, starts }, index, all) =>
        planned.pass > 1 && starts.length === 0 && all[index + 1]?.planned.pass === planned.pass,
    ),
  'a later pass that leaves a ready one out': ({ run }) =>
    roundsOf(run).some(
      ({ planned, starts }) =>
        planned.pass > 1 && starts.length > 0 && starts[0]?.candidate !== planned.plan.ready[0],
    ),
  'a fourth pass': ({ run }) => run.passes === 4,
  'a pass in which the circuits refused all': ({ run }) =>
    roundsOf(run).some(({ starts, failures }) => starts.length > 0 && failures.every(isRefusal)),
  'last resorts in a later pass': ({ run }) =>
    only(run.trace, 'start').some(({ lastResort, pass }) => lastResort && pass > 1),
  'a nudged pause': ({ run }) => only(run.trace, 'nudged').length > 0,
  'a deadline': ({ run }) => run.end.type === 'deadline' && run.endedAt > 0,
}

describe('the scenarios reach', () => {
  const samples: Sample[] = []
  beforeAll(() => {
    for (const scenario of fc.sample(anyScenario, { seed: 7, numRuns: 1_000 }))
      samples.push({ run: drive(scenario), scenario })
  })

  it.each(Object.entries(PLACES))('%s', (_place, reached) => {
    expect(samples.filter(reached).length).toBeGreaterThan(2)
  })
})
