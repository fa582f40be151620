/**
 * A cluster without our settings rounds every timer under a second up to a second: a pause of the server's shows it,
 * and in the same run a hedge of 300 ms starts well before.
 */
import { candidates, fiveProviders, median, spreadMs } from '../helpers/overlap'
import { type PlainServer, startPlainServer } from '../helpers/plain-server'
import { type Stack, startStack } from '../helpers/stack'

const AFTER_MS = 300
const TIMES = 3

const config = (url: string): string =>
  fiveProviders(url, [
    `hedged: { candidates: ${candidates(2)}, strategy: { hedge: { after: ${AFTER_MS}ms, budget: 100% } } }`,
    `pausing: { candidates: [one/m], retry: { initialInterval: ${AFTER_MS}ms, jitter: none } }`,
  ])

describe('on a server without our settings', () => {
  let server: PlainServer
  let stack: Stack
  beforeAll(async () => {
    server = await startPlainServer()
    stack = await startStack({ config, server })
  }, 90_000)
  afterAll(async () => {
    await stack?.close()
    await server?.stop()
  })

  /** From the first call's arrival to the second's. */
  const measure = async (route: string, step: object): Promise<number> => {
    const { simulator, holdfast } = stack
    const took: number[] = []
    for (let n = 0; n < TIMES; n += 1) {
      simulator.reset()
      simulator.script('one', [{ ...step, times: 1 }])
      await holdfast.generate({ route, prompt: 'go' })
      took.push(spreadMs(simulator.calls()))
    }
    process.stderr.write(`without our settings, ${route}: ${took.join(', ')} ms in place of ${AFTER_MS}\n`)
    return median(took)
  }

  it('a pause of 300 ms takes a second, a hedge of 300 ms does not: its call wakes the workflow', async () => {
    const pausedMs = await measure('pausing', { status: 503 })
    const hedgedMs = await measure('hedged', { fault: 'silent' })
    expect(pausedMs).toBeGreaterThan(900)
    expect(hedgedMs).toBeGreaterThanOrEqual(AFTER_MS)
    expect(hedgedMs).toBeLessThan(0.75 * pausedMs)
  })
})
