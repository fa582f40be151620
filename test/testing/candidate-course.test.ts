/** Calls that were cut before their end: how long they are known to be silent. */
import { type Attempt, type Run, readRun } from '../../src/history'
import { reenactRun } from '../../src/testing/reenact'
import { savedHistory } from '../helpers/histories'

const withAttempts = (run: Run, change: (attempt: Attempt, index: number) => Attempt): Run => ({
  ...run,
  attempts: run.attempts.map(change),
})

describe('a loser that began later than it does on a clock that jumps', () => {
  const race = readRun(savedHistory('race'))
  const laterBy = (ms: number): Run =>
    withAttempts(race, (attempt) =>
      attempt.outcome === 'cancelled'
        ? {
            ...attempt,
            startedAt: race.startedAt + ms,
            durationMs: Math.max(1, (attempt.durationMs ?? 0) - ms),
          }
        : attempt,
    )

  it('was silent till it was cancelled, where that is Temporal’s share of the time', async () => {
    const { after, unknown } = await reenactRun(laterBy(300))
    expect([after.target, unknown]).toEqual(['beta/model-b', null])
  })

  it('and is not known to have been, where it is more', async () => {
    const { after, unknown } = await reenactRun(laterBy(3_000))
    expect(after.outcome).toBe('unknown')
    expect(unknown).toContain('the call of alpha/model-a was cancelled')
  })
})

describe('a call that the deadline cut', () => {
  const failedOver = readRun(savedHistory('failed-over'))
  const deadlineMs = failedOver.route?.deadlineMs ?? 0
  const cut: Run = {
    ...withAttempts(failedOver, (attempt) => ({
      ...attempt,
      startedAt: failedOver.startedAt + 400,
      durationMs: deadlineMs - 420,
      outcome: 'failed',
      failure: { class: 'timeout', message: 'too late' },
    })),
    deadlineAt: failedOver.startedAt + deadlineMs,
  }
  const one: Run = { ...cut, attempts: cut.attempts.slice(0, 1) }

  it('is cut by it again', async () => {
    const { after, unknown } = await reenactRun(one)
    expect([after.outcome, after.totalMs, unknown]).toEqual(['deadline_exceeded', deadlineMs, null])
  })

  it('and nobody knows how it would have ended under a longer one', async () => {
    const route = { candidates: ['alpha/model-a', 'beta/model-b'], deadline: '24h' }
    const { unknown } = await reenactRun(one, { route })
    expect(unknown).toContain('the call of alpha/model-a was cut by the deadline')
  })
})

it('a hedge that the budget refused is refused again', async () => {
  const hedge = readRun(savedHistory('hedge'))
  const [query] = hedge.hedges
  if (query === undefined) throw new Error('the saved run hedged')
  const refused: Run = {
    ...withAttempts(hedge, (attempt) => ({
      ...attempt,
      outcome: 'answered',
      failure: null,
      durationMs: 900,
    })),
    hedges: [{ ...query, allowed: false }],
  }
  const { after } = await reenactRun({ ...refused, attempts: refused.attempts.slice(0, 1) })
  expect([after.target, after.calls]).toEqual(['alpha/model-a', 1])
})

it('a retry that the route’s budget refused is refused again', async () => {
  const failedOver = readRun(savedHistory('failed-over'))
  const { route } = failedOver
  if (route === null) throw new Error('the saved run has its route')
  const budgeted = route.candidates.map((one) => ({ ...one, retry: { ...one.retry, budget: 0.2 } }))
  const [first, , answered] = failedOver.attempts
  if (first === undefined || answered === undefined) throw new Error('the saved run failed over')
  const refused: Run = {
    ...failedOver,
    route: { ...route, candidates: budgeted },
    attempts: [{ ...first, retryInMs: null }, answered],
  }
  const { after, unknown } = await reenactRun(refused)
  expect([after.target, after.calls, unknown]).toEqual(['beta/model-b', 2, null])
})
