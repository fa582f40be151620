/** The watch protocol: what opens a circuit comes out the same, however many workers saw the calls. All patterns: test/long/circuits-watch-full.test.ts. */
import type { ProviderBoard } from '../../src/circuits/board'
import { boardsOn, call, type FAILED, ownProvider, SUCCEEDED, UNCONNECTED } from '../helpers/boards'
import { untilPublished } from '../helpers/circuits'
import { type Stack, startStack } from '../helpers/stack'
import { PATTERNS, pause, ROW, sameWithOneAndThree, twentyWatch } from '../helpers/watching'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.close())

/** One of each kind: in a row, not enough, over two reads, and by rate. */
const FEW = [
  'five failures in a row',
  'four failures in a row',
  'five in a row after a success',
  'half of 24',
]

describe('the same with one worker and with three:', () =>
  sameWithOneAndThree(
    () => stack,
    PATTERNS.filter(([name]) => FEW.includes(name)),
  ))

it('twenty workers that watch one another send at most ten signals a second', async () => {
  const { signals, updates, phase, took } = await twentyWatch(stack, 4_000)
  expect(signals).toBeGreaterThan(10)
  // On the whole: on a busy machine those of one second may arrive in the next.
  expect(signals).toBeLessThanOrEqual(10 * (took + 1))
  expect({ updates, phase }).toEqual({ updates: 0, phase: 'closed' })
}, 30_000)

describe('a broken network', () => {
  /** Calls on each board, its own verdict each, till `end`. */
  const hammer = (
    boards: readonly ProviderBoard[],
    verdictOf: (rank: number) => typeof FAILED,
    forMs: number,
  ) => {
    const end = Date.now() + forMs
    return Promise.all(
      boards.map(async (board, rank) => {
        while (Date.now() < end) {
          await call(board, verdictOf(rank), ROW)
          await pause(50)
        }
      }),
    )
  }

  it('of one worker does not open the circuit for the others', async () => {
    const provider = ownProvider()
    const boards = boardsOn(stack, provider, 3)
    await hammer(boards, (rank) => (rank === 0 ? UNCONNECTED : SUCCEEDED), 4_000)
    const state = await untilPublished(stack, provider, () => true)
    expect(state.circuits.account.phase.name).toBe('closed')
    expect(boards.map((board) => board.obstacle('m') !== null)).toEqual([expect.any(Boolean), false, false])
    await Promise.all(boards.map((board) => board.close()))
  }, 20_000)

  it('of two workers opens it', async () => {
    const provider = ownProvider()
    const boards = boardsOn(stack, provider, 3)
    const hammering = hammer(boards, (rank) => (rank < 2 ? UNCONNECTED : SUCCEEDED), 6_000)
    await untilPublished(stack, provider, (state) => state.circuits.account.phase.name === 'open', 15_000)
    await hammering
    await Promise.all(boards.map((board) => board.close()))
  }, 20_000)
})
