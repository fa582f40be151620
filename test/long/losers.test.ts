/** The losers of a race, by the numbers: for a machine that does nothing else. */
import { APART, expectTwoCallsEach, hangUps, startRaces } from '../helpers/losers'
import { type PlainServer, startPlainServer } from '../helpers/plain-server'
import type { Stack } from '../helpers/stack'

describe('a loser is hung up on', () => {
  let stack: Stack
  afterEach(() => stack?.close())

  it('within 100 ms by the winner’s worker', async () => {
    stack = await startRaces({ workers: 1 })
    const { medianMs } = await hangUps(stack, 25, false)
    expect(medianMs).toBeLessThanOrEqual(100)
  }, 120_000)

  it('within 500 ms by another worker', async () => {
    stack = await startRaces({ ...APART, workerLost: '60s' })
    const { medianMs } = await hangUps(stack, 25, true)
    expect(medianMs).toBeLessThanOrEqual(500)
  }, 120_000)

  it('and not called again, though retries are allowed: two calls for each of 50 races', async () => {
    stack = await startRaces({ workers: 2 })
    await expectTwoCallsEach(stack, 50)
  }, 120_000)
})

describe('on a server without our settings', () => {
  let server: PlainServer
  let stack: Stack
  beforeAll(async () => {
    server = await startPlainServer()
  }, 90_000)
  afterAll(() => server?.stop())
  afterEach(() => stack?.close())

  it('the winner’s worker hangs up at once all the same', async () => {
    stack = await startRaces({ workers: 1, server })
    const { medianMs } = await hangUps(stack, 10, false)
    expect(medianMs).toBeLessThanOrEqual(100)
  }, 120_000)

  it('another one gets it with its next heartbeat: half of workerLost, a second at least', async () => {
    stack = await startRaces({ ...APART, workerLost: '2s', server })
    const { medianMs, worstMs } = await hangUps(stack, 10, true)
    expect(medianMs).toBeGreaterThan(200)
    expect(worstMs).toBeLessThanOrEqual(2_500)
  }, 120_000)
})
