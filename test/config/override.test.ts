import fc from 'fast-check'
import { applyOverride, parseConfig } from '../../src/config'
import { formatDuration } from '../../src/config/duration'
import type { Route } from '../../src/domain/routing/route'

const { routes } = parseConfig(`
providers: { a: { api: openai-chat, baseUrl: http://a } }
defaults: { deadline: 1m, maxDeadline: 1h, timeouts: { attempt: 30s, firstToken: 10s } }
routes:
  cached:
    candidates: [a/x, { target: a/y, timeouts: { attempt: 5s, firstToken: 4s }, retry: { maximumAttempts: 5 } }, a/z]
    cache: { ttl: 1h, coalesce: false }
  plain: { candidates: [a/x] }
`)
const route = (name: string): Route => {
  const found = routes[name]
  if (found === undefined) throw new Error(`no route ${name}`)
  return found
}
const cached = route('cached')
const apply = (override: unknown, to = cached): Route => {
  const result = applyOverride(to, override)
  if (!result.ok) throw new Error(result.message)
  return result.route
}

describe('an override', () => {
  it('that is empty changes nothing', () => {
    expect(apply({})).toEqual(cached)
    expect(apply({ timeouts: {}, retry: {}, cache: {} })).toEqual(cached)
  })

  it('sets the deadline, longer than the route’s own up to its maxDeadline', () => {
    expect(apply({ deadline: '8s' }).deadlineMs).toBe(8_000)
    expect(apply({ deadline: '1h' }).deadlineMs).toBe(3_600_000)
  })

  it('shortens timeouts; a candidate that has less keeps it', () => {
    const { candidates } = apply({ timeouts: { attempt: '8s' } })
    expect(candidates.map(({ timeouts }) => [timeouts.attemptMs, timeouts.firstTokenMs])).toEqual([
      [8_000, 8_000],
      [5_000, 4_000],
      [8_000, 8_000],
    ])
  })

  it('lowers attempts and waits', () => {
    const { candidates } = apply({ retry: { maximumAttempts: 3, maxWait: '0s' } })
    expect(candidates.map(({ retry }) => [retry.maximumAttempts, retry.maxWaitMs])).toEqual([
      [2, 0],
      [3, 0],
      [2, 0],
    ])
  })

  it('picks and orders candidates among the route’s', () => {
    expect(apply({ candidates: ['a/z', 'a/x'] }).candidates.map(({ target }) => target)).toEqual([
      'a/z',
      'a/x',
    ])
  })

  it('switches the cache off, or shortens it', () => {
    expect(apply({ cache: false }).cache).toBeNull()
    expect(apply({ cache: { ttl: '1m' } }).cache).toEqual({ ...cached.cache, ttlMs: 60_000 })
    expect(apply({ cache: false }, route('plain')).cache).toBeNull()
  })

  it('leaves the route itself as it was', () => {
    const before = structuredClone(cached)
    apply({ deadline: '1s', candidates: ['a/y'], timeouts: { attempt: '1s' }, cache: { ttl: '1s' } })
    expect(cached).toEqual(before)
  })
})

describe('an override beyond what the route allows is refused', () => {
  it.each([
    [{ deadline: '2h' }, "override.deadline: 2h is over the route's 1h"],
    [{ timeouts: { attempt: '31s' } }, "override.timeouts.attempt: 31s is over the route's 30s"],
    [{ candidates: ['a/y'], timeouts: { attempt: '6s' } }, "6s is over the route's 5s"],
    [{ retry: { maximumAttempts: 6 } }, "override.retry.maximumAttempts: 6 is over the route's 5"],
    [{ retry: { maxWait: '4s' } }, "4s is over the route's 3s"],
    [{ candidates: ['a/xx'] }, '"a/xx" is not a candidate of route "cached"; did you mean "a/x"?'],
    [{ candidates: ['a/x', 'a/x'] }, 'stands in the list twice'],
    [{ candidates: [] }, 'override.candidates: name at least one candidate'],
    [{ cache: { ttl: '2h' } }, "2h is over the route's 1h"],
    [{ cache: { coalesce: true } }, 'override.cache.coalesce'],
    [{ cache: true }, 'write false, or a block'],
    [{ deadline: 8 }, 'write "8s" or "8ms"'],
    [{ dedline: '8s' }, 'override.dedline: unknown field; did you mean "deadline"?'],
    [{ timeouts: { workerLost: '1s' } }, 'override.timeouts.workerLost: unknown field'],
    ['8s', 'override: expected a block of fields, found text'],
    [null, 'override: expected a block of fields'],
  ])('%j', (override, expected) => {
    expect(applyOverride(cached, override)).toMatchObject({
      ok: false,
      message: expect.stringContaining(expected),
    })
  })

  it('a cache where the route has none', () => {
    expect(applyOverride(route('plain'), { cache: { ttl: '1s' } })).toMatchObject({
      ok: false,
      message: 'override.cache: route "plain" has no cache',
    })
  })

  it('with everything that is wrong in one message', () => {
    const result = applyOverride(cached, { deadline: '2h', retry: { maximumAttempts: 9 } })
    expect(result).toMatchObject({ message: expect.stringMatching(/deadline.*; override\.retry/) })
  })
})

it('whatever it asks, an override that is accepted never loosens anything but the deadline', () => {
  const time = (max: number) => fc.option(fc.integer({ min: 1, max }).map(formatDuration), { nil: undefined })
  const override = fc.record(
    {
      deadline: time(4_000_000),
      timeouts: fc.record({
        attempt: time(40_000),
        firstToken: time(12_000),
        idle: time(25_000),
        connect: time(6_000),
      }),
      retry: fc.record({ maximumAttempts: fc.integer({ min: 1, max: 6 }), maxWait: time(4_000) }),
      candidates: fc.uniqueArray(fc.constantFrom('a/x', 'a/y', 'a/z'), { minLength: 1 }),
      cache: fc.oneof(
        fc.constant(false),
        fc.record({ ttl: time(4_000_000), staleIfError: time(90_000_000) }),
      ),
    },
    { requiredKeys: [] },
  )
  let accepted = 0
  fc.assert(
    fc.property(override, (requested) => {
      const result = applyOverride(cached, requested)
      if (!result.ok) return
      accepted++
      expect(result.route.deadlineMs).toBeLessThanOrEqual(cached.maxDeadlineMs ?? 0)
      expect(result.route.cache?.ttlMs ?? 0).toBeLessThanOrEqual(cached.cache?.ttlMs ?? 0)
      expect(result.route.cache?.staleIfErrorMs ?? 0).toBeLessThanOrEqual(cached.cache?.staleIfErrorMs ?? 0)
      for (const candidate of result.route.candidates) {
        const own = cached.candidates.find(({ target }) => target === candidate.target)
        for (const [name, ms] of Object.entries(candidate.timeouts))
          expect(ms).toBeLessThanOrEqual(
            Object.entries(own?.timeouts ?? {}).find(([key]) => key === name)?.[1] ?? 0,
          )
        expect(candidate.timeouts.firstTokenMs).toBeLessThanOrEqual(candidate.timeouts.attemptMs)
        expect(candidate.retry.maximumAttempts).toBeLessThanOrEqual(own?.retry.maximumAttempts ?? 0)
        expect(candidate.retry.maxWaitMs).toBeLessThanOrEqual(own?.retry.maxWaitMs ?? -1)
      }
    }),
    { numRuns: 1_000 },
  )
  expect(accepted).toBeGreaterThan(50)
})
