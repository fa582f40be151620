/** Real runs of many kinds, read back from the server as `holdfast explain` reads them. */
import { readRecordedRuns } from '../../src/client/recorded-runs'
import { type Attempt, type Run, readRun } from '../../src/history'
import type { CacheStack } from '../helpers/cache-stack'
import { PAST_FRESH_MS } from '../helpers/cache-stack'
import { recorded, recordedWhen, startRecordedStack } from '../helpers/recorded'
import { resetRun } from '../helpers/reset'
import { holdfastError } from '../helpers/stack'

const storyOf = ({ attempts }: Run): unknown[] =>
  attempts.map(({ target, kind, outcome, failure }: Attempt) => [target, kind, failure?.class ?? outcome])

describe('a recorded run', () => {
  let stack: CacheStack
  beforeAll(async () => {
    stack = await startRecordedStack()
  }, 60_000)
  afterAll(() => stack?.close())
  beforeEach(() => stack.simulator.reset())

  const generated = async (route: string, prompt: string = route): Promise<Run> =>
    recorded(stack, (await stack.holdfast.generate({ route, prompt })).id)

  it('that failed over: the pause that the provider requested, the cost, the facts of the request', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ status: 529 }, { status: 429, retryAfter: '0.2' }])
    simulator.script('beta', [{ status: 429, retryAfter: '0.3', times: 1 }, { answer: 'from beta' }])
    const run = await generated('default', 'fail over')
    expect(storyOf(run)).toEqual([
      ['alpha/model-a', 'first', 'overloaded'],
      ['alpha/model-a', 'retry', 'rate_limited'],
      ['beta/model-b', 'fallback', 'rate_limited'],
      ['beta/model-b', 'retry', 'answered'],
    ])
    expect(run.waits.filter(({ reason }) => reason !== 'worker')).toMatchObject([
      { reason: 'backoff', targets: ['alpha/model-a'] },
      { reason: 'retry_after', targets: ['beta/model-b'], endedBy: 'time' },
    ])
    expect(run.waits.at(-1)?.durationMs).toBeGreaterThanOrEqual(300)
    expect(run.request).toMatchObject({ messages: 1, characters: 9, tools: 0 })
    expect(run.durationMs).toBeGreaterThan(0)
  })

  it('that was answered from the cache, and one that got an old answer in place of an error', async () => {
    const { simulator, age } = stack
    simulator.script('alpha', [{ answer: 'kept' }])
    const first = await generated('cached')
    expect(first.cache).toMatchObject([{ purpose: 'answer', hit: null }])
    expect(first.costUsd).toBeGreaterThan(0)
    const hit = await generated('cached')
    expect(hit.outcome).toMatchObject({ type: 'answered', served: 'cache', target: 'alpha/model-a' })
    expect(hit.cache).toMatchObject([{ purpose: 'answer', hit: { target: 'alpha/model-a', renew: false } }])
    expect(hit.attempts).toEqual([])
    simulator.script('alpha', [{ status: 503 }])
    await age({ route: 'cached', prompt: 'cached' }, PAST_FRESH_MS)
    const stale = await generated('cached')
    expect(stale.outcome).toMatchObject({ type: 'answered', served: 'stale' })
    expect(stale.cache.map(({ purpose, hit: found }) => [purpose, found === null])).toEqual([
      ['answer', true],
      ['in_place_of_error', false],
    ])
  })

  it('that was raced and hedged: who lost, and who was started beside whom', async () => {
    const { simulator } = stack
    simulator.script('alpha', [{ fault: 'silent' }])
    simulator.script('beta', [{ answer: 'won', latency: '200ms' }])
    for (const kind of ['race', 'hedge'] as const) {
      const run = await generated(kind)
      expect(storyOf(run)).toEqual([
        ['alpha/model-a', 'first', 'cancelled'],
        ['beta/model-b', kind, 'answered'],
      ])
      expect(run.cancels).toMatchObject([{ by: 'race', target: 'alpha/model-a' }])
    }
  })

  it('that nobody answered', async () => {
    for (const name of ['alpha', 'beta']) stack.simulator.script(name, [{ status: 503 }])
    const { generationId } = await holdfastError(stack.holdfast.generate({ prompt: 'nobody' }))
    const run = await recorded(stack, generationId ?? '')
    expect(run.outcome).toMatchObject({ type: 'failed', kind: 'all_failed', failureClass: 'overloaded' })
    expect(run.attempts).toHaveLength(4)
  })

  it('under way, and then cancelled: what it does, who is called, and the end', async () => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    const { id } = await stack.holdfast.start({ prompt: 'cancelled' })
    const running = await recordedWhen(stack, id, 'it is called', ({ outcome }) => {
      return outcome.type === 'running' && outcome.next.type === 'call'
    })
    expect(running.attempts).toMatchObject([
      { target: 'alpha/model-a', outcome: 'running', durationMs: null },
    ])
    await stack.holdfast.cancel(id)
    const run = await recordedWhen(stack, id, 'it has ended', ({ endedAt }) => endedAt !== null)
    expect(run.outcome.type).toBe('cancelled')
    expect(storyOf(run)).toEqual([['alpha/model-a', 'first', 'cancelled']])
    expect(run.cancels).toMatchObject([
      { by: 'caller', target: null },
      { by: 'caller', target: 'alpha/model-a' },
    ])
  })

  it('of a race that its caller cancels: nobody has lost it, and nothing was waited for', async () => {
    for (const name of ['alpha', 'beta']) stack.simulator.script(name, [{ fault: 'silent' }])
    const { id } = await stack.holdfast.start({ route: 'race', prompt: 'cancelled' })
    await recordedWhen(stack, id, 'both are called', ({ attempts }) => attempts.length === 2)
    await stack.holdfast.cancel(id)
    const run = await recordedWhen(stack, id, 'it has ended', ({ endedAt }) => endedAt !== null)
    expect(run.cancels.map(({ by }) => by)).toEqual(['caller', 'caller', 'caller'])
    expect(run.waits.filter(({ reason }) => reason !== 'worker')).toEqual([])
    expect(run.attempts.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled'])
  })

  it('that waits: in a call for a Retry-After, between passes for one, and for a circuit', async () => {
    const { simulator, holdfast } = stack
    const waiting = async (route: string, override = {}) => {
      const { id } = await holdfast.start({ route, prompt: 'wait', override })
      const run = await recordedWhen(stack, id, `${route} waits`, ({ outcome }) => {
        return outcome.type === 'running' && outcome.next.type === 'wait'
      })
      await holdfast.cancel(id)
      return run
    }
    for (const name of ['alpha', 'beta']) simulator.script(name, [{ status: 429, retryAfter: '60' }])
    const passes = await waiting('passes')
    expect(passes.waits.at(-1)).toMatchObject({ reason: 'retry_after', durationMs: null })
    const { outcome, startedAt } = passes
    if (outcome.type !== 'running') throw new Error('it has ended')
    expect(outcome.next.until).toBeGreaterThan(startedAt + 50_000)
    // The only candidate: its call waits itself. It holds the target for all others.
    const inCall = await waiting('held')
    expect(inCall.waits.at(-1)).toMatchObject({ reason: 'retry_after', targets: ['alpha/model-a'] })
    expect(inCall.attempts).toMatchObject([{ outcome: 'failed', failure: { class: 'rate_limited' } }])
    const forCircuit = await waiting('held')
    expect(forCircuit.waits.at(-1)).toMatchObject({ reason: 'circuit', targets: ['alpha/model-a'] })
    expect(forCircuit.plans.at(-1)?.blocked).toMatchObject([{ target: 'alpha/model-a' }])
  }, 30_000)

  it('that was continued as new is one, of all its runs', async () => {
    const { simulator, holdfast } = stack
    for (const name of ['alpha', 'beta'])
      simulator.script(name, [{ status: 503, times: 1 }, { answer: 'in another run' }])
    // In the history once for the start and once for each candidate: over 4 MiB after a pass of two.
    const { id } = await holdfast.generate({ route: 'passes', prompt: 'word '.repeat(300_000) })
    const run = await recorded(stack, id)
    expect(run.runs.length).toBeGreaterThan(1)
    expect(storyOf(run)).toEqual([
      ['alpha/model-a', 'first', 'overloaded'],
      ['beta/model-b', 'fallback', 'overloaded'],
      ['alpha/model-a', 'next_pass', 'answered'],
    ])
    expect(run.attempts.map(({ call }) => call)).toEqual([1, 2, 3])
    expect(run.outcome).toMatchObject({ type: 'answered', target: 'alpha/model-a' })
    // Of the last run alone: what it has carried along.
    const { readable } = await readRecordedRuns(stack.client, id)
    const last = readRun(readable.slice(-1))
    expect(storyOf(last)).toEqual(storyOf(run))
    expect(last.attempts.map(({ call }) => call)).toEqual([null, null, 1])
    expect(last.startedAt - run.startedAt).toBeLessThan(1_000)
  }, 60_000)

  it('that an operator terminates: what was under way has no end of its own', async () => {
    stack.simulator.script('alpha', [{ fault: 'silent' }])
    const { id } = await stack.holdfast.start({ prompt: 'terminated' })
    await recordedWhen(stack, id, 'it is called', ({ attempts }) => attempts.length === 1)
    await stack.client.workflow.getHandle(id).terminate('enough')
    const run = await recordedWhen(stack, id, 'it has ended', ({ endedAt }) => endedAt !== null)
    expect(run.outcome).toEqual({ type: 'terminated', message: 'enough' })
    expect(run.attempts).toMatchObject([
      { outcome: 'cancelled', failure: { message: 'the run ended while it was under way' } },
    ])
  })

  it('that was reset has the id of its own run, and says so', async () => {
    const { id } = await stack.holdfast.generate({ prompt: 'reset' })
    const before = await recorded(stack, id)
    await resetRun(stack.client, id, 'first')
    const run = await recordedWhen(stack, id, 'it has ended again', ({ runId, endedAt }) => {
      return runId !== before.runId && endedAt !== null
    })
    expect(run.runId).toBe((await stack.client.workflow.getHandle(id).describe()).runId)
    expect(run.taskFailures).toMatchObject([{ cause: 'reset_workflow' }])
    expect(storyOf(run)).toEqual(storyOf(before))
  })

  it('of an id that is none: what it is, and no generation of another workflow', async () => {
    const error = await holdfastError(recorded(stack, 'gen-unknown'))
    expect(error.message).toContain('There is no generation gen-unknown')
  })
})
