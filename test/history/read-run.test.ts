/** Saved histories of today's build and of an earlier one, read as one model. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils'
import { type Attempt, type Run, readRun } from '../../src/history'
import { savedHistory } from '../helpers/histories'

const saved = (name: string, release?: string): Run => readRun(savedHistory(name, release))

const storyOf = ({ attempts }: Run): unknown[] =>
  attempts.map(({ target, kind, outcome, failure }: Attempt) => [
    target,
    kind,
    outcome,
    ...(failure === null ? [] : [failure.class]),
  ])

describe.each([undefined, '0.1.0-alpha.1'])('of the release %s', (release) => {
  it('a generation that failed over: each attempt, its pause, and who answered', () => {
    const run = saved('failed-over', release)
    expect(storyOf(run)).toEqual([
      ['alpha/model-a', 'first', 'failed', 'overloaded'],
      ['alpha/model-a', 'retry', 'failed', 'rate_limited'],
      ['beta/model-b', 'fallback', 'answered'],
    ])
    expect(run.waits).toMatchObject([{ reason: 'backoff', targets: ['alpha/model-a'], endedBy: 'time' }])
    expect(run.attempts.map(({ served }) => served)).toEqual([false, false, true])
    expect(run.outcome).toMatchObject({ type: 'answered', target: 'beta/model-b', served: 'provider' })
    expect(run.answer?.text).toBe('from beta')
    expect(run.plans).toMatchObject([{ ready: ['alpha/model-a', 'beta/model-b'], dropped: [] }])
  })

  it('one that nobody answered ends with the kind and the class of its failure', () => {
    const run = saved('all-failed', release)
    expect(run.outcome).toMatchObject({ type: 'failed', kind: 'all_failed', failureClass: 'overloaded' })
    expect(run.attempts).toHaveLength(4)
    expect(run.answer).toBeNull()
  })

  it('a race: the loser is cancelled by the winner', () => {
    const run = saved('race', release)
    expect(storyOf(run)).toEqual([
      ['alpha/model-a', 'first', 'cancelled', 'cancelled'],
      ['beta/model-b', 'race', 'answered'],
    ])
    expect(run.cancels).toMatchObject([{ by: 'race', target: 'alpha/model-a' }])
    expect(run.waits).toEqual([])
  })

  it('a hedge: what was waited for, the query to the budget, and the overlapping attempt', () => {
    const run = saved('hedge', release)
    expect(storyOf(run)).toEqual([
      ['alpha/model-a', 'first', 'cancelled', 'cancelled'],
      ['beta/model-b', 'hedge', 'answered'],
    ])
    expect(run.hedges).toMatchObject([{ allowed: true }])
    expect(run.waits).toMatchObject([{ reason: 'hedge', targets: ['alpha/model-a'] }])
  })

  it('two passes: the pause between them, and a plan for each', () => {
    const run = saved('passes', release)
    expect(storyOf(run)).toEqual([
      ['alpha/model-a', 'first', 'failed', 'overloaded'],
      ['beta/model-b', 'fallback', 'failed', 'overloaded'],
      ['alpha/model-a', 'next_pass', 'answered'],
    ])
    expect(run.waits).toMatchObject([{ reason: 'pass', endedBy: 'time' }])
    expect(run.attempts.map(({ plan }) => plan)).toEqual([0, 0, 1])
  })

  it('reads the same from proto JSON as from the objects of the SDK', () => {
    const history = savedHistory('hedge', release)
    expect(readRun(JSON.parse(historyToJSON(history)))).toEqual(readRun(history))
  })
})

it('refuses the history of another workflow, and what is no history', () => {
  expect(() => saved('circuit-build-2')).toThrow('of a workflow of the type circuit')
  expect(() => readRun({})).toThrow('This is no history')
})
