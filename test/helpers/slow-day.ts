/** A day on which every answer of the primary is slow: how many hedges a route may start, and how many it does. */
import type { Stack } from './stack'

/** As src/domain/routing/share-bucket.ts says. */
const SAVED_UP = 2
const REFILL_MS = 5_000
/** Of the hedged route. */
export const SHARE = 0.1

/** `requests`, of which `atOnce` are in flight. Every worker counts its own. */
export async function expectWithinBudget(
  { simulator, holdfast }: Stack,
  route: string,
  { requests, atOnce, workers }: { requests: number; atOnce: number; workers: number },
): Promise<void> {
  simulator.reset()
  simulator.script('one', [{ answer: 'slow', latency: '1500ms' }])
  const startedAt = Date.now()
  let sent = 0
  const caller = async (): Promise<void> => {
    while (sent < requests) {
      sent += 1
      await holdfast.generate({ route, prompt: 'hi' })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, caller))
  const hedges = simulator.calls({ provider: 'two' }).length
  const given = (Date.now() - startedAt) / REFILL_MS
  const most = SHARE * requests + workers * (SAVED_UP + given)
  process.stderr.write(`slow day: ${hedges} hedges for ${requests} requests, ${most.toFixed(1)} at most\n`)
  expect(simulator.calls({ provider: 'one' })).toHaveLength(requests)
  expect(hedges).toBeLessThanOrEqual(most)
  // It is a budget, not a ban. (On a busy machine a hedge may be overtaken by the answer before it has begun.)
  expect(hedges).toBeGreaterThanOrEqual((SHARE * requests) / 2)
}
