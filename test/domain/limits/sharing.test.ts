import { newLimitReports, publishLimits, reduceLimits } from '../../../src/domain/limits/sharing'

const NOW = 1_000_000
const report = (worker: string, used: number, waiting = 0) => ({
  worker,
  leaseMs: 8_000,
  limits: { one: { amount: 600, windowMs: 60_000, used, waiting, learned: false } },
})
const published = (reports: ReturnType<typeof report>[], at = NOW) =>
  publishLimits(
    reports.reduce((state, one) => reduceLimits(state, one, NOW), newLimitReports()),
    at,
  ).limits.one

test('SHARING-1 who wants less than an equal part gets what it wants, the others share the rest', () => {
  const shared = published([report('a', 300, 400), report('b', 300, 400), report('c', 50, 10)])
  expect(shared).toMatchObject({ level: 270, spare: 0, used: 650, waiting: 810, workers: 3 })
})

test('SHARING-1 where all have what they want, nothing bounds them but what is left', () => {
  expect(published([report('a', 100), report('b', 200)])).toMatchObject({ level: null, spare: 300 })
})

test('SHARING-2 a worker that is silent for its lease wants nothing, and what it took fades', () => {
  const all = [report('a', 300, 100)]
  expect(published(all, NOW + 7_999)).toMatchObject({ workers: 1, waiting: 100 })
  expect(published(all, NOW + 30_000)).toMatchObject({
    workers: 0,
    waiting: 0,
    used: 150,
    level: null,
    spare: 600,
  })
})

test('SHARING-3 a report takes the place of the one before it, and the state is bounded', () => {
  let state = newLimitReports()
  for (let count = 0; count < 1_000; count += 1) state = reduceLimits(state, report(`w${count}`, 1), NOW)
  expect(state).toHaveLength(500)
  state = reduceLimits(state, report('w999', 2), NOW)
  expect(state).toHaveLength(500)
  expect(publishLimits(state, NOW).limits.one?.used).toBe(501)
})
