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

/** The history in proto JSON, to be changed. */
const jsonOf = (name: string): { events: { [field: string]: Attributes }[] } =>
  JSON.parse(historyToJSON(savedHistory(name)))

interface Attributes {
  [field: string]: unknown
}

const payload = (value: unknown) => ({
  payloads: [{ metadata: { encoding: btoa('json/plain') }, data: btoa(JSON.stringify(value)) }],
})

it.each([
  ['HEARTBEAT', 'worker_lost', 'no worker finished the call in time (HEARTBEAT)'],
  ['SCHEDULE_TO_CLOSE', 'timeout', 'the deadline came before the end of the call was reported'],
])(
  'a call that timed out (%s) has its records from the last heartbeat, and one of its end',
  (type, failureClass, message) => {
    const history = jsonOf('failed-over')
    const failed = history.events.find(({ activityTaskFailedEventAttributes: it }) => it !== undefined)
    const { records } = readRun(history).attempts.reduce<{ records: object[] }>(
      ({ records: all }, { candidate, target, number, startedAt, durationMs, failure }) =>
        candidate === 0
          ? { records: [...all, { candidate, target, number, startedAt, durationMs, failure }] }
          : { records: all },
      { records: [] },
    )
    if (failed === undefined) throw new Error('no call has failed')
    const { scheduledEventId, startedEventId } = failed.activityTaskFailedEventAttributes ?? {}
    delete failed.activityTaskFailedEventAttributes
    const inFlight = { startedAt: Date.parse(String(failed.eventTime)) - 50 }
    failed.activityTaskTimedOutEventAttributes = {
      scheduledEventId,
      startedEventId,
      failure: {
        message: 'activity timed out',
        timeoutFailureInfo: {
          timeoutType: `TIMEOUT_TYPE_${type}`,
          lastHeartbeatDetails: payload({ records: records.slice(0, 1), inFlight }),
        },
      },
    }
    const { attempts } = readRun(history)
    expect(attempts.slice(0, 2)).toMatchObject([
      { number: 1, kind: 'first', failure: { class: 'overloaded' } },
      {
        number: 2,
        kind: 'retry',
        startedAt: inFlight.startedAt,
        durationMs: 50,
        failure: { class: failureClass, message },
      },
    ])
  },
)

it("a plan by what the caller's process saw needs no event of its own", () => {
  const history = jsonOf('failed-over')
  const started = history.events[0]?.workflowExecutionStartedEventAttributes
  const view = {
    unusable: [{ provider: 'beta', reason: 'BETA_KEY is not set' }],
    blocked: [{ target: 'alpha/model-a', until: null, reason: 'open', forced: true }],
  }
  const { input } = readRun(history)
  const circuit = { consecutive: 5, openForMs: 1, maxOpenForMs: 1, whenAllOpen: 'fail' }
  if (input === null || started === undefined) throw new Error('it has no input')
  started.input = payload({ ...input, route: { ...input.route, circuit }, circuitSnapshot: { view, at: 0 } })
  history.events = history.events.filter(({ markerRecordedEventAttributes: it }) => it === undefined)
  const { plans, attempts } = readRun(history)
  expect(plans).toMatchObject([
    {
      source: 'caller',
      ready: [],
      dropped: [
        { target: 'alpha/model-a', because: 'circuit' },
        { target: 'beta/model-b', because: 'provider', reason: 'BETA_KEY is not set' },
      ],
    },
  ])
  expect(attempts.map(({ plan }) => plan)).toEqual([0, 0, 0])
})

it('a run whose task fails again and again is stuck, with the reason', () => {
  const { outcome, taskFailures } = saved('jammed', '0.1.0-alpha.1')
  expect(outcome).toMatchObject({
    type: 'running',
    next: { type: 'stuck', message: expect.stringContaining('TMPRL1103') },
  })
  expect(taskFailures).toHaveLength(2)
})

it.each(['failed-over', 'all-failed', 'race', 'hedge', 'passes'])(
  '%s can be read at every point of its way, and says what happens next until it ends',
  (name) => {
    const { events } = jsonOf(name)
    const runs = events.map((_, index) => readRun({ events: events.slice(0, index + 1) }))
    expect(runs.slice(0, -1).map(({ outcome }) => outcome.type)).toEqual(
      Array(runs.length - 1).fill('running'),
    )
    expect(runs[1]).toMatchObject({
      outcome: { next: { type: 'worker' } },
      waits: [{ reason: 'worker', targets: [], durationMs: null }],
    })
    const called = runs.find(({ attempts }) => attempts.length > 0)
    expect(called).toMatchObject({ outcome: { next: { type: 'call', targets: ['alpha/model-a'] } } })
  },
)

it('refuses the history of another workflow, and what is no history', () => {
  expect(() => saved('circuit-build-2')).toThrow('of a workflow of the type circuit')
  expect(() => readRun({})).toThrow('This is no history')
})

it('of a history that lacks a part it is said so', () => {
  const { events = [] } = savedHistory('answered')
  const without = (events ?? []).map(({ activityTaskScheduledEventAttributes: scheduled, ...rest }) => ({
    ...rest,
    ...(scheduled ? { activityTaskScheduledEventAttributes: { ...scheduled, input: null } } : {}),
  }))
  expect(() => readRun({ events: without })).toThrow(/^This history can't be read: a part is missing/)
})
