/** The watch protocol: patterns of calls over boards, and what has become of the circuit; twenty boards that watch. */
import {
  circuitWorkflowId,
  FORCE_UPDATE,
  type ForceRequest,
  type PublishedCircuits,
} from '../../src/contract/circuits'
import type { CircuitPolicy } from '../../src/domain/routing/route'
import {
  boardsOn,
  call,
  entityOf,
  FAILED,
  messagesTo,
  mostInASecond,
  ownProvider,
  policyOf,
  SUCCEEDED,
} from './boards'
import { phaseOf, untilPublished } from './circuits'
import type { Stack } from './stack'

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const RATE: CircuitPolicy = {
  rate: { threshold: 0.5, windowMs: 20_000, minimumCalls: 20 },
  openForMs: 60_000,
  maxOpenForMs: 60_000,
  whenAllOpen: 'try',
}
export const ROW = policyOf({ openForMs: 60_000, maxOpenForMs: 60_000 })

export type Pattern = [name: string, policy: CircuitPolicy, calls: string, expected: 'open' | 'closed']

/** `F` fails, `.` succeeds; a blank is a pause in which all workers read the published state. */
export const PATTERNS: Pattern[] = [
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

/** Longer than a report waits to be sent. */
const REPORT_SENT_MS = 1_600

/** Waits till the entity has handled all signals: an update comes after the signals before it. */
async function published(stack: Stack, provider: string): Promise<PublishedCircuits> {
  await pause(REPORT_SENT_MS)
  await entityOf(stack, provider).read()
  return stack.client.workflow
    .getHandle(circuitWorkflowId(provider, stack.taskQueue))
    .executeUpdate<PublishedCircuits, [ForceRequest]>(FORCE_UPDATE, {
      args: [{ model: 'other', to: 'auto' }],
    })
}

/** What has become of the circuit when all boards have reported what they saw. */
async function outcome(
  stack: Stack,
  workers: number,
  policy: CircuitPolicy,
  pattern: string,
): Promise<string> {
  const provider = ownProvider()
  const boards = boardsOn(stack, provider, workers)
  const allRead = async (): Promise<void> => {
    await published(stack, provider)
    await Promise.all(boards.map((board) => board.fresh(0)))
  }
  let turn = 0
  for (const symbol of pattern) {
    if (symbol === ' ') await allRead()
    // Past the board's own trip: the cluster's is looked at here.
    else {
      const board = boards[turn++ % workers]
      if (board === undefined) throw new Error('no board')
      const admitted = await board.admit({
        id: `${turn}`,
        model: 'm',
        attemptMs: 1_000,
        policy,
        lastResort: true,
      })
      if (admitted.ok) admitted.reportOutcome(symbol === 'F' ? FAILED : SUCCEEDED)
    }
  }
  await allRead()
  await Promise.all(boards.map((board) => board.close()))
  return phaseOf(await published(stack, provider), 'm')
}

/** Each pattern on one board and on three, all at the same time. */
export function sameWithOneAndThree(stack: () => Stack, patterns: Pattern[]): void {
  let outcomes: { one: string; three: string }[]
  beforeAll(async () => {
    outcomes = await Promise.all(
      patterns.map(async ([, policy, pattern]) => {
        const boards = [1, 3].map((workers) => outcome(stack(), workers, policy, pattern))
        const [one = '', three = ''] = await Promise.all(boards)
        return { one, three }
      }),
    )
  }, 60_000)

  it.each(patterns.map(([name, , , expected], place) => ({ name, expected, place })))(
    '$name: $expected',
    ({ expected, place }) => {
      expect(outcomes[place]).toEqual({ one: expected, three: expected })
    },
  )
}

export interface Watched {
  signals: number
  mostSignalsInASecond: number
  updates: number
  phase: string
  /** In seconds, from the first call to the last message. */
  took: number
}

/** Twenty boards that call for so long; one call in four fails: all watch, and nothing opens. */
export async function twentyWatch(stack: Stack, forMs: number): Promise<Watched> {
  const provider = ownProvider()
  const boards = boardsOn(stack, provider, 20)
  const startedAt = Date.now()
  await Promise.all(
    boards.map(async (board) => {
      for (let n = 0; Date.now() < startedAt + forMs; n++) {
        await call(board, n % 4 === 0 ? FAILED : SUCCEEDED)
        await pause(50)
      }
    }),
  )
  await Promise.all(boards.map((board) => board.close()))
  const took = (Date.now() - startedAt) / 1_000
  const { signals, updates } = await messagesTo(stack, provider)
  const mostSignalsInASecond = mostInASecond(signals)
  process.stderr.write(
    `20 watching: ${signals.length} signals in ${took.toFixed(1)} s, at most ${mostSignalsInASecond} in a second\n`,
  )
  const phase = phaseOf(await untilPublished(stack, provider, () => true), 'm')
  return { signals: signals.length, mostSignalsInASecond, updates: updates.length, phase, took }
}
