/** How a gateway distinguishes a worker that polls from one that has died, whatever its own clock says. */
import { pollWatch } from '../../src/gateway/readiness'

/** Of a gateway whose clock is `aheadMs` ahead of Temporal's; `at` and `lastPollAt` by Temporal's clock. */
function watchAt(aheadMs: number) {
  let at = 0
  const isPolled = pollWatch(
    () => at + aheadMs,
    () => at,
  )
  return (now: number, lastPollAt: number): boolean => {
    at = now
    return isPolled([lastPollAt])
  }
}

it.each([0, 60_000, 3_600_000, -60_000])(
  'a worker that goes on polling is seen, and one that died is not for longer than its last poll allows: clock %i ms ahead',
  (aheadMs) => {
    const polled = watchAt(aheadMs)
    const start = 10_000_000
    polled(start, start - 30_000)
    // A long poll has ended and the next one has begun.
    expect(polled(start + 31_000, start + 30_000)).toBe(true)
    expect(polled(start + 85_000, start + 30_000)).toBe(true)
    expect(polled(start + 91_000, start + 90_000)).toBe(true)
    expect(polled(start + 130_000, start + 90_000)).toBe(true)
    // By then it has died.
    expect(polled(start + 162_000, start + 90_000)).toBe(false)
  },
)

it('a poll that came before a long silence of the probes proves nothing: only the clock gives its age then', () => {
  const polled = watchAt(0)
  expect(polled(10_000_000, 9_999_000)).toBe(true)
  expect(polled(10_290_000, 10_010_000)).toBe(false)
})

it('at the first question a worker that died minutes ago does not make it ready', () => {
  expect(watchAt(0)(10_000_000, 9_800_000)).toBe(false)
  expect(pollWatch()([])).toBe(false)
})
