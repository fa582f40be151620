/** What the plan driver starts, waits for and hands back, on a clock of the test's own. */
import type { GenerationInput } from '../../src/contract/generation'
import type { Strategy } from '../../src/domain/routing/route'
import { runPlan } from '../../src/engine/run-plan'
import type { Progress } from '../../src/engine/types'
import {
  answers,
  BEGAN_AT,
  Cancelled,
  type Circumstances,
  fails,
  fakeHost,
  givesWay,
  inputOf,
  routeOf,
} from '../helpers/fake-host'

const RACE: Strategy = { type: 'race' }
const hedge = (afterMs: number): Strategy => ({ type: 'hedge', afterMs, max: 1, budget: 0.1 })

const WAITS_FOR_CIRCUIT = routeOf(['a/x'], {
  circuit: { consecutive: 5, openForMs: 10_000, maxOpenForMs: 10_000, whenAllOpen: 'wait' },
})
const OPEN = {
  unusable: [],
  blocked: [{ target: 'a/x', until: BEGAN_AT + 9_000, reason: 'open', forced: false }],
}

async function run(input: GenerationInput, circumstances: Circumstances, before: Partial<Progress> = {}) {
  const { host, seen, passedMs } = fakeHost(circumstances)
  const progress: Progress = { records: [], sequence: 0, ...before }
  const end = await runPlan(input, host, progress)
  const text = end.type === 'answered' ? end.outcome.answer.text : null
  const attempts = progress.records.map(({ target, failure }) => `${target} ${failure?.class ?? 'answered'}`)
  return { end, text, attempts, seen, passedMs: passedMs(), progress }
}

describe('a sequence', () => {
  const route = routeOf(['a/x', 'b/y', 'c/z'])

  it('starts the next candidate when the one before has failed, and ends with the first answer', async () => {
    const { end, text, attempts, seen } = await run(inputOf(route), {
      play: { 'a/x': [fails('overloaded', 50)], 'b/y': [answers('from b')] },
    })
    expect(text).toBe('from b')
    expect(end).toMatchObject({ candidate: { target: 'b/y' } })
    expect(seen.starts).toEqual(['a/x@0', 'b/y@50'])
    expect(attempts).toEqual(['a/x overloaded', 'b/y answered'])
  })

  it('logs each fallback with the failure before it, and the first start not', async () => {
    const { seen } = await run(inputOf(route), {
      play: { 'a/x': [fails('timeout')], 'b/y': [answers('from b')] },
    })
    expect(seen.lines).toEqual([
      { level: 'info', event: 'fallback', generation: 'g1', route: 'r', target: 'b/y', after: 'timeout' },
    ])
  })

  it('counts each fallback by both targets, and the first start not', async () => {
    const { seen } = await run(inputOf(route), {
      play: { 'a/x': [fails('timeout')], 'b/y': [fails('overloaded')], 'c/z': [answers('from c')] },
    })
    expect(seen.counted).toEqual([
      { type: 'fallback', from: 'a/x', to: 'b/y', sequence: 2 },
      { type: 'fallback', from: 'b/y', to: 'c/z', sequence: 3 },
    ])
  })

  it('RUN-PLAN-2: makes no candidate cancellable alone, and says to each that it runs alone', async () => {
    const { seen } = await run(inputOf(route), { play: { 'a/x': [answers('from a')] } })
    expect(seen.overlaps).toEqual([false])
    expect(seen.inputs[0]?.stream).toEqual({ logId: 'log-1', sequence: 1, exclusive: true })
  })

  it('says to all candidates but the last one that others are left', async () => {
    const { seen } = await run(inputOf(route), {
      play: { 'a/x': [fails('overloaded')], 'b/y': [fails('overloaded')], 'c/z': [answers('from c')] },
    })
    expect(seen.inputs.map(({ othersLeft }) => othersLeft)).toEqual([true, true, false])
  })

  it('ends unanswered when all have failed, with the last plan and all records', async () => {
    const { end, attempts } = await run(inputOf(route), {
      play: { 'a/x': [fails('overloaded')], 'b/y': [fails('timeout')], 'c/z': [fails('server_error')] },
    })
    expect(end).toMatchObject({ type: 'unanswered', end: { type: 'failed' }, plan: { ready: [0, 1, 2] } })
    expect(attempts).toEqual(['a/x overloaded', 'b/y timeout', 'c/z server_error'])
  })

  it('starts nothing after the deadline', async () => {
    const { end, seen } = await run(inputOf(routeOf(['a/x', 'b/y'], { deadlineMs: 80 })), {
      play: { 'a/x': [fails('timeout', 80)] },
    })
    expect(end).toMatchObject({ type: 'unanswered', end: { type: 'deadline' } })
    expect(seen.starts).toEqual(['a/x@0'])
  })

  it('counts candidates on from those that an earlier run has started', async () => {
    const { seen, progress } = await run(
      inputOf(route),
      { play: { 'a/x': [answers('from a')] } },
      { sequence: 4 },
    )
    expect(seen.inputs[0]?.stream?.sequence).toBe(5)
    expect(progress.sequence).toBe(5)
  })
})

describe('the circuits', () => {
  const blocked = (target: string) => ({ target, until: BEGAN_AT + 5_000, reason: 'open', forced: false })

  it('a candidate whose circuit is open is asked last, as a last resort', async () => {
    const { seen } = await run(inputOf(routeOf(['a/x', 'b/y'])), {
      snapshots: [{ unusable: [], blocked: [blocked('a/x')] }],
      play: { 'b/y': [fails('overloaded')], 'a/x': [answers('from a')] },
    })
    expect(seen.starts).toEqual(['b/y@0', 'a/x@100'])
    expect(seen.inputs.map(({ lastResort }) => lastResort)).toEqual([false, true])
  })

  it('that can not be read keep nobody from being called, and the log says so', async () => {
    const { text, seen } = await run(inputOf(routeOf(['a/x'])), {
      snapshots: [new Error('no board')],
      play: { 'a/x': [answers('from a')] },
    })
    expect(text).toBe('from a')
    expect(seen.lines).toEqual([{ level: 'error', event: 'circuits_unread' }])
  })

  it('a cancellation while they are read is no trouble of theirs: it is thrown on', async () => {
    const cancelled = new Cancelled('gone')
    await expect(run(inputOf(routeOf(['a/x'])), { snapshots: [cancelled], play: {} })).rejects.toBe(cancelled)
  })
})

describe('a race', () => {
  const route = routeOf(['a/x', 'b/y'], { strategy: RACE })

  it('starts all candidates at once, each cancellable alone', async () => {
    const { seen } = await run(inputOf(route), {
      play: { 'a/x': [answers('from a', 200)], 'b/y': [answers('from b', 100)] },
    })
    expect(seen.starts).toEqual(['a/x@0', 'b/y@0'])
    expect(seen.overlaps).toEqual([true, true])
    expect(seen.inputs.map(({ stream }) => stream?.exclusive)).toEqual([false, false])
  })

  it('RUN-PLAN-1: ends with the first answer, hangs up on the loser and keeps its record', async () => {
    const { text, attempts, seen, passedMs } = await run(inputOf(route), {
      play: { 'a/x': [answers('from a', 200)], 'b/y': [answers('from b', 100)] },
    })
    expect(text).toBe('from b')
    expect(seen.cancelled).toEqual(['a/x'])
    expect(attempts).toEqual(['b/y answered', 'a/x cancelled'])
    expect(passedMs).toBe(100)
  })

  it('RUN-PLAN-1: waits no longer than a second for a loser that does not report how it ended', async () => {
    const { text, attempts, seen, passedMs } = await run(inputOf(route), {
      play: { 'a/x': [{ ...answers('from a', 60_000), mute: true }], 'b/y': [answers('from b', 100)] },
    })
    expect(text).toBe('from b')
    expect(attempts).toEqual(['b/y answered'])
    expect(seen.cancelled).toEqual(['a/x'])
    expect(passedMs).toBe(1_100)
  })

  it('goes on while one of them may still answer', async () => {
    const { text, attempts, seen } = await run(inputOf(route), {
      play: { 'a/x': [fails('overloaded', 10)], 'b/y': [answers('from b', 100)] },
    })
    expect(text).toBe('from b')
    expect(attempts).toEqual(['a/x overloaded', 'b/y answered'])
    expect(seen.cancelled).toEqual([])
  })
})

describe('a hedge', () => {
  const slowFirst = { 'a/x': [answers('from a', 5_000)], 'b/y': [answers('from b', 100)] }
  const hedged = (afterMs: number) => inputOf(routeOf(['a/x', 'b/y'], { strategy: hedge(afterMs) }))

  it('starts the next candidate when the first is slow and the budget has room', async () => {
    const { text, seen } = await run(hedged(2_000), { hedges: [true], play: slowFirst })
    expect(text).toBe('from b')
    expect(seen.starts).toEqual(['a/x@0', 'b/y@2000'])
    expect(seen.cancelled).toEqual(['a/x'])
  })

  it('is counted when it starts, and when it answers first', async () => {
    const { seen } = await run(hedged(2_000), { hedges: [true], play: slowFirst })
    expect(seen.counted).toEqual([
      { type: 'hedge', outcome: 'started', sequence: 2 },
      { type: 'hedge', outcome: 'won', sequence: 2 },
    ])
  })

  it('that does not answer first has not won', async () => {
    const play = { 'a/x': [answers('from a', 2_100)], 'b/y': [answers('from b', 500)] }
    const { text, seen } = await run(hedged(2_000), { hedges: [true], play })
    expect(text).toBe('from a')
    expect(seen.counted).toEqual([{ type: 'hedge', outcome: 'started', sequence: 2 }])
  })

  it('does not start where the budget has none, and does not ask it twice', async () => {
    const { text, seen } = await run(hedged(2_000), { hedges: [false], play: slowFirst })
    expect(text).toBe('from a')
    expect(seen.starts).toEqual(['a/x@0'])
  })

  it('asks no budget for what replaces a failed candidate', async () => {
    const { seen } = await run(hedged(2_000), {
      play: { 'a/x': [fails('overloaded', 10)], 'b/y': [answers('from b')] },
    })
    expect(seen.starts).toEqual(['a/x@0', 'b/y@10'])
    expect(seen.counted).toEqual([{ type: 'fallback', from: 'a/x', to: 'b/y', sequence: 2 }])
  })

  it('under a second is reported by the call itself, which is asked for only while another candidate waits', async () => {
    const { seen } = await run(hedged(800), {
      hedges: [true],
      play: { ...slowFirst, 'a/x': [{ ...answers('from a', 5_000), dueMs: 700 }] },
    })
    expect(seen.starts).toEqual(['a/x@0', 'b/y@700'])
    expect(seen.inputs.map(({ dueAfterMs }) => dueAfterMs)).toEqual([800, undefined])
  })

  it('of a second or more is not reported by the call: its timer is exact enough', async () => {
    const { seen } = await run(hedged(1_000), { hedges: [true], play: slowFirst })
    expect(seen.inputs.map(({ dueAfterMs }) => dueAfterMs)).toEqual([undefined, undefined])
  })

  it('that gave way is started once more when nobody runs, with its paid calls counted', async () => {
    const { text, seen } = await run(hedged(2_000), {
      hedges: [true],
      play: {
        'a/x': [givesWay(2_050), answers('from a')],
        'b/y': [fails('bad_response', 100)],
      },
    })
    expect(text).toBe('from a')
    expect(seen.starts).toEqual(['a/x@0', 'b/y@2000', 'a/x@2100'])
    expect(seen.inputs.map(({ callsBefore }) => callsBefore)).toEqual([0, 0, 1])
  })
})

it('paid calls count in their own pass: the next one begins with none', async () => {
  const { seen } = await run(inputOf(routeOf(['a/x', 'b/y'], { strategy: hedge(2_000), passes: 2 })), {
    hedges: [true],
    play: {
      'a/x': [givesWay(2_050), fails('overloaded'), answers('from a')],
      'b/y': [fails('bad_response', 100)],
    },
  })
  expect(seen.starts.map((start) => start.split('@')[0])).toEqual(['a/x', 'b/y', 'a/x', 'a/x'])
  expect(seen.inputs.map(({ callsBefore }) => callsBefore)).toEqual([0, 0, 1, 0])
})

describe('passes', () => {
  const route = routeOf(['a/x'], { passes: 2 })
  const failsOnce = { 'a/x': [fails('overloaded', 50), answers('later')] }

  it('after a pause all are asked again, by a fresh look at the circuits', async () => {
    const { text, seen } = await run(inputOf(route), { play: failsOnce })
    expect(text).toBe('later')
    expect(seen.pauses).toEqual([1_050])
    expect(seen.starts).toEqual(['a/x@0', 'a/x@1050'])
    expect(seen.looks).toEqual([false, true])
  })

  it('a pause for a circuit is ended by its change', async () => {
    const { seen } = await run(inputOf(WAITS_FOR_CIRCUIT), {
      snapshots: [OPEN, OPEN],
      nudgedMs: 400,
      play: { 'a/x': [answers('early')] },
    })
    expect(seen.pauses).toEqual([9_000])
    expect(seen.starts).toEqual(['a/x@400'])
  })

  it('is shown before each wait, with what it waits for', async () => {
    const passes = await run(inputOf(routeOf(['a/x'], { passes: 2 })), {
      play: { 'a/x': [fails('overloaded', 50), answers('well again')] },
    })
    expect(passes.seen.shown).toEqual(['calling no timer', 'paused 1050', 'calling no timer'])
    const circuit = await run(inputOf(WAITS_FOR_CIRCUIT), {
      play: { 'a/x': [answers('at last')] },
      snapshots: [OPEN, OPEN],
      nudgedMs: 400,
    })
    expect(circuit.seen.shown).toEqual(['paused 9000', 'calling no timer'])
  })

  it('RUN-PLAN-3: in a pause a run that may be continued as new rests, with what the next one needs', async () => {
    const { end, seen } = await run(inputOf(route), { mayRest: true, play: failsOnce })
    expect(end).toMatchObject({ type: 'resting', dispatch: { pass: 2, pausedUntil: BEGAN_AT + 1_050 } })
    expect(seen.pauses).toEqual([])
  })

  it('RUN-PLAN-3: the next run goes on in that pause, and then in the same pass', async () => {
    const first = await run(inputOf(route), { mayRest: true, play: failsOnce })
    if (first.end.type !== 'resting') throw new Error('it does not rest')
    const { dispatch } = first.end
    const resumed = { dispatch, records: [], startedAt: BEGAN_AT, order: 1, log: 'log-1' }
    const { end, seen } = await run(inputOf(route, { resumed }), { play: { 'a/x': [fails('overloaded')] } })
    expect(seen.pauses).toEqual([1_050])
    expect(seen.starts).toEqual(['a/x@1050'])
    // It was the second pass of two.
    expect(end).toMatchObject({ type: 'unanswered', end: { type: 'failed' } })
  })

  it('nothing rests while a candidate runs', async () => {
    const strategy: Strategy = { type: 'hedge', afterMs: 2_000, max: 2, budget: 0.1 }
    const { text, seen } = await run(inputOf(routeOf(['a/x', 'b/y', 'c/z'], { strategy })), {
      mayRest: true,
      hedges: [true],
      // Late: another candidate has started since, so it starts none, and the wait for the third goes on.
      play: { 'a/x': [{ ...answers('from a', 9_000), dueMs: 2_500 }], 'b/y': [answers('from b', 1_000)] },
    })
    expect(text).toBe('from b')
    expect(seen.starts).toEqual(['a/x@0', 'b/y@2000'])
  })
})

describe('a cancellation', () => {
  it('while candidates run ends them all, and their records are still waited for', async () => {
    const { end, attempts, seen } = await run(inputOf(routeOf(['a/x', 'b/y'], { strategy: RACE })), {
      cancelledMs: 30,
      play: { 'a/x': [answers('from a')], 'b/y': [answers('from b')] },
    })
    expect(end).toEqual({ type: 'cancelled' })
    expect(seen.shielded).toEqual([true])
    expect(attempts.toSorted()).toEqual(['a/x cancelled', 'b/y cancelled'])
  })

  it('in a pause ends it, and starts nothing more', async () => {
    const { end, seen } = await run(inputOf(routeOf(['a/x'], { passes: 2 })), {
      cancelledMs: 500,
      play: { 'a/x': [fails('overloaded', 50)] },
    })
    expect(end).toEqual({ type: 'cancelled' })
    expect(seen.starts).toEqual(['a/x@0'])
  })

  it('in a pause for a circuit ends it, and looks at no circuit any more', async () => {
    const { end, seen } = await run(inputOf(WAITS_FOR_CIRCUIT), {
      cancelledMs: 500,
      snapshots: [OPEN, OPEN],
      play: {},
    })
    expect(end).toEqual({ type: 'cancelled' })
    expect(seen.looks).toEqual([false, true])
  })
})
