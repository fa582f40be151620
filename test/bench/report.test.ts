/** The report of the studies: goals are met at their limit and missed above it. */
import { type Report, reportText } from '../../bench/report'
import { type Studies, studyTexts } from '../../bench/studies'
import type { Period, Soak } from '../../bench/studies/soak'
import type { Waiting } from '../../bench/studies/waiting'

const GIB = 1024 ** 3

const waiting: Waiting = {
  who: 'holdfast',
  calls: 100,
  waitedAtOnce: 100,
  answered: 100,
  lost: 0,
  reason: null,
  startsPerSecond: 50,
  rssBytes: { before: GIB / 4, waiting: GIB },
  serverRssBytes: { before: null, waiting: null },
  startCpuMs: { first: 10, last: 11 },
  idleCpuMsPerSecond: 1,
}

const period: Period = {
  answered: 10,
  failed: 0,
  p50Ms: 10,
  p99Ms: 20,
  rssBytes: 100,
  handles: 10,
  serverRssBytes: null,
  longestHistory: 50,
}

/** The first period does not count. */
const soakWith = (last: Partial<Period>): Soak => ({
  minutes: 2,
  perSecond: 10,
  periods: [{ ...period, rssBytes: 1 }, period, period, { ...period, ...last }],
})

const met = (studies: Studies) => studyTexts(studies).verdicts.map((verdict) => verdict.met)

describe('the studies', () => {
  it('are met at their limits', () => {
    const importMs = { holdfast: 150 }
    expect(met({ start: { importMs, upFreshMs: 1_500, upAgainMs: 1_400 } })).toEqual([true, true])
    expect(met({ waiting: [waiting] })).toEqual([true, true, true])
    expect(met({ soak: soakWith({ rssBytes: 110, longestHistory: 100 }) })).toEqual(Array(5).fill(true))
  })

  it('are missed above them, each by itself', () => {
    const importMs = { holdfast: 151 }
    expect(met({ start: { importMs, upFreshMs: 1_400, upAgainMs: 1_501 } })).toEqual([false, false])
    const lost = { ...waiting, lost: 1 }
    const early = { ...waiting, waitedAtOnce: 99 }
    const large = { ...waiting, rssBytes: { before: 0, waiting: GIB + 1 } }
    const dear = { ...waiting, startCpuMs: { first: 10, last: 12 } }
    expect([lost, early, large, dear].map((one) => met({ waiting: [one] }))).toEqual([
      [false, true, true],
      [false, true, true],
      [true, false, true],
      [true, true, false],
    ])
    const grown = [{ failed: 1 }, { rssBytes: 111 }, { handles: 12 }, { p50Ms: 13 }, { longestHistory: 101 }]
    for (const [at, last] of grown.entries())
      expect(met({ soak: soakWith(last) })).toEqual(grown.map((_, other) => other !== at))
  })

  it('stand in the report, without rounds too; a peer has no goal', () => {
    const machine = { cpus: 2, cpu: 'a processor', node: '20', server: 'a server' }
    const studies = { waiting: [waiting, { ...waiting, who: 'against' as const }], soak: soakWith({}) }
    const report: Report = {
      layout: 'together',
      rounds: 1,
      segmentMs: 1,
      machine,
      rows: [],
      footprints: [],
      studies,
    }
    expect(met({ waiting: [{ ...waiting, who: 'against' }] })).toEqual([])
    const text = reportText(report)
    expect(text).toContain('waiting (against): 100 calls')
    expect(text).toContain('soak: 2 min at 10.0 calls a second: 40 answered')
    expect(text).not.toContain('in flight')
    expect(text).not.toMatch(/NaN|undefined/)
  })
})
