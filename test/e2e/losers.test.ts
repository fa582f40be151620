/**
 * The losers of a race stop paying: how soon, and that they are not called again. Exact times:
 * test/long/losers.test.ts.
 */
import { APART, expectTwoCallsEach, hangUps, startRaces } from '../helpers/losers'
import type { Stack } from '../helpers/stack'

describe('a loser is hung up on', () => {
  let stack: Stack
  afterEach(() => stack?.close())

  it('at once by the winner’s worker', async () => {
    stack = await startRaces({ workers: 1 })
    const { medianMs } = await hangUps(stack, 3, false)
    expect(medianMs).toBeLessThanOrEqual(250)
  })

  it('by another worker as soon as Temporal delivers it, long before its heartbeat', async () => {
    stack = await startRaces({ ...APART, workerLost: '60s' })
    const { medianMs } = await hangUps(stack, 3, true)
    expect(medianMs).toBeLessThanOrEqual(700)
  })

  it('and not called again, though retries are allowed: two calls for each race', async () => {
    stack = await startRaces({ workers: 2 })
    await expectTwoCallsEach(stack, 8)
  })
})
