/** Hedges by the numbers: their moment, and the budget of several workers that each count for themselves. */
import { candidates, fiveProviders, median, spreadMs } from '../helpers/overlap'
import { expectWithinBudget, SHARE } from '../helpers/slow-day'
import { type Stack, startStack } from '../helpers/stack'

const WORKERS = 3
const AFTER_MS = 300
const hedge = (after: string, budget: string) => `{ hedge: { after: ${after}, budget: ${budget} } }`
const config = (url: string): string =>
  fiveProviders(url, [
    `slow: { candidates: ${candidates(2)}, strategy: ${hedge('50ms', `${SHARE * 100}%`)} }`,
    `hedged: { candidates: ${candidates(2)}, strategy: ${hedge(`${AFTER_MS}ms`, '100%')} }`,
  ])

describe('hedges', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ config, workers: WORKERS })
  }, 60_000)
  afterAll(() => stack?.close())
  beforeEach(() => stack.simulator.reset())

  it('start within 100 ms of their moment', async () => {
    const { simulator, holdfast } = stack
    const late: number[] = []
    for (let n = 0; n < 15; n += 1) {
      simulator.reset()
      simulator.script('one', [{ fault: 'silent' }])
      simulator.script('two', [{ answer: 'the hedge' }])
      await holdfast.generate({ route: 'hedged', prompt: 'go' })
      late.push(spreadMs(simulator.calls()) - AFTER_MS)
    }
    process.stderr.write(`hedge after ${AFTER_MS} ms: late by ${late.join(', ')} ms\n`)
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0)
    expect(median(late)).toBeLessThanOrEqual(100)
  }, 60_000)

  it('are for a tenth of 200 slow requests, and what each worker had saved up', async () => {
    await expectWithinBudget(stack, 'slow', { requests: 200, atOnce: 20, workers: WORKERS })
  }, 180_000)
})
