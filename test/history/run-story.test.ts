/** A recorded run in words, and the page that is drawn of them. */

import { type Run, readRun } from '../../src/history'
import { type StoryRow, storyOf } from '../../src/history/run-story'
import { savedHistory } from '../helpers/histories'

const NOW = Date.parse('2026-11-28T00:00:00Z')

const saved = (name: string): Run => readRun(savedHistory(name))

const wordsOf = (rows: readonly StoryRow[]): string[] =>
  rows.map(({ subject, text }) => `${subject}: ${text}`)

/** As if it had been read at this moment, and had come so far. */
const waiting = (
  run: Run,
  waits: Run['waits'],
  next: Partial<Extract<Run['outcome'], { type: 'running' }>['next']>,
): Run => ({
  ...run,
  waits,
  endedAt: null,
  durationMs: null,
  outcome: {
    type: 'running',
    next: { type: 'wait', targets: [], at: NOW, until: null, message: null, ...next },
  },
})

const wait = (over: Partial<Run['waits'][number]>): Run['waits'][number] => ({
  reason: 'circuit',
  targets: ['alpha/model-a'],
  startedAt: NOW - 60_000,
  offsetMs: 0,
  until: NOW + 600_000,
  durationMs: 15_000,
  endedBy: 'time',
  ...over,
})

it('each attempt has its row, with what came of it, between the plan and the end', () => {
  expect(wordsOf(storyOf(saved('failed-over'), NOW).rows)).toEqual([
    expect.stringMatching(/^route default: started on task queue /),
    'plan: alpha/model-a, then beta/model-b',
    'alpha/model-a: call: 529 overloaded: Simulated error 529',
    'wait: for the backoff before alpha/model-a is called again',
    'alpha/model-a: retry: 429 rate_limited: Simulated error 429',
    'beta/model-b: fallback: answered, 22 + 3 tokens',
    'end: answered by beta/model-b',
  ])
})

it('a plan says what it was ordered by, and is one row though times have changed', () => {
  const run = saved('latency-order')
  const [plan] = run.plans
  if (plan === undefined) throw new Error('no plan')
  const said = (plans: Run['plans']) =>
    wordsOf(storyOf({ ...run, plans }, NOW).rows).filter((words) => words.startsWith('plan: '))
  expect(said([plan])).toEqual([
    expect.stringMatching(
      /^plan: beta\/model-b, then alpha\/model-a; latency order: beta\/model-b \d+ ms, alpha\/model-a \d+ ms$/,
    ),
  ])
  const standings = plan.order.standings.map((one) => ({ ...one, ms: (one.ms ?? 0) + 7 }))
  expect(said([plan, { ...plan, order: { ...plan.order, standings } }])).toHaveLength(1)
  expect(wordsOf(storyOf(saved('sticky-order'), NOW).rows)).toContain(
    "plan: alpha/model-a, then beta/model-b; drawn by weight and the request's key",
  )
})

it('who lost is said to have lost, and a hedge to be one', () => {
  const words = wordsOf(storyOf(saved('hedge'), NOW).rows)
  expect(words).toContain('alpha/model-a: call: cancelled, since another one has answered')
  expect(words).toContain('beta/model-b: hedge: answered, 21 + 3 tokens')
  expect(words).toContain('wait: for alpha/model-a to answer, before a hedge starts')
})

it('the verdict has the end, the attempts, the time', () => {
  expect(storyOf(saved('all-failed'), NOW).verdict).toMatch(/^failed: all_failed · 4 attempts · /)
  expect(storyOf(saved('all-failed'), NOW)).toMatchObject({ tone: 'bad', next: null })
})

it('a run says at every point of its way what happens next, until it ends', () => {
  const { events } = savedHistory('passes')
  const all = events ?? []
  const next = all.map((_, index) => storyOf(readRun({ events: all.slice(0, index + 1) }), NOW).next)
  expect(next.slice(0, -1).every((words) => words !== null)).toBe(true)
  expect(next.at(-1)).toBeNull()
  expect(next).toContainEqual(expect.stringMatching(/^It waits for the pause before the next pass until /))
})

it('a wait for a circuit that is read again and again is one row', () => {
  const waits = [0, 15_000, 30_000].map((offsetMs, index) =>
    wait({
      offsetMs,
      startedAt: NOW - 60_000 + offsetMs,
      ...(index === 2 ? { durationMs: null, endedBy: null } : {}),
    }),
  )
  const run = { ...saved('failed-over'), attempts: [], plans: [] }
  const { rows, next } = storyOf(waiting(run, waits, { until: NOW + 600_000 }), NOW)
  const [row, ...others] = rows.filter(({ kind }) => kind === 'wait')
  expect(others).toEqual([])
  expect(row).toMatchObject({ offsetMs: 0, durationMs: 60_000, ongoing: true })
  expect(row?.text).toBe('for the circuit of alpha/model-a until 2026-11-28 00:10:00Z (3 times in a row)')
  expect(next).toBe(
    'It waits for the circuit of alpha/model-a until 2026-11-28 00:10:00Z, for 10 min more. Then it goes on by itself.',
  )
})

it.each([
  [
    { type: 'call', targets: ['alpha/model-a'], at: NOW - 2_000 },
    /^It calls alpha\/model-a, for 2\.00 s so far/,
  ],
  [
    { type: 'worker', at: NOW - 90_000 },
    /^It has waited 1 min 30 s for a worker of task queue .* that takes it: is one/,
  ],
  [{ type: 'stuck', message: 'boom' }, /^Its workflow task fails again and again \(boom\)/],
] as const)('what happens next, at %j', (next, words) => {
  expect(
    storyOf(
      waiting(saved('failed-over'), [], { ...next, targets: [...('targets' in next ? next.targets : [])] }),
      NOW,
    ).next,
  ).toMatch(words)
})
