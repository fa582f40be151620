/** The bucket that bounds the hedges and the retries of a route. */
import fc from 'fast-check'
import { countRequest, newBucket, type ShareBucket, takeOne } from '../../../src/domain/routing/share-bucket'

/** As src/domain/routing/share-bucket.ts says: saved up by a quiet route, one back in so long, kept at most. */
const QUIET = 2
const REFILL_MS = 5_000
const BURST = 10
/** Sums of tenths are not exact. */
const ROUNDING = 1e-6

/** Takes till it is refused; how many it was given. */
function drain(bucket: ShareBucket, now: number): { bucket: ShareBucket; taken: number } {
  let state = bucket
  for (let taken = 0; ; taken += 1) {
    const next = takeOne(state, now)
    state = next.bucket
    if (!next.allowed) return { bucket: state, taken }
  }
}

const requests = (bucket: ShareBucket, count: number, share: number, now: number): ShareBucket =>
  Array.from({ length: count }).reduce<ShareBucket>((state) => countRequest(state, share, now), bucket)

it('a new route has two, and after them none', () => {
  expect(drain(newBucket(0), 0).taken).toBe(QUIET)
})

it('each request puts its share in: 100 of them at 10 % are ten hedges', () => {
  const empty = drain(newBucket(0), 0).bucket
  expect(drain(requests(empty, 100, 0.1, 0), 0).taken).toBeGreaterThanOrEqual(BURST - 1)
  expect(drain(requests(empty, 100, 0.1, 0), 0).taken).toBeLessThanOrEqual(BURST)
})

it('a slow day after a week of quick ones begins with ten, not with thousands', () => {
  expect(drain(requests(newBucket(0), 10_000, 0.1, 0), 0).taken).toBe(BURST)
})

it('a share of 0 still leaves what time gives back, one in five seconds and two at most', () => {
  const empty = requests(drain(newBucket(0), 0).bucket, 50, 0, 0)
  expect(drain(empty, REFILL_MS - 1).taken).toBe(0)
  expect(drain(empty, REFILL_MS).taken).toBe(1)
  expect(drain(empty, 1_000 * REFILL_MS).taken).toBe(QUIET)
})

it('time gives back what it is requested often as well as what it is requested once', () => {
  let bucket = drain(newBucket(0), 0).bucket
  let taken = 0
  for (let now = 0; now <= 20 * REFILL_MS; now += 7) {
    const next = takeOne(bucket, now)
    bucket = next.bucket
    if (next.allowed) taken += 1
  }
  expect(taken).toBeGreaterThanOrEqual(19)
  expect(taken).toBeLessThanOrEqual(20)
})

it('goes on giving back when the clock was set back', () => {
  const { bucket } = drain(newBucket(3_600_000), 3_600_000)
  const back = takeOne(bucket, 0).bucket
  expect(takeOne(back, REFILL_MS).allowed).toBe(true)
})

const step = fc.record({
  afterMs: fc.nat({ max: 20_000 }),
  act: fc.oneof(
    fc.constant('take' as const),
    fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  ),
})

it('whatever comes when: never more than two, the shares and one in five seconds; never more than BURST at once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let bucket = newBucket(0)
      let now = 0
      let taken = 0
      let shares = 0
      for (const { afterMs, act } of steps) {
        now += afterMs
        if (act === 'take') {
          const next = takeOne(bucket, now)
          bucket = next.bucket
          if (next.allowed) taken += 1
        } else {
          shares += act.share
          bucket = countRequest(bucket, act.share, now)
        }
        expect(bucket.left).toBeGreaterThanOrEqual(0)
        expect(bucket.left).toBeLessThanOrEqual(BURST)
        expect(taken).toBeLessThanOrEqual(QUIET + shares + now / REFILL_MS + ROUNDING)
      }
    }),
  )
})

it('on a steady slow day every request that may be hedged is: the share is used up', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), (share) => {
      let bucket = drain(newBucket(0), 0).bucket
      let taken = 0
      const COUNT = 500
      for (let n = 0; n < COUNT; n += 1) {
        const next = takeOne(countRequest(bucket, share, 0), 0)
        bucket = next.bucket
        if (next.allowed) taken += 1
      }
      expect(taken).toBeGreaterThanOrEqual(Math.floor(COUNT * share - ROUNDING) - 1)
    }),
  )
})
