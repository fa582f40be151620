/** From a cache, a plan and their ends to one result or one error, on a clock of the test's own. */
import type { CacheHit, GenerationInput } from '../../src/contract/generation'
import { CIRCUIT_CODE } from '../../src/domain/failures/failure'
import { runGeneration } from '../../src/engine/run-generation'
import { candidate } from '../domain/routing/arbitraries'
import { answerOf } from '../helpers/cache'
import {
  answers,
  BEGAN_AT,
  Cancelled,
  type Circumstances,
  Failed,
  fails,
  fakeHost,
  inputOf,
  routeOf,
} from '../helpers/fake-host'

const CACHED_ROUTE = routeOf(['a/x', 'b/y'], {
  cache: { ttlMs: 1, staleIfErrorMs: 1, staleWhileRevalidateMs: 0, coalesce: false },
})
const cachedInput = (more: Partial<GenerationInput> = {}) =>
  inputOf(CACHED_ROUTE, { cache: { key: 'k', control: 'default' }, ...more })
const kept = (text: string, more: Partial<CacheHit> = {}): CacheHit => ({
  answer: answerOf(text),
  target: 'a/x',
  ageMs: 7_000,
  renew: false,
  ...more,
})

const begin = (input: GenerationInput, circumstances: Circumstances) => {
  const { host, seen } = fakeHost(circumstances)
  const progress = { records: input.resumed?.records ?? [], sequence: 0 }
  return { result: runGeneration(input, host, progress, BEGAN_AT), seen, progress }
}

describe('a cached answer', () => {
  it('is the result: no provider is asked, and it costs nothing', async () => {
    const { result, seen } = begin(cachedInput(), { cached: { answer: kept('kept') }, play: {} })
    expect(await result).toMatchObject({
      text: 'kept',
      served: 'cache',
      target: 'a/x',
      cacheAgeMs: 7_000,
      costUsd: 0,
      attempts: [],
    })
    expect(seen.starts).toEqual([])
    expect(seen.renewals).toBe(0)
    expect(seen.ended).toMatchObject([{ outcome: 'answered', served: 'cache', target: 'a/x' }])
  })

  it('that is to be renewed starts a renewal, and is the result all the same', async () => {
    const { result, seen } = begin(cachedInput(), {
      cached: { answer: kept('old', { renew: true }) },
      play: {},
    })
    expect((await result).text).toBe('old')
    expect(seen.renewals).toBe(1)
  })

  it('is not looked for again by a run that was continued as new', async () => {
    const dispatch = { pass: 1, pausedUntil: BEGAN_AT }
    const resumed = { dispatch, records: [], startedAt: BEGAN_AT, order: 0, log: 'log-1' }
    const { result, seen } = begin(cachedInput({ resumed }), {
      cached: { answer: kept('kept') },
      play: { 'a/x': [answers('new')] },
    })
    expect(await result).toMatchObject({ text: 'new', served: 'provider' })
    expect(seen.lookups).toEqual([])
  })

  it('is not looked for where the request has nothing to do with the cache', async () => {
    const { result, seen } = begin(inputOf(CACHED_ROUTE), { play: { 'a/x': [answers('new')] } })
    await result
    expect(seen.lookups).toEqual([])
  })

  it('that is missing is an error where the request says only-if-cached, and nobody is asked', async () => {
    const { result, seen } = begin(cachedInput({ cache: { key: 'k', control: 'only-if-cached' } }), {
      play: {},
    })
    await expect(result).rejects.toMatchObject({ failed: { kind: 'all_failed', failureClass: null } })
    expect(seen.starts).toEqual([])
    expect(seen.lookups).toEqual(['answer'])
    expect(seen.ended).toMatchObject([{ outcome: 'all_failed', served: null, target: null }])
  })
})

describe('an answer of a provider', () => {
  it('has its target, the attempts before it and its cost', async () => {
    const priced = candidate('b/y', { facts: { inputPerMillion: 1_000_000, outputPerMillion: 2_000_000 } })
    const { result, seen } = begin(inputOf(routeOf(['a/x', priced])), {
      play: { 'a/x': [fails('overloaded', 50)], 'b/y': [answers('from b', 100)] },
    })
    expect(await result).toMatchObject({
      id: 'g1',
      route: 'r',
      text: 'from b',
      served: 'provider',
      target: 'b/y',
      // 3 tokens in, 5 out.
      costUsd: 13,
      attempts: [{ target: 'a/x', failure: { class: 'overloaded' } }, { target: 'b/y' }],
      timings: { startedAt: BEGAN_AT, finishedAt: BEGAN_AT + 150, totalMs: 150 },
    })
    expect(seen.ended).toEqual([{ outcome: 'answered', served: 'provider', target: 'b/y' }])
  })
})

it('an answer that another call had begun says how it was made whole', async () => {
  const { result } = begin(inputOf(routeOf(['a/x'])), {
    play: { 'a/x': [{ ...answers('from a'), rescue: 'prefill' }] },
  })
  expect((await result).rescue).toBe('prefill')
})

describe('ENGINE-RUN-GENERATION-2: where nobody answered', () => {
  const allFail = { 'a/x': [fails('overloaded')], 'b/y': [fails('timeout')] }

  it('an old answer of the cache takes the place of the error, with the attempts that failed', async () => {
    const { result, seen } = begin(cachedInput(), {
      cached: { in_place_of_error: kept('stale', { target: 'b/y' }) },
      play: allFail,
    })
    expect(await result).toMatchObject({
      text: 'stale',
      served: 'stale',
      target: 'b/y',
      cacheAgeMs: 7_000,
      costUsd: 0,
      attempts: [{ target: 'a/x' }, { target: 'b/y' }],
    })
    expect(seen.lookups).toEqual(['answer', 'in_place_of_error'])
    expect(seen.ended).toMatchObject([{ outcome: 'answered', served: 'stale', target: 'b/y' }])
  })

  it('and no answer is kept, it is one error, whose end is recorded once', async () => {
    const { result, seen, progress } = begin(cachedInput(), { play: allFail })
    await expect(result).rejects.toMatchObject({ failed: { kind: 'all_failed', failureClass: 'timeout' } })
    expect(progress.records.map(({ target }) => target)).toEqual(['a/x', 'b/y'])
    expect(seen.ended).toMatchObject([{ outcome: 'all_failed', served: null, target: null }])
  })

  it('because the request is at fault, no old answer is looked for', async () => {
    const { result, seen } = begin(cachedInput(), {
      cached: { in_place_of_error: kept('stale') },
      play: { 'a/x': [fails('invalid_request', 10, { proved: true })] },
    })
    await expect(result).rejects.toMatchObject({ failed: { kind: 'invalid_request' } })
    expect(seen.lookups).toEqual(['answer'])
  })

  it('before the deadline, the error says so', async () => {
    const late = inputOf(routeOf(['a/x', 'b/y'], { deadlineMs: 100 }))
    const { result } = begin(late, { play: { 'a/x': [fails('timeout', 100)] } })
    await expect(result).rejects.toMatchObject({ failed: { kind: 'deadline_exceeded' } })
  })
})

describe('ENGINE-RUN-GENERATION-4: before it fails', () => {
  const route = routeOf(['a/x', 'b/y'])
  const refused = fails('not_admitted', 100, { code: CIRCUIT_CODE })
  const left = { ...refused, estimate: { inputTokens: 10, outputTokens: 5 } }
  /** As the last resort. */
  const again = fails('server_error')
  const failing = { 'b/y': [fails('server_error')] }
  const record = {
    candidate: 0,
    target: 'a/x',
    number: 2,
    startedAt: 1,
    durationMs: 1,
    adopted: true as const,
  }
  const late = { sequence: 3, answer: answerOf('late'), records: [], answeredBy: 0, winning: [record] }

  it('what a probe has answered that its caller left is its answer, with the record of it', async () => {
    const { result, seen } = begin(inputOf(route), { play: { 'a/x': [left, again], ...failing }, late })
    expect(await result).toMatchObject({ text: 'late', served: 'provider', target: 'a/x' })
    expect((await result).attempts.at(-1)).toEqual(record)
    expect(seen.lastLooks).toEqual([3])
    expect(seen.ended).toMatchObject([{ outcome: 'answered', target: 'a/x' }])
  })

  it('it fails where the probe has not answered, and does not look where no probe was left', async () => {
    const nothing = begin(inputOf(route), { play: { 'a/x': [left, again], ...failing } })
    await expect(nothing.result).rejects.toBeInstanceOf(Failed)
    expect(nothing.seen.lastLooks).toEqual([3])
    const none = begin(inputOf(route), { play: { 'a/x': [refused, again], ...failing }, late })
    await expect(none.result).rejects.toBeInstanceOf(Failed)
    expect(none.seen.lastLooks).toEqual([])
  })
})

describe('a run that ends in another way', () => {
  it('cancelled, throws what the host makes of it, and its end is recorded once', async () => {
    const { result, seen } = begin(cachedInput(), { cancelledMs: 10, play: { 'a/x': [answers('late')] } })
    await expect(result).rejects.toBeInstanceOf(Cancelled)
    expect(seen.ended).toEqual([{ outcome: 'cancelled', served: null, target: null }])
    expect(seen.lookups).toEqual(['answer'])
  })

  it('resting, goes on in another run, and records no end', async () => {
    const { result, seen } = begin(inputOf(routeOf(['a/x'], { passes: 2 })), {
      mayRest: true,
      play: { 'a/x': [fails('overloaded', 50)] },
    })
    await expect(result).rejects.toThrow('continued as new')
    expect(seen.rested).toMatchObject([{ pass: 2, pausedUntil: BEGAN_AT + 1_050 }])
    expect(seen.ended).toEqual([])
  })

  it('by a fault of our own, throws it as it is, and records no end', async () => {
    const { result, seen } = begin(inputOf(routeOf(['a/x'])), { play: {} })
    await expect(result).rejects.toThrow('a/x is not expected to be started')
    await expect(result).rejects.not.toBeInstanceOf(Failed)
    expect(seen.ended).toEqual([])
  })
})
