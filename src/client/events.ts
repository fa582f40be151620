/**
 * The events that a caller gets while a generation runs: the delivery log where there is one, completed by the
 * result, which is the truth.
 *
 * CLIENT-EVENTS-1 It ends with `done`, or by an error; never otherwise. The events before `done` are the
 *    whole answer.
 * CLIENT-EVENTS-2 Positions grow, and each event has the same one for every reader of the log: `after`
 *    resumes there. What the result adds to the log stands between the log's own positions: a reader that
 *    resumes there got all that came before from the result, and the log is not read for it.
 * CLIENT-EVENTS-3 No text twice: what the result adds is what the log has not delivered.
 * CLIENT-EVENTS-4 A reader that begins anew begins at the last restart: text that was void before is not
 *    delivered to a reader that has not got it.
 * CLIENT-EVENTS-5 A run that is reset publishes into a log of its own: it is read after the first one's, at
 *    positions above those.
 * CLIENT-EVENTS-6 Blocks of a call whose answer does not count are void, where the text goes on: `opaqueVoid`.
 */
import { HoldfastError } from '../contract/errors'
import type { GenerationResult } from '../contract/generation'
import { type OpaqueBlock, type Piece, piecesOf } from '../domain/request/opaque'
import type { ToolCall } from '../domain/request/request'
import type { AttemptRecord } from '../domain/routing/attempt'
import {
  isLogsOwn,
  logPositionOf,
  positionOf,
  rightBefore,
  STEP_OF,
} from '../domain/streaming/event-position'
import { createNotifier } from '../stores/delivery/notifier'
import type { Commit, Delivered, DeliveryEvent, DeliveryLog } from '../stores/delivery/types'
import { endedBy } from '../util/ended-by'
import type { LogSide } from './wait'

export type GenerationEvent<Result = GenerationResult> = { position: number } & (
  | { type: 'text'; text: string; target: string }
  | { type: 'reasoning'; text: string; target: string }
  /** A sealed thought, whole, as `opaque` of the answer has it; behind the reasoning that it holds. */
  | { type: 'opaque'; block: OpaqueBlock; target: string }
  /** Forget the blocks so far: another call's answer counts. What was said of the text stays. */
  | { type: 'opaqueVoid'; target: string }
  /** Tool calls come whole, when the answer is complete. */
  | { type: 'toolCall'; index: number; toolCall: ToolCall; target: string }
  /** A call that ended without an answer. */
  | { type: 'attempt'; attempt: AttemptRecord }
  /** Forget the text so far: another candidate answers in other words. Only for those who opted in. */
  | { type: 'restart'; target: string }
  | { type: 'done'; result: Result }
)

/** What `follow` needs of a result. */
export type ResultSummary = Pick<GenerationResult, 'text' | 'toolCalls' | 'opaque' | 'target'>

export interface Followed {
  /** null: no log can be read from here. */
  log: { delivery: DeliveryLog; name: string } | null
  /** Events up to this position are known already; 0: none. */
  after: number
  restarts: 'error' | 'event'
  /** The workflow's, called once. Aborted by `signal` when the log was quicker. */
  result(signal: AbortSignal, side: LogSide): Promise<GenerationResult>
  /** What the log's answer is as a result. */
  fromCommit(commit: Commit, attempts: AttemptRecord[]): GenerationResult
  generationId: string
  /** Aborted from outside: nobody listens any longer, and whatever is waited for is let go. */
  left?: AbortController
}

/** Throws HoldfastError. */
export async function* follow<R extends ResultSummary>(
  followed: Followed,
  typed: (result: GenerationResult) => R,
): AsyncGenerator<GenerationEvent<R>> {
  const { log, after, restarts, generationId, left = new AbortController() } = followed
  const notifier = createNotifier()
  const source: LogSource | null = log === null ? null : { ...log, moved: new AbortController() }
  const result = followed.result(left.signal, { notifier, onReset: (name) => move(source, name) })
  result.catch(() => undefined)
  let text = ''
  let blocks: OpaqueBlock[] = []
  let position = 0
  /** Of a reader that resumes at a position that is lost, positions don't show what it has. */
  let lost = false
  /** There was text before `after` that is void and gone. */
  let hadText = false
  /** Something was delivered of an answer that may turn out to be void. */
  let hasDelivered = after > 0
  const attempts: AttemptRecord[] = []
  const restarted = (why: string): HoldfastError =>
    new HoldfastError({
      kind: 'unavailable',
      message: `${why}. The whole one will be the generation's result`,
      accepted: true,
      generationId,
      failureClass: attempts.findLast(({ failure }) => failure !== undefined)?.failure?.class ?? null,
      attempts,
    })

  try {
    for await (const delivered of source === null ? [] : untilResult(source, after, result, left.signal)) {
      const { event } = delivered
      // CLIENT-EVENTS-5
      if (delivered.moved && (text !== '' || hadText)) {
        if (restarts === 'error') break
        text = ''
        blocks = []
        hadText = false
        yield { position: rightBefore(delivered.position), type: 'restart', target: targetOf(event) }
      }
      // A log that begins far above: an earlier one is lost.
      if (position === 0 && !delivered.moved && after > 0 && delivered.position - 1 > after) {
        lost = true
        const target = targetOf(event)
        if (restarts === 'error') throw restarted(GONE)
        yield { position: rightBefore(delivered.position), type: 'restart', target }
      }
      if (endedByResult(after, position, delivered)) break
      position = delivered.position
      const known = position <= after
      if (event.type === 'committed') {
        yield* tail(typed(followed.fromCommit(event.commit, attempts)), text, position - 1, position)
        return
      }
      if (event.type === 'void') {
        hadText ||= event.textAt !== null && event.textAt <= after
        continue
      }
      if (event.type === 'attempt') {
        attempts.push(event.record)
        // It may have been the last one.
        notifier.notify()
      }
      if (event.type === 'text') text += event.text
      if (event.type === 'opaque') blocks.push(event.block)
      if (event.type === 'restart') {
        const isVoid = text !== '' || hadText
        if (!known && isVoid && restarts === 'error') throw restarted(inOtherWords(event.target))
        text = ''
        blocks = []
        hadText = false
        // CLIENT-EVENTS-4
        if (!hasDelivered) continue
      }
      const isEmpty = event.type === 'reasoning' && event.text === ''
      if (known || isEmpty) continue
      hasDelivered ||= event.type !== 'attempt'
      if (event.type === 'attempt') yield { position, type: 'attempt', attempt: event.record }
      else yield { position, ...event }
    }
    yield* tail(typed(await result), text, position, null)
  } finally {
    left.abort()
  }

  /**
   * CLIENT-EVENTS-1, CLIENT-EVENTS-3: what is still to be delivered of a whole answer, behind `base`. `endsAt`: the
   * log's own position of its end; null: the result gives it.
   */
  function* tail(
    whole: R,
    delivered: string,
    base: number,
    endsAt: number | null,
  ): Generator<GenerationEvent<R>> {
    const { target } = whole
    const unknown = !lost && position < logPositionOf(after)
    const from = unknown ? logPositionOf(after) : base
    const isVoid = unknown || !whole.text.startsWith(delivered)
    if (isVoid && restarts === 'error') throw restarted(unknown ? GONE : inOtherWords(target))
    const pieces = piecesOf(whole)
    const given = isVoid ? [] : blocks
    const rest: GenerationEvent<R>[] = []
    // CLIENT-EVENTS-6
    const isForeign = !given.every((block, at) => sameBlock(block, whole.opaque?.[at]))
    if (isVoid) rest.push({ position: positionOf(from, STEP_OF.restart), type: 'restart', target })
    else if (isForeign) rest.push({ position: positionOf(from, STEP_OF.restart), type: 'opaqueVoid', target })
    if (isVoid && whole.text === '')
      rest.push({ position: positionOf(from, STEP_OF.text), type: 'text', text: '', target })
    const lacking = stillLacking(pieces, isVoid ? 0 : delivered.length, isForeign ? 0 : given.length)
    for (const [at, piece] of lacking)
      rest.push({ position: positionOf(from, STEP_OF.piece(at, pieces)), ...piece, target })
    for (const event of rest) if (event.position > after) yield event
    const own = unknown || endsAt === null ? positionOf(from, STEP_OF.done(pieces)) : endsAt
    yield { position: own, type: 'done', result: whole }
  }
}

/** What was read from a log has its fields in the same order. */
const sameBlock = (one: OpaqueBlock, other: OpaqueBlock | undefined): boolean =>
  other !== undefined && one.api === other.api && JSON.stringify(one.block) === JSON.stringify(other.block)

/** The pieces, by their index, of which so much text and so many blocks were delivered. */
function stillLacking(pieces: readonly Piece[], textTo: number, blocksTo: number): [number, Piece][] {
  let text = 0
  let blocks = 0
  return [...pieces.entries()].flatMap(([at, piece]): [number, Piece][] => {
    if (piece.type === 'toolCall') return [[at, piece]]
    if (piece.type === 'opaque') return blocks++ < blocksTo ? [] : [[at, piece]]
    const left = piece.text.slice(Math.max(0, textTo - text))
    text += piece.text.length
    return left === '' ? [] : [[at, { ...piece, text: left }]]
  })
}

const inOtherWords = (target: string): string =>
  `The answer was cut, and ${target} gives it in other words: what was delivered of it is void`
const GONE = 'The answer can no longer be delivered from this position on'

/** CLIENT-EVENTS-2. The answer's own end in the log is delivered at the same positions as by the result. */
const endedByResult = (after: number, position: number, { position: next, event }: Delivered): boolean =>
  !isLogsOwn(after) &&
  position === logPositionOf(after) &&
  next === position + 1 &&
  event.type !== 'committed'

const targetOf = (event: DeliveryEvent): string => {
  if (event.type === 'attempt') return event.record.target
  if (event.type === 'void') return ''
  return event.type === 'committed' ? event.commit.target : event.target
}

/** The log that the run publishes into: another one after a reset. */
interface LogSource {
  delivery: DeliveryLog
  name: string
  /** Aborted when it publishes into another log. */
  moved: AbortController
}

function move(source: LogSource | null, name: string): void {
  if (source === null || source.name === name) return
  const { moved } = source
  source.name = name
  source.moved = new AbortController()
  moved.abort()
}

/**
 * The log's events, until it ends or the workflow has: what is in the log then is read, and no more is waited for. `moved`
 * (CLIENT-EVENTS-5): the first of another log.
 */
async function* untilResult(
  source: LogSource,
  after: number,
  result: Promise<unknown>,
  left: AbortSignal,
): AsyncGenerator<Delivered & { moved: boolean }> {
  const over = new AbortController()
  const end = (): void => over.abort()
  result.then(end, end)
  let below = 0
  let position = after
  for (let name = ''; name !== source.name; ) {
    const moved = name !== ''
    if (moved) below = logPositionOf(Math.max(position, after)) + 1
    name = source.name
    const until = endedBy(over.signal, source.moved.signal)
    let first = moved
    try {
      for await (const delivered of source.delivery.read(name, 0, left, until.signal)) {
        position = below + delivered.position
        yield { ...delivered, position, moved: first }
        first = false
      }
    } catch {
      // Whatever the log's store has: the result gives the rest.
    } finally {
      until.leave()
    }
  }
}

/** The answer by whichever is first, the log or the workflow's end. Throws HoldfastError. */
export async function firstAnswer(followed: Followed): Promise<GenerationResult> {
  for await (const event of follow({ ...followed, after: 0, restarts: 'event' }, (result) => result))
    if (event.type === 'done') return event.result
  throw new Error('A generation ended without a result')
}
