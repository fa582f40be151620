/** Guards and deadlines on a real server. Exact times: test/long/deadlines.test.ts. */
import { DEADLINES, deadlineLateMs, GUARD_NAMES, guardLateMs, hang, startGuards } from '../helpers/guards'
import { holdfastError, type Stack } from '../helpers/stack'

/** For a machine that is busy with other things. */
const LATE_MS = 3_000

describe('time', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startGuards()
  })
  afterAll(() => stack?.close())
  beforeEach(() => {
    stack.simulator.reset()
    hang(stack)
  })

  it('every guard ends the call in its phase, and at its moment', async () => {
    const late = await Promise.all(GUARD_NAMES.map((guard) => guardLateMs(stack, guard)))
    // The clock of the record and the timer's are not the same one.
    expect(Math.min(...late)).toBeGreaterThanOrEqual(-5)
    expect(Math.max(...late)).toBeLessThan(LATE_MS)
  })

  it('the deadline ends a call that hangs, a stream, a race and a hedge; all calls are reported and aborted', async () => {
    const late = await Promise.all(DEADLINES.map((route) => deadlineLateMs(stack, route)))
    expect(Math.min(...late)).toBeGreaterThanOrEqual(-5)
    expect(Math.max(...late)).toBeLessThan(LATE_MS)
    const calls = stack.simulator.calls()
    await stack.simulator.waitForCalls(calls.length, { outcome: 'client_aborted' })
  })

  it.each([
    ['a retry', 'once'],
    ['another pass', 'passes'],
  ])('a wait that does not fit before the deadline is not begun, for %s', async (_, route) => {
    stack.simulator.script('headers', [{ status: 429, retryAfter: 600 }])
    const { kind, retryAt, attempts } = await holdfastError(stack.holdfast.generate({ route, prompt: 'go' }))
    expect({ kind, calls: attempts.length }).toEqual({ kind: 'all_failed', calls: 1 })
    const inMs = (retryAt?.getTime() ?? 0) - Date.now()
    expect(inMs).toBeGreaterThan(590_000)
    expect(inMs).toBeLessThanOrEqual(600_000)
  })
})
