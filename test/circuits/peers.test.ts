/** Whose turn it is to report: evenly spread, whatever the number of workers; and how a worker learns that number. */
import { createPeers } from '../../src/circuits/peers'
import { REPORT_TURNS } from '../../src/circuits/reporter'
import { nextTurn } from '../../src/circuits/turns'
import { mostInASecond } from '../helpers/boards'
import { type Stack, startStack } from '../helpers/stack'

const START = 1_700_000_000_123
const SPAN_MS = 20_000

/** All turns of one worker within the span. */
function turnsOf(rank: number, count: number): number[] {
  const turns: number[] = []
  const place = { count: () => count, rank: () => rank }
  for (
    let at = nextTurn(place, REPORT_TURNS, START);
    at < START + SPAN_MS;
    at = nextTurn(place, REPORT_TURNS, at + 1)
  )
    turns.push(at)
  return turns
}

it.each([1, 2, 3, 5, 9, 10, 20, 50, 100])(
  '%d workers: none forgotten, and at most ten turns in any second',
  (count) => {
    const turns = Array.from({ length: count }, (_, rank) => turnsOf(rank, count))
    const intervalMs = Math.max(500, count * 120)
    for (const own of turns) {
      expect(own.length).toBeGreaterThanOrEqual(Math.floor(SPAN_MS / intervalMs))
      for (const [index, at] of own.entries())
        if (index > 0) expect(at - (own[index - 1] ?? 0)).toBeCloseTo(intervalMs, 6)
    }
    expect(mostInASecond(turns.flat().sort((a, b) => a - b))).toBeLessThanOrEqual(10)
  },
)

describe('the peers', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ workers: 3 })
  })
  afterAll(() => stack.close())

  it('are the workers that poll the task queue, in one order that all of them see', async () => {
    // Each has polled by the time that a few generations are done.
    for (let n = 0; n < 6; n++) await stack.holdfast.generate({ prompt: 'hi' })
    const names = ['a-first', 'zz-last']
    const peers = names.map((name) => createPeers(stack.client, stack.taskQueue, name, Date.now))
    await Promise.all(peers.map((one) => one.refresh()))
    expect(peers.map((one) => one.count())).toEqual([4, 4])
    expect(peers[1]?.rank()).toBe(3)
  })

  it('stay what they were when Temporal does not answer', async () => {
    const nowhere = { ...stack.client, withDeadline: () => Promise.reject(new Error('down')) }
    const peers = createPeers(nowhere as never, stack.taskQueue, 'me', Date.now)
    await peers.refresh()
    expect([peers.count(), peers.rank()]).toEqual([1, 0])
  })
})
