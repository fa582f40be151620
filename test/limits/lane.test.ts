import { MINUTE_MS } from '../../src/domain/limits/limit'
import { createLane, type LaneAnswer } from '../../src/limits/lane'
import { createMeter } from '../../src/limits/meter'

const COST = { inputTokens: 0, outputTokens: 0 }

/** Two a second, and nothing is left of what goes at once. */
function startLane() {
  const meter = createMeter({ unit: 'requests', amount: 120, windowMs: MINUTE_MS })
  const lane = createLane(() => [meter], Date.now)
  const ended: string[] = []
  const aborts = new AbortController()
  const take = async (tenant: string | null, limitMs = 60_000): Promise<LaneAnswer> => {
    const answer = await lane.take({ tenant, cost: COST, keys: () => [null], limitMs, signal: aborts.signal })
    if (answer.ok) ended.push(tenant ?? '')
    return answer
  }
  return { meter, lane, take, ended, aborts }
}

beforeEach(() => {
  jest.useFakeTimers()
})
afterEach(() => {
  jest.useRealTimers()
})

async function spend(take: (tenant: string | null) => Promise<LaneAnswer>): Promise<void> {
  for (let count = 0; count < 61; count += 1) await take(null)
}

test('LANE-1 a tenant that floods and one that comes later take turns', async () => {
  const { take, ended } = startLane()
  await spend(take)
  ended.length = 0
  const all = [...Array.from({ length: 10 }, () => take('flood')), take('late'), take('late')]
  await jest.advanceTimersByTimeAsync(20_000)
  await Promise.all(all)
  expect(ended.slice(0, 4).filter((tenant) => tenant === 'late')).toHaveLength(2)
  expect(ended).toHaveLength(12)
})

test('LANE-2 who would wait too long learns at once when to come back', async () => {
  const { take } = startLane()
  await spend(take)
  const waiting = Array.from({ length: 10 }, () => take('one'))
  const answer = await take('one', 3_000)
  expect(answer.ok).toBe(false)
  const { retryAfterMs } = answer as Extract<LaneAnswer, { ok: false }>
  expect(retryAfterMs).toBeGreaterThan(4_000)
  expect(retryAfterMs).toBeLessThan(8_000)
  // Of another tenant the turn comes sooner.
  const other = take('other', 3_000)
  await jest.advanceTimersByTimeAsync(3_000)
  expect((await other).ok).toBe(true)
  await jest.advanceTimersByTimeAsync(10_000)
  expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true)
})

test('one whose caller has gone waits no longer, and takes nothing', async () => {
  const { meter, take, aborts } = startLane()
  await spend(take)
  const used = meter.used(Date.now())
  const waiting = take('one')
  aborts.abort()
  expect((await waiting).ok).toBe(false)
  await jest.advanceTimersByTimeAsync(5_000)
  expect(meter.used(Date.now())).toBe(used)
})

test('LANE-3 of several keys the next one is used where the first has no room', async () => {
  const meters = new Map(
    ['one', 'two'].map((key) => [key, createMeter({ unit: 'requests', amount: 4, windowMs: MINUTE_MS })]),
  )
  const lane = createLane((key) => [meters.get(key ?? '')].filter((meter) => meter !== undefined), Date.now)
  const keys: (string | null)[] = []
  for (let count = 0; count < 6; count += 1) {
    const answer = await lane.take({
      tenant: null,
      cost: COST,
      keys: () => ['one', 'two'],
      limitMs: 0,
      signal: new AbortController().signal,
    })
    if (answer.ok) keys.push(answer.grant.key)
  }
  expect(keys).toEqual(['one', 'one', 'one', 'two', 'two', 'two'])
})
