/** A 429 with Retry-After under a steady load over three workers: who stays away, from what, and for how long. */
import { circuitConfig, publishedCircuits, steadyLoad, untilPublished, workersOf } from './circuits'
import { until } from './sockets'
import { startStack } from './stack'

const WORKERS = 3

export interface RateLimitNumbers {
  perSecond: number
  /** Unanswered at most. */
  atOnce: number
  retryAfterSeconds: number
  /** So long after the entity knows it, all workers do. */
  lagMs: number
}

/** Called in a test: all that it takes ends with it. */
export async function expectHeldByRateLimit(numbers: RateLimitNumbers): Promise<void> {
  const { perSecond, atOnce, retryAfterSeconds, lagMs } = numbers
  const stack = await startStack({
    workers: WORKERS,
    config: (url) => circuitConfig(url, { more: 'other: { candidates: [alpha/model-other, beta/model-b] }' }),
  })
  const { simulator, holdfast } = stack
  const calls = () => simulator.calls({ target: 'alpha/model-a' })
  const load = steadyLoad(holdfast, perSecond, atOnce)
  try {
    await until(() => workersOf(calls()).length === WORKERS, 20_000)
    // The second one asks for less: it must not shorten the first one's.
    simulator.script('alpha/model-a', [
      { status: 429, retryAfter: retryAfterSeconds },
      { status: 429, retryAfter: 1 },
    ])
    const limitedAt = Date.now()
    // Two calls in flight may have been refused by two workers, and the shorter hold may be reported first.
    const state = await untilPublished(
      stack,
      'alpha',
      ({ circuits }) =>
        (circuits.models['model-a']?.hold?.until ?? 0) > limitedAt + (retryAfterSeconds - 1) * 1_000,
      30_000,
    )
    const heldUntil = state.circuits.models['model-a']?.hold?.until ?? 0
    const from = Date.now() + lagMs
    await until(() => Date.now() >= from, lagMs + 5_000)
    expect((await holdfast.generate({ route: 'other', prompt: 'hi' })).target).toBe('alpha/model-other')
    simulator.script('alpha/model-a', [])
    await until(() => Date.now() >= heldUntil - 200, retryAfterSeconds * 1_000)
    const kept = (await publishedCircuits(stack, 'alpha'))?.circuits.models['model-a']?.hold?.until ?? 0
    expect(kept).toBeGreaterThanOrEqual(heldUntil)
    // And then it comes back to its place.
    await until(() => calls().some(({ receivedAt }) => receivedAt > from), 15_000)
    expect(calls().filter(({ receivedAt }) => receivedAt > from && receivedAt < heldUntil)).toEqual([])
    expect((await load.stop()).filter(({ error }) => error !== null)).toEqual([])
  } finally {
    await load.stop()
    await stack.close()
  }
}
