/** The hedge budget over a longer slow day, with several workers that each count for themselves. */
import { candidates, fiveProviders } from './helpers/overlap'
import { expectWithinBudget, SHARE } from './helpers/slow-day'
import { type Stack, startStack } from './helpers/stack'

const WORKERS = 3
const hedge = `{ hedge: { after: 50ms, budget: ${SHARE * 100}% } }`

describe('a slow day', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({
      config: (url) => fiveProviders(url, [`slow: { candidates: ${candidates(2)}, strategy: ${hedge} }`]),
      workers: WORKERS,
    })
  }, 60_000)
  afterAll(() => stack.close())

  it('hedges a tenth of 500 requests, and what each worker had saved up', async () => {
    await expectWithinBudget(stack, 'slow', { requests: 500, atOnce: 30, workers: WORKERS })
  }, 180_000)
})
