import type { DispatchState } from '../../../src/domain/routing/dispatch-state'
import {
  attemptsTable,
  callSummary,
  endDetails,
  type Moment,
  momentDetails,
  timerSummary,
} from '../../../src/domain/routing/report'
import { attempt, candidate, failureOf } from './arbitraries'

/** As a reader sees it: no-break spaces are spaces, and those at a cell's end are none. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ').replace(/ +\|/g, ' |')

describe('attemptsTable', () => {
  it('has a row for each attempt, in order', () => {
    const refused = attempt(1, failureOf('overloaded', { message: 'HTTP 529' }), { retryInMs: 500 })
    expect(plain(attemptsTable([refused, attempt(2)])).split('\n')).toEqual([
      '| at | target | # | took | outcome | then |',
      '|---|---|---|---|---|---|',
      '| +0 ms | openai/gpt-5 | 1 | 100 ms | overloaded: HTTP 529 | waited 500 ms (backoff) |',
      '| +1.00 s | openai/gpt-5 | 2 | 100 ms | answered | done |',
    ])
  })

  it('says tokens and cost where they are known', () => {
    const paid = attempt(1, undefined, { usage: { inputTokens: 1_000, outputTokens: 100 } })
    const priced = [candidate('openai/gpt-5', { facts: { inputPerMillion: 3, outputPerMillion: 15 } })]
    expect(attemptsTable([paid], priced)).toContain('answered; 1000 in, 100 out; $0.004500')
    expect(attemptsTable([paid])).toContain('answered; 1000 in, 100 out')
  })

  it('is its heading alone where there was no attempt', () => {
    expect(attemptsTable([]).split('\n')).toHaveLength(2)
  })

  it('shows the first and the latest of a thousand, and says how many are left out (REPORT-2)', () => {
    const many = Array.from({ length: 1_000 }, (_, n) => attempt(n + 1, failureOf('overloaded')))
    const rows = plain(attemptsTable(many)).split('\n').slice(2)
    expect(rows).toHaveLength(51)
    expect(rows[9]).toContain('| 10 |')
    expect(rows[10]).toContain('950 more attempts')
    expect(rows[11]).toContain('| 961 |')
    expect(rows[50]).toContain('| 1000 |')
  })

  it.each([
    ['a bar', 'a | b', 'a \\| b'],
    ['a bar that is escaped already', 'a \\| b', 'a \\\\\\| b'],
    ['a line feed', 'a\nb', 'a b'],
    ['a carriage return', 'a\r\nb\rc', 'a b c'],
  ])("%s in a provider's message does not break the table", (_what, message, cell) => {
    const [, , row = ''] = attemptsTable([attempt(1, failureOf('server_error', { message }))]).split(/[\r\n]/)
    expect(plain(row)).toContain(`| server_error: ${cell} |`)
  })
})

const NOW = Date.UTC(2026, 10, 27, 23, 14, 45)
const POLICY = {
  candidates: [candidate('openai/gpt-5'), candidate('anthropic/claude')],
  passes: 3,
  deadlineAt: NOW + 3_600_000,
}

const calling = (more: object = {}): DispatchState => ({
  phase: 'calling',
  pass: 1,
  among: null,
  later: [],
  waiting: [1],
  lastResort: [],
  blocked: [],
  resorting: false,
  running: [0],
  gaveWay: [],
  lastStartedAt: NOW,
  failures: [],
  hedge: 'unasked',
  ...more,
})
const paused = (
  later: Extract<DispatchState, { phase: 'paused' }>['later'],
  until: number,
): DispatchState => ({
  phase: 'paused',
  pass: 2,
  among: null,
  later,
  until,
  nudge: later.some(({ circuit }) => circuit),
})
const moment = (
  state: DispatchState,
  wakeAt: number | null,
  dropped: Moment['plan']['dropped'] = [],
): Moment => ({
  state,
  plan: { dropped },
  wakeAt,
})

describe('what a generation does at this moment', () => {
  const limited = attempt(1, failureOf('rate_limited', { status: 429, retryAfterMs: 12_000 }))
  const afterRetryAfter = moment(
    paused([{ candidate: 0, at: NOW + 12_000, circuit: false }], NOW + 12_000),
    NOW + 12_000,
  )

  it('names what runs, what comes next, and when it gives up', () => {
    expect(momentDetails(POLICY, [], moment(calling(), null), NOW).split('\n')).toEqual([
      '**Calling openai/gpt-5, at most 2 calls**, since 2026-11-27 23:14:45 UTC. Calls so far, and when the next is due: Pending Activities.',
      '',
      'Next: anthropic/claude, where it fails. It gives up at 2026-11-28 00:14:45 UTC.',
    ])
  })

  it('names the next pass where no candidate of this one is left, and nothing where there is no other', () => {
    const last = calling({ waiting: [] })
    expect(momentDetails(POLICY, [], moment(last, null), NOW)).toContain('Next: pass 2 of 3.')
    expect(momentDetails({ ...POLICY, passes: 1 }, [], moment(last, null), NOW)).toContain(
      'Next: no other candidate.',
    )
  })

  it('says until when it waits and for what: a Retry-After', () => {
    const [first, , next, , heading, ...rows] = momentDetails(POLICY, [limited], afterRetryAfter, NOW).split(
      '\n',
    )
    expect(first).toBe(
      '**Waiting until 2026-11-27 23:14:57 UTC** (12 s from 2026-11-27 23:14:45 UTC): Retry-After of openai/gpt-5.',
    )
    expect(next).toContain('Next: pass 2 of 3 with openai/gpt-5.')
    expect(heading).toContain('| at')
    expect(rows.join('')).not.toContain('gave up')
  })

  it('says so of a circuit, with its reason, and of the pause between passes', () => {
    const byCircuit = moment(
      paused([{ candidate: 1, at: NOW + 60_000, circuit: true }], NOW + 15_000),
      NOW + 15_000,
      [{ target: 'anthropic/claude', reason: 'its circuit is open', because: 'circuit' }],
    )
    const text = momentDetails(POLICY, [], byCircuit, NOW)
    expect(text).toContain(
      '(15 s from 2026-11-27 23:14:45 UTC): circuit of anthropic/claude (its circuit is open).',
    )
    expect(text).toContain('pass 2 of 3 with anthropic/claude, sooner where a circuit lets it.')
    const grown = moment(
      paused([{ candidate: 0, at: NOW + 1_000, circuit: false }], NOW + 1_000),
      NOW + 1_000,
    )
    expect(momentDetails(POLICY, [attempt(1, failureOf('overloaded'))], grown, NOW)).toContain(
      ': pause before pass 2.',
    )
  })

  it('stands in the summary of its timer, with how long it takes', () => {
    expect(timerSummary(POLICY, [limited], afterRetryAfter, NOW)).toBe('Retry-After of openai/gpt-5, 12.00 s')
    expect(timerSummary(POLICY, [], moment(calling(), NOW + 200), NOW)).toBe(
      'next candidate (anthropic/claude) unless one answers, 200 ms',
    )
  })
})

it('a call is summed up by its target and how often it may be made', () => {
  expect(callSummary(candidate('openai/gpt-5'))).toBe('openai/gpt-5, at most 2 calls')
})

describe('how a generation has ended is its first line', () => {
  const facts = { totalMs: 2_010, cacheKey: 'abc' }
  const first = (...args: Parameters<typeof endDetails>): string => endDetails(...args).split('\n')[0] ?? ''
  const answered = { outcome: 'answered', target: 'openai/gpt-5' }

  it.each([
    [
      'answered',
      { ...answered, served: 'provider' },
      [attempt(1)],
      '**Answered** by openai/gpt-5 in 2.01 s. 1 attempt.',
    ],
    [
      'from the cache',
      { ...answered, served: 'cache', cacheAgeMs: 12_000 },
      [],
      '**Answered from the cache**: the answer of openai/gpt-5 that is 12 s old (entry `abc`). 0 attempts.',
    ],
    [
      'stale',
      { ...answered, served: 'stale', cacheAgeMs: 7_200_000 },
      [attempt(1, failureOf('overloaded'))],
      '**Answered from the cache, stale**, because every candidate failed: the answer of openai/gpt-5 that is 2 h old (entry `abc`). 1 attempt.',
    ],
    [
      'failed',
      {
        outcome: 'all_failed',
        served: null,
        target: null,
        message: 'All candidates failed: x',
        retryAt: NOW,
      },
      [attempt(1, failureOf('overloaded')), attempt(2, failureOf('overloaded'))],
      '**all_failed** after 2.01 s: All candidates failed: x. Another try could succeed from 2026-11-27 23:14:45 UTC. 2 attempts.',
    ],
    [
      'cancelled',
      { outcome: 'cancelled', served: null, target: null },
      [],
      '**cancelled** after 2.01 s. 0 attempts.',
    ],
  ])('%s', (_what, ended, records, expected) => {
    expect(first(POLICY.candidates, records, ended, facts)).toBe(expected)
  })
})
