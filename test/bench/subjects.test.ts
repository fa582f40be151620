/** Which subjects of the benchmark are measured along with which, and what their goals say. */
import { ALL, besideOf, type SubjectName, subjectNames } from '../../bench/subjects'
import { verdicts } from '../../bench/verdicts'

const against = { baseUrl: 'http://127.0.0.1:1/v1', model: 'model-x', keyEnv: null, pid: null }

describe('the choice of subjects', () => {
  it('has the usual ones without a name, and no peer without another gateway', () => {
    const usual = [
      'direct',
      'floor',
      'holdfast',
      'gateway',
      'gateway-stream',
      'gateway-express',
      'gateway-express-stream',
    ]
    expect(subjectNames({ against: null })).toEqual(usual)
    expect(subjectNames({ against })).toEqual([...usual, 'against', 'against-stream'])
  })

  it('adds what a named one is held against, and its peer', () => {
    expect(subjectNames({ against: null }, ['open-circuit'])).toEqual(['healthy', 'open-circuit'])
    expect(subjectNames({ against }, ['hedge'])).toEqual([
      'sequence',
      'hedge',
      'against-sequence',
      'against-hedge',
    ])
    expect(subjectNames({ against }, [])).toEqual([])
  })

  it('knows only subjects', () => {
    for (const name of ALL) {
      const beside = besideOf(name)
      if (beside !== null) expect(ALL).toContain(beside)
      expect(() => subjectNames({ against }, [name])).not.toThrow()
    }
  })
})

describe('a goal', () => {
  const row = (subject: SubjectName, perSecond: number) => ({
    inFlight: 16,
    subject,
    calls: 1,
    failed: 0,
    reason: null,
    p50Ms: 1,
    p99Ms: 351,
    firstTokenMs: null,
    perSecond,
    cpuMs: { caller: null, worker: null, server: null },
    totalCpuMs: null,
    rssBytes: null,
    serverRssBytes: null,
    providerCalls: 1.1,
    ratio: { to: 'healthy' as const, p50: 1.1, firstToken: null, cpu: 1.11 },
  })
  const met = (rows: ReturnType<typeof row>[]) => verdicts(rows, []).map(({ met: is }) => is)

  it('is met at its limit, missed above it, and unknown without what it is held against', () => {
    expect(met([row('open-circuit', 1)])).toEqual([true, false])
    expect(met([row('long-tail', 1)])).toEqual([false, true])
    expect(met([row('up-file', 12)])).toEqual([null])
    expect(met([row('up-file', 12), row('against', 10)])).toEqual([true])
    expect(met([row('up-file', 11), row('against', 10)])).toEqual([false])
  })
})
