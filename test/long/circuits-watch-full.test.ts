/** The watch protocol with every pattern, and at its full length. */
import { type Stack, startStack } from '../helpers/stack'
import { PATTERNS, sameWithOneAndThree, twentyWatch } from '../helpers/watching'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.close())

describe('the same with one worker and with three:', () => sameWithOneAndThree(() => stack, PATTERNS))

it('twenty workers that watch one another send at most ten signals in any second', async () => {
  const { signals, mostSignalsInASecond, updates, phase } = await twentyWatch(stack, 8_000)
  expect(signals).toBeGreaterThan(30)
  expect(mostSignalsInASecond).toBeLessThanOrEqual(10)
  expect({ updates, phase }).toEqual({ updates: 0, phase: 'closed' })
}, 30_000)
