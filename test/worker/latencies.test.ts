/** What a worker keeps of the times of its calls. */
import { createLatencies } from '../../src/worker/latencies'

function clocked() {
  let now = 1_000_000
  const latencies = createLatencies(() => now)
  const pass = (ms: number): void => {
    now += ms
  }
  const called = (tookMs: number, target = 'a/m', streamed = false, route = 'r'): void => {
    const timer = latencies.began(route, target, streamed)
    pass(tookMs)
    timer.ended('answered')
  }
  return { latencies, pass, called, known: (...targets: string[]) => latencies.known('r', targets, false) }
}

it('LATENCY-1 a streamed call counts to its first token, another one to its end', () => {
  const { latencies, pass, called } = clocked()
  const streamed = latencies.began('r', 'a/m', true)
  pass(300)
  streamed.firstToken()
  pass(5_000)
  streamed.ended('answered')
  called(2_000)
  expect(latencies.known('r', ['a/m'], true)).toMatchObject([{ target: 'a/m', ms: 300 }])
  expect(latencies.known('r', ['a/m'], false)).toMatchObject([{ target: 'a/m', ms: 2_000 }])
})

it('routes are measured apart: their requests differ', () => {
  const { called, latencies } = clocked()
  called(2_000)
  called(100, 'a/m', false, 'other')
  expect(latencies.known('r', ['a/m'], false)).toMatchObject([{ ms: 2_000 }])
  expect(latencies.known('other', ['a/m'], false)).toMatchObject([{ ms: 100 }])
})

it('one that was never called is not known; one whose first call is in flight is known to be silent', () => {
  const { latencies, pass, known } = clocked()
  expect(known('a/m', 'b/m')).toEqual([])
  latencies.began('r', 'a/m', false)
  pass(700)
  latencies.began('r', 'a/m', false)
  expect(known('a/m', 'b/m')).toEqual([{ target: 'a/m', silentMs: 700, ageMs: 0 }])
})

it('what ends without evidence is as if it had not been', () => {
  const { latencies, pass, known } = clocked()
  const timer = latencies.began('r', 'a/m', false)
  pass(50)
  timer.ended('no_evidence')
  expect(known('a/m')).toEqual([])
})

it('a stream that fails behind its first token counts as a failure too, and one that is cut there does not', () => {
  const { latencies, pass } = clocked()
  const stream = (how: 'failed' | 'cut'): void => {
    const timer = latencies.began('r', `${how}/m`, true)
    pass(100)
    timer.firstToken()
    pass(10_000)
    timer.ended(how)
  }
  stream('failed')
  stream('cut')
  const [failed, cut] = latencies.known('r', ['failed/m', 'cut/m'], true)
  expect(failed?.ms).toBeGreaterThan(1_000)
  expect(cut?.ms).toBe(100)
})

it('what nobody has called for ten minutes is forgotten', () => {
  const { called, pass, known } = clocked()
  called(9_000)
  pass(9 * 60_000)
  expect(known('a/m')).toHaveLength(1)
  pass(2 * 60_000)
  expect(known('a/m')).toEqual([])
})

it('callers that name a thousand targets take no more room', () => {
  const { called, latencies } = clocked()
  for (let index = 0; index < 1_500; index += 1) called(10, `a/${index}`)
  expect(latencies.known('r', ['a/0'], false)).toEqual([])
  expect(latencies.known('r', ['a/1499'], false)).toHaveLength(1)
})
