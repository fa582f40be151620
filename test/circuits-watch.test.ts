/** The watch protocol: what opens a circuit comes out the same, however many workers saw the calls. */
import type { ProviderBoard } from '../src/circuits/board'
import type { CircuitPolicy } from '../src/domain/route'
import {
  boardsOn,
  call,
  FAILED,
  messagesTo,
  mostInASecond,
  ownProvider,
  policyOf,
  SUCCEEDED,
  UNCONNECTED,
} from './helpers/boards'
import { phaseOf, publishedCircuits, untilPublished } from './helpers/circuits'
import { type Stack, startStack } from './helpers/stack'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack.close())

const RATE: CircuitPolicy = {
  rate: { threshold: 0.5, windowMs: 20_000, minimumCalls: 20 },
  openForMs: 60_000,
  maxOpenForMs: 60_000,
  whenAllOpen: 'try',
}
const ROW = policyOf({ openForMs: 60_000, maxOpenForMs: 60_000 })

/** `F` fails, `.` succeeds; a blank is a pause in which all may hear of what was. */
const PATTERNS: [string, CircuitPolicy, string, 'open' | 'closed'][] = [
  ['five failures in a row', ROW, '....FFFFF', 'open'],
  ['four failures in a row', ROW, '....FFFF', 'closed'],
  ['a success between them', ROW, 'FFFF . FFFF', 'closed'],
  ['five in a row after a success', ROW, 'FF . FFFFF', 'open'],
  ['failures in a row that come slowly', ROW, 'F F F F F', 'open'],
  ['half of 24', RATE, 'F.F.F.F.F.F. F.F.F.F.F.F.', 'open'],
  ['a third of 24', RATE, 'F..F..F..F.. F..F..F..F..', 'closed'],
  ['all of 18: too few to say', RATE, 'FFFFFFFFF FFFFFFFFF', 'closed'],
  [
    'successes before the first failure do not count',
    RATE,
    '.................... FFFFFFFFFFFFFFFFFFFF',
    'open',
  ],
]

/** What has become of the circuit when all boards have told what they saw. */
async function outcome(workers: number, policy: CircuitPolicy, pattern: string): Promise<string> {
  const provider = ownProvider()
  const boards = boardsOn(stack, provider, workers)
  let turn = 0
  for (const symbol of pattern) {
    if (symbol === ' ') await pause(1_600)
    // Past the board's own trip: the cluster's is looked at here.
    else {
      const board = boards[turn++ % workers] as ProviderBoard
      const admitted = await board.admit({
        id: `${turn}`,
        model: 'm',
        attemptMs: 1_000,
        policy,
        lastResort: true,
      })
      if (admitted.ok) admitted.settle(symbol === 'F' ? FAILED : SUCCEEDED)
    }
  }
  await pause(1_600)
  await Promise.all(boards.map((board) => board.close()))
  const published = await publishedCircuits(stack, provider)
  return published === null ? 'closed' : phaseOf(published, 'm')
}

describe('the same with one worker and with three:', () => {
  let outcomes: { one: string; three: string }[]
  beforeAll(async () => {
    outcomes = await Promise.all(
      PATTERNS.map(async ([, policy, pattern]) => {
        const [one, three] = await Promise.all([outcome(1, policy, pattern), outcome(3, policy, pattern)])
        return { one, three }
      }),
    )
  }, 60_000)

  it.each(PATTERNS.map(([name, , , expected], place) => ({ name, expected, place })))(
    '$name: $expected',
    ({ expected, place }) => {
      expect(outcomes[place]).toEqual({ one: expected, three: expected })
    },
  )
})

it('twenty workers that watch one another send at most ten signals a second', async () => {
  const provider = ownProvider()
  const boards = boardsOn(stack, provider, 20)
  const end = Date.now() + 8_000
  await Promise.all(
    boards.map(async (board) => {
      for (let n = 0; Date.now() < end; n++) {
        // One in four fails: all watch, and nothing opens.
        await call(board, n % 4 === 0 ? FAILED : SUCCEEDED)
        await pause(50)
      }
    }),
  )
  await Promise.all(boards.map((board) => board.close()))
  const { signals, updates } = await messagesTo(stack, provider)
  process.stderr.write(
    `20 watching: ${signals.length} signals, at most ${mostInASecond(signals)} in a second\n`,
  )
  expect(signals.length).toBeGreaterThan(30)
  expect(mostInASecond(signals)).toBeLessThanOrEqual(10)
  expect(updates).toEqual([])
  expect(phaseOf(await untilPublished(stack, provider, () => true), 'm')).toBe('closed')
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
    await hammer(boards, (rank) => (rank === 0 ? UNCONNECTED : SUCCEEDED), 6_000)
    const state = await untilPublished(stack, provider, () => true)
    expect(state.circuits.account.phase.name).toBe('closed')
    expect(boards.map((board) => board.obstacle('m') !== null)).toEqual([expect.any(Boolean), false, false])
    await Promise.all(boards.map((board) => board.close()))
  }, 20_000)

  it('of two workers opens it', async () => {
    const provider = ownProvider()
    const boards = boardsOn(stack, provider, 3)
    const hammering = hammer(boards, (rank) => (rank < 2 ? UNCONNECTED : SUCCEEDED), 6_000)
    await untilPublished(stack, provider, (state) => state.circuits.account.phase.name === 'open', 6_000)
    await hammering
    await Promise.all(boards.map((board) => board.close()))
  }, 20_000)
})
