/** What must hold whatever fails (JUDGE-1 to JUDGE-5 of chaos/verdict/judge.ts): each is seen to be missed where it is broken. */
import { differencesOf, statesIn } from '../../chaos/faults/circuits'
import { pick } from '../../chaos/load/mix'
import { stepsOf } from '../../chaos/load/providers'
import { answerOf, promptOf } from '../../chaos/verdict/answers'
import { judge } from '../../chaos/verdict/judge'
import { courseOf } from '../../chaos/verdict/recovery'
import { countsOf, type FaultReport, failuresOf, passes, reportText } from '../../chaos/verdict/report'
import type { Observed, ProviderCall, RequestRecord } from '../../chaos/verdict/types'
import { seededRandom } from '../../src/simulator/latency'

const PROMPT = '0a 1b 2c'
const ANSWER = answerOf('alpha/m', PROMPT)

const request = (own: Partial<RequestRecord> = {}): RequestRecord => ({
  ...{
    kind: 'whole',
    prompt: PROMPT,
    cached: false,
    overlaps: false,
    probed: false,
    accepted: true,
    id: 'gen-1',
    sends: 1,
  },
  ...{ startedAt: 1_000, endedAt: 3_000 },
  end: { type: 'answered', text: ANSWER },
  final: { state: 'answered', text: ANSWER, winner: 'r1' },
  ...own,
})

const call = (own: Partial<ProviderCall> = {}): ProviderCall => ({
  ...{
    target: 'alpha/m',
    prompt: PROMPT,
    requestId: 'r1',
    receivedAt: 1_100,
    endedAt: 2_900,
    completed: true,
  },
  ...own,
})

const observed = (own: Partial<Observed> = {}): Observed => ({
  ...{ fault: 'worker-killed', window: { beganAt: 10_000, endedAt: 20_000 }, deadlineMs: 60_000 },
  ...{ requests: [request()], calls: [call()], earlierAnswers: new Map(), losesCommits: false },
  ...{ probedTarget: 'omega/m', circuitDifferences: [] },
  ...own,
})

const counted = (own: Partial<Observed>) => countsOf(judge(observed(own)).violations)
const CLEAN = { lost: 0, wrong: 0, paidTwice: 0, probes: 0, circuits: 0 }

it('a whole answer that its provider has completed, and an error with a name, are no violation', () => {
  const failed = {
    end: { type: 'failed', kind: 'all_failed' } as const,
    final: { state: 'failed', kind: 'all_failed' } as const,
  }
  expect(judge(observed({ requests: [request(), request(failed)] }))).toEqual({ violations: [], gap: 0 })
})

describe('lost is', () => {
  it.each<[string, Partial<RequestRecord>]>([
    ['what was accepted and whose caller got no end', { end: { type: 'none' } }],
    ['what was sent with a key and broke', { end: { type: 'broken' } }],
    ['what still runs', { final: { state: 'running' } }],
    [
      'what still runs, though its caller had no key',
      { accepted: false, end: { type: 'broken' }, final: { state: 'running' } },
    ],
    ['what nobody can read', { final: { state: 'unreadable', reason: 'unavailable' } }],
    ['what was answered with an id and is not there', { final: { state: 'absent' } }],
    ['what ends long after its deadline', { startedAt: 100_000, endedAt: 200_000 }],
  ])('%s', (_, own) => {
    expect(counted({ requests: [request(own)] })).toEqual({ ...CLEAN, lost: 1 })
  })

  it('not what was sent without a key and broke, once it has ended', () => {
    const final = { state: 'cancelled', kind: 'cancelled' } as const
    expect(counted({ requests: [request({ accepted: false, end: { type: 'broken' }, final })] })).toEqual(
      CLEAN,
    )
  })

  it('not what may not have been started, as its error says', () => {
    const end = { type: 'failed', kind: 'unavailable' } as const
    expect(counted({ requests: [request({ accepted: false, end, final: { state: 'absent' } })] })).toEqual(
      CLEAN,
    )
  })

  it('not what ends as much later as the fault stood meanwhile', () => {
    const window = { beganAt: 10_000, endedAt: 70_000 }
    expect(counted({ window, requests: [request({ startedAt: 5_000, endedAt: 150_000 })] })).toEqual(CLEAN)
    expect(counted({ window, requests: [request({ startedAt: 5_000, endedAt: 156_000 })] })).toEqual({
      ...CLEAN,
      lost: 1,
    })
  })
})

describe('wrong is', () => {
  it.each<[string, Partial<RequestRecord>, Partial<ProviderCall>]>([
    ['another prompt’s answer', { end: { type: 'answered', text: answerOf('alpha/m', 'ff ee') } }, {}],
    ['a cut answer', { end: { type: 'answered', text: ANSWER.slice(0, -4) } }, {}],
    ['an answer twice', { end: { type: 'answered', text: ANSWER + ANSWER } }, {}],
    ['an answer of a call that was cut', {}, { completed: false }],
    ['an answer of a target that was not called', {}, { target: 'beta/m' }],
    [
      'streamed words that are not the result',
      { final: { state: 'answered', text: answerOf('beta/m', PROMPT), winner: 'r1' } },
      {},
    ],
    ['an answer whose generation has failed', { final: { state: 'failed', kind: 'all_failed' } }, {}],
  ])('%s', (_, ownRequest, ownCall) => {
    expect(counted({ requests: [request(ownRequest)], calls: [call(ownCall)] })).toEqual({
      ...CLEAN,
      wrong: 1,
    })
  })

  it('not a kept answer of an earlier call, on a route with a cache alone', () => {
    const earlierAnswers = new Map([[PROMPT, new Set([ANSWER])]])
    expect(counted({ calls: [], earlierAnswers, requests: [request({ cached: true })] })).toEqual(CLEAN)
    expect(counted({ calls: [], earlierAnswers })).toEqual({ ...CLEAN, wrong: 1 })
  })
})

describe('paid twice is', () => {
  const second = call({ requestId: 'r2', receivedAt: 5_000, endedAt: 6_000 })
  const secondWins = request({ final: { state: 'answered', text: ANSWER, winner: 'r2' } })

  it('a call after the one whose answer counts had completed', () => {
    expect(counted({ calls: [call(), second] })).toEqual({ ...CLEAN, paidTwice: 1 })
  })

  it('also where the fault may lose a commit: this one was committed', () => {
    expect(counted({ calls: [call(), second], losesCommits: true })).toEqual({ ...CLEAN, paidTwice: 1 })
  })

  it('a call after one that was never committed, where no fault excuses it; else it is the gap', () => {
    const calls = [call(), second]
    expect(counted({ calls, requests: [secondWins] })).toEqual({ ...CLEAN, paidTwice: 1 })
    const excused = judge(observed({ calls, requests: [secondWins], losesCommits: true }))
    expect(excused).toEqual({ violations: [], gap: 1 })
  })

  it('the gap too where a slow probe was overtaken by the next candidate, whose call failed and was made again', () => {
    const next = call({ requestId: 'r3', receivedAt: 2_500, endedAt: 4_000, completed: false })
    const probed = request({ ...secondWins, overlaps: true, probed: true })
    expect(judge(observed({ calls: [call(), next, second], requests: [probed] }))).toEqual({
      violations: [],
      gap: 1,
    })
    expect(counted({ calls: [call(), second], requests: [probed] })).toEqual({ ...CLEAN, paidTwice: 1 })
  })

  it('not a call after one that was cut, nor one that ran beside it', () => {
    expect(counted({ calls: [call({ completed: false }), second], requests: [secondWins] })).toEqual(CLEAN)
    expect(counted({ calls: [call(), call({ requestId: 'r2', receivedAt: 2_000 })] })).toEqual(CLEAN)
  })

  it('not a hedge that was started while the answer came', () => {
    const hedge = call({ requestId: 'r2', receivedAt: 3_500 })
    expect(counted({ calls: [call(), hedge], requests: [request({ overlaps: true })] })).toEqual(CLEAN)
    expect(counted({ calls: [call(), second], requests: [request({ overlaps: true })] })).toEqual({
      ...CLEAN,
      paidTwice: 1,
    })
  })
})

describe('of probes', () => {
  const down = (requestId: string, receivedAt: number, endedAt: number): ProviderCall =>
    call({ target: 'omega/m', prompt: requestId, requestId, receivedAt, endedAt, completed: false })
  const opening = [down('o1', 40_000, 40_300), down('o2', 40_000, 40_300), down('o3', 40_100, 40_400)]
  const with_ = (...calls: ProviderCall[]) => counted({ requests: [], calls: [...opening, ...calls] })

  it('one at a time is right, two are a violation', () => {
    expect(with_(down('p1', 45_000, 45_300), down('p2', 47_500, 47_800))).toEqual(CLEAN)
    expect(with_(down('p1', 45_000, 45_300), down('p2', 45_100, 45_400))).toEqual({ ...CLEAN, probes: 1 })
  })

  it('calls that open the circuit, and those while the fault stands, are none', () => {
    expect(with_(down('late', 40_200, 40_500))).toEqual(CLEAN)
    const during = [down('d1', 12_000, 12_300), down('d2', 12_000, 12_300)]
    expect(
      counted({
        requests: [],
        calls: [...opening.map((one) => ({ ...one, receivedAt: 5_000, endedAt: 5_300 })), ...during],
      }),
    ).toEqual(CLEAN)
  })
})

it('circuits that differ are a violation', () => {
  const states = (state: string) =>
    statesIn(
      `# HELP\nholdfast_circuit_state{target="alpha/m",state="closed"} ${state === 'closed' ? 1 : 0}\nholdfast_circuit_state{target="alpha/m",state="open"} ${state === 'open' ? 1 : 0}\n`,
    )
  expect(differencesOf([states('open'), states('open'), new Map()])).toEqual([])
  const circuitDifferences = differencesOf([states('open'), states('closed')])
  expect(circuitDifferences).toEqual(['alpha/m is open, closed'])
  expect(counted({ circuitDifferences })).toEqual({ ...CLEAN, circuits: 1 })
})

describe('recovery', () => {
  const window = { beganAt: 10_000, endedAt: 20_000 }
  /** One begins every 500 ms. */
  const requests = (lastsMs: (startedAt: number) => number, failsTill: number): RequestRecord[] =>
    Array.from({ length: 80 }, (_, index) => {
      const startedAt = index * 500
      const failed = startedAt >= window.beganAt && startedAt < failsTill
      return request({
        startedAt,
        endedAt: startedAt + lastsMs(startedAt),
        end: failed ? { type: 'failed', kind: 'unavailable' } : { type: 'answered', text: ANSWER },
      })
    })

  it('is when as many are answered as before, as fast as before', () => {
    const failing = courseOf(
      requests(() => 1_000, 23_000),
      window,
    )
    expect(failing.recoveredMs).toBe(3_000)
    expect(failing.during.answered).toBeLessThan(failing.during.requests)
    const slow = courseOf(
      requests((at) => (at > 10_000 && at < 27_000 ? 9_000 : 1_000), 0),
      window,
    )
    expect(slow.recoveredMs).toBe(5_000)
    expect(slow.before).toMatchObject({ p50Ms: 1_000, p99Ms: 1_000 })
  })

  it('is null where that does not come', () => {
    expect(
      courseOf(
        requests(() => 1_000, 99_000),
        window,
      ).recoveredMs,
    ).toBeNull()
  })
})

describe('the report', () => {
  const course = courseOf([], { beganAt: 1, endedAt: 2 })
  const report = (own: Partial<FaultReport> = {}): FaultReport => ({
    ...{
      fault: 'redis-killed',
      requests: 2,
      answered: 1,
      failed: { unavailable: 1 },
      resent: 0,
      counts: CLEAN,
      gap: 1,
    },
    ...{ course: { ...course, recoveredMs: 1_500 }, violations: [] },
    ...own,
  })

  it('passes where nothing is counted and it recovered, and not else', () => {
    expect(passes([report()])).toBe(true)
    expect(passes([])).toBe(false)
    expect(passes([report(), report({ violations: [{ count: 'lost', what: 'x' }] })])).toBe(false)
    expect(passes([report({ course })])).toBe(false)
  })

  it('has a row for each fault, and names each violation', () => {
    const faults = [
      report(),
      report({ fault: 'worker-cut', violations: [{ count: 'wrong', what: 'gen-7: a cut answer' }] }),
    ]
    const text = reportText({ seed: 5, faults, notRun: [{ fault: 'slow', needs: 'a tool' }], passed: false })
    for (const part of [
      'redis-killed',
      '1 unavailable',
      '1.5 s',
      'worker-cut: wrong: gen-7: a cut answer',
      'not run: slow needs a tool',
      'FAILED (seed 5)',
    ])
      expect(text).toContain(part)
  })

  it('counts failures by their names, and broken connections', () => {
    const ends = [
      { type: 'broken' },
      { type: 'failed', kind: 'all_failed' },
      { type: 'failed', kind: 'all_failed' },
    ] as const
    expect(failuresOf(ends.map((end) => request({ end })))).toEqual({ connection: 1, all_failed: 2 })
  })
})

it('by one seed come the same prompts, callers and faults of providers, and no prompt twice', () => {
  const drawn = (seed: number) => {
    const random = seededRandom(seed)
    const prompts = Array.from({ length: 200 }, () => promptOf(random))
    return { prompts, kinds: prompts.map(() => pick(random).name), steps: stepsOf(1, random).slice(0, 50) }
  }
  expect(drawn(3)).toEqual(drawn(3))
  expect(drawn(4)).not.toEqual(drawn(3))
  expect(new Set(drawn(3).prompts).size).toBe(200)
  expect(new Set(drawn(3).kinds).size).toBeGreaterThan(5)
})
