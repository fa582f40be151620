/** The entity at full length: twenty boards in an outage of 12 s, second by second. */
import { mostInASecond } from '../helpers/boards'
import { type BoardsOutage, twentyInOutage } from '../helpers/boards-outage'
import { type Stack, startStack } from '../helpers/stack'

describe('twenty boards in an outage of 12 s', () => {
  let stack: Stack
  let outage: BoardsOutage
  beforeAll(async () => {
    stack = await startStack()
    outage = await twentyInOutage(stack, 12_000)
  }, 60_000)
  afterAll(() => stack.close())

  it('send the entity at most ten signals in any second', () => {
    expect(outage.signals.length).toBeGreaterThan(0)
    expect(mostInASecond(outage.signals)).toBeLessThanOrEqual(10)
  })

  it('make one probe for each open period, and few ask for it', () => {
    expect(outage.probes).toBeGreaterThan(2)
    expect(outage.probes).toBeLessThanOrEqual(12)
    expect(mostInASecond(outage.updates)).toBeLessThanOrEqual(10)
  })
})
