/** TARGET-HEALTH: how targets have done, by the calls of the last ten minutes. */
import { type Call, callsOf, targetHealth, WINDOW_MS } from '../../src/client/target-health'
import type { AttemptRecord } from '../../src/domain/routing/attempt'

const NOW = 1_790_000_000_000
const call = (target: string, agoMs: number, durationMs: number, failure: Call['failure'] = null): Call => ({
  target,
  startedAt: NOW - agoMs,
  durationMs,
  failure,
})

it('latency is that of calls that answered, by nearest rank; failures are counted by class', () => {
  const calls = [
    ...Array.from({ length: 20 }, (_, index) => call('a/m', 1_000, (index + 1) * 10)),
    call('a/m', 1_000, 9_000, 'timeout'),
    call('a/m', 1_000, 1, 'overloaded'),
    call('a/m', 1_000, 1, 'overloaded'),
    call('b/m', 1_000, 5, 'server_error'),
  ]
  const [a, b] = targetHealth(calls, NOW)
  expect(a).toMatchObject({
    target: 'a/m',
    calls: 23,
    failed: 3,
    p50Ms: 100,
    p95Ms: 190,
    failures: [
      { class: 'overloaded', count: 2 },
      { class: 'timeout', count: 1 },
    ],
  })
  expect(b).toMatchObject({ target: 'b/m', calls: 1, failed: 1, p50Ms: null, p95Ms: null })
})

it('each call stands in one bucket, and what is older than the window in none', () => {
  const calls = [0, 29_000, 31_000, WINDOW_MS / 2, WINDOW_MS + 60_000].map((ago) => call('a/m', ago, 10))
  const [a] = targetHealth(calls, NOW)
  expect(a?.calls).toBe(4)
  expect(a?.buckets.map(({ calls: some }) => some).reduce((sum, one) => sum + one, 0)).toBe(4)
  expect(a?.buckets).toHaveLength(20)
  expect(a?.buckets.at(-1)?.at).toBeLessThanOrEqual(NOW)
})

it('buckets keep their place while time goes on within one', () => {
  const at = Math.floor(NOW / 30_000) * 30_000
  const begins = (now: number) => targetHealth([call('a/m', 10_000, 1)], now)[0]?.buckets.map((one) => one.at)
  expect(begins(at + 29_000)).toEqual(begins(at + 1_000))
})

it('a call that was cancelled, or that a circuit refused, says nothing of its target', () => {
  const record = (failure?: AttemptRecord['failure']): AttemptRecord => ({
    candidate: 0,
    target: 'a/m',
    number: 1,
    startedAt: NOW,
    durationMs: 5,
    ...(failure === undefined ? {} : { failure }),
  })
  const calls = callsOf([
    record(),
    record({ class: 'cancelled', message: '' }),
    record({ class: 'not_admitted', message: '' }),
    record({ class: 'overloaded', message: 'the words of a provider' }),
  ])
  expect(calls.map(({ failure }) => failure)).toEqual([null, 'overloaded'])
  expect(JSON.stringify(calls)).not.toContain('words')
})

it('a caller that names a thousand models is shown fifty of them, those that were called most', () => {
  const named = Array.from({ length: 1_000 }, (_, index) => call(`a/m${index}`, 1_000, 1))
  const health = targetHealth([...named, call('z/often', 1_000, 1), call('z/often', 1_000, 1)], NOW)
  expect(health).toHaveLength(50)
  expect(health.map(({ target }) => target)).toContain('z/often')
})
