/** Attempts that only the input of a later run knows of. */
import { carriedAttempts } from '../../src/history/attempts'

const record = (candidate: number, number: number, startedAt: number) => ({
  candidate,
  target: candidate === 0 ? 'alpha/model-a' : 'beta/model-b',
  number,
  startedAt,
  durationMs: 5,
  failure: { class: 'overloaded' as const, message: 'HTTP 503' },
})

it('a pass begins with the first candidate that is called once more', () => {
  const records = [
    record(0, 1, 10),
    record(0, 2, 20),
    record(1, 1, 30),
    record(0, 1, 40),
    record(1, 1, 50),
    record(1, 1, 60),
  ]
  expect(carriedAttempts(records, 0, null).map(({ kind }) => kind)).toEqual([
    'first',
    'retry',
    'fallback',
    'next_pass',
    'fallback',
    'next_pass',
  ])
})
