/**
 * Publishes a call's stream in the delivery log: what it says reaches those who wait for the answer, word by word.
 *
 * STREAM-PUBLISHER-1 A log that is out of reach costs no answer: the call goes on without a stream, and the
 *    workflow's result serves.
 * STREAM-PUBLISHER-2 Refused by the log, the call is hung up: another one leads, has answered, or has taken
 *    this one's place. Where another one leads and this candidate could not be called again, the call goes on
 *    without publishing, so that what is paid for is there if the leader fails.
 * STREAM-PUBLISHER-3 Where readers have the beginning of an answer, this one goes on behind it
 *    (src/domain/streaming/resume.ts): by assistant prefill where the model takes it, else from the
 *    beginning, without what readers have.
 * STREAM-PUBLISHER-4 Tool calls are not published in pieces: they come whole with the answer, so a cut one never
 *    reaches anybody.
 * STREAM-PUBLISHER-5 Of calls that run at once, one that takes the lead when another was cut goes by what
 *    readers have then, not by what they had when it was opened.
 * STREAM-PUBLISHER-6 A whole answer does not break the words of one that leads: it waits, and counts if the
 *    leader fails.
 * STREAM-PUBLISHER-7 On a route with `rescue: buffer` the text of a call is held back, where readers have none yet, until
 *    a piece comes that is `bufferMs` later than the first. Of a call that fails before, nobody has a word, and the next
 *    one begins anew. There is no timer: one that stalls stays unseen. Reasoning before the first word is not held back.
 */
import type { CallProviderInput } from '../src/contract/generation'
import type { AttemptRecord } from '../src/domain/routing/attempt'
import type { Commit, ContentEvent, DeliveryWriter, Opened } from '../src/stores/delivery/types'
import { inTime } from '../src/util/async'
import { givesWay, silentMs, takesPrefill } from './call-rules'
import type { ActivityDeps } from './deps'
import {
  beginWords,
  catchUp,
  type EventSink,
  endWords,
  type Known,
  NO_SINK,
  readStreamEvent,
  rescueBy,
  type Words,
  type WordsStep,
} from './stream-words'

/** Longer than a healthy store ever takes; a call must not wait for one that hangs. */
export const OPEN_LIMIT_MS = 1_000

type StopReason = 'led' | 'superseded' | 'committed'

export interface StreamPublisher {
  sink: EventSink
  /** STREAM-PUBLISHER-2 */
  stopped: AbortSignal
  why(): StopReason | null
  /**
   * Returns the answer that counts; null: superseded; `beaten`: the one that leads has answered, or `hungUp` was
   * aborted while it was waited for (STREAM-PUBLISHER-6).
   */
  commit(commit: Commit, hungUp: AbortSignal): Promise<Commit | 'beaten' | null>
  fail(record: AttemptRecord): Promise<void>
  /** The call is over: it waits for nothing any longer. */
  leave(): void
  /** For one that is led: see DeliveryWriter. Rejects when aborted. */
  leaderEnded(signal: AbortSignal): Promise<'free' | 'committed'>
}

type Deps = Pick<ActivityDeps, 'delivery' | 'logger' | 'now'>

/** null: without a stream (STREAM-PUBLISHER-1). */
export async function openPublisher(
  deps: Deps,
  input: CallProviderInput,
  attempt: number,
  records: readonly AttemptRecord[],
): Promise<Exclude<Opened, { state: 'open' }> | { state: 'open'; publisher: StreamPublisher } | null> {
  const { stream } = input
  if (stream === undefined) return null
  const epoch = { sequence: stream.sequence, attempt }
  const opened = await inTime(OPEN_LIMIT_MS, deps.delivery.open(stream.logId, epoch, stream.exclusive)).catch(
    (error) => {
      deps.logger.debug({ event: 'delivery_unreachable', err: error }, 'a call without a delivery log')
      return null
    },
  )
  if (opened === null || opened.state !== 'open') return opened
  const prefill = opened.text !== '' && takesPrefill(input, records) ? opened.text : null
  const words = beginWords(input.candidate.target, opened, prefill)
  const publisher = createPublisher(opened.writer, words, prefill, {
    streams: input.streaming,
    givesWay: givesWay(input, records),
    silentMs: silentMs(input),
    hold: input.bufferMs === undefined || opened.text !== '' ? null : createHold(input.bufferMs, deps.now),
  })
  return { state: 'open', publisher }
}

interface PublisherRules {
  /** Do its words come in pieces? */
  streams: boolean
  /** STREAM-PUBLISHER-2: is it hung up on where another one leads? */
  givesWay: boolean
  /** As of `leaderEnded`. */
  silentMs: number
  /** STREAM-PUBLISHER-7; null: nothing is held back. */
  hold: Hold | null
}

interface Hold {
  /** What is to be published now, of these events and those that were held back. */
  pass(events: ContentEvent[]): ContentEvent[]
  /** All that was held back; from now on nothing is. */
  release(): ContentEvent[]
}

/** STREAM-PUBLISHER-7 */
function createHold(bufferMs: number, now: () => number): Hold {
  let held: ContentEvent[] | null = []
  let since: number | null = null
  const release = (): ContentEvent[] => {
    const all = held ?? []
    held = null
    return all
  }
  return {
    pass(events) {
      if (held === null) return events
      if (since === null && events.every(({ type }) => type === 'reasoning')) return events
      since ??= now()
      held.push(...events)
      return now() - since >= bufferMs ? release() : []
    },
    release,
  }
}

function createPublisher(
  writer: DeliveryWriter,
  begun: Words,
  prefill: string | null,
  { streams, givesWay: mayGiveWay, silentMs: limitMs, hold }: PublisherRules,
): StreamPublisher {
  const stop = new AbortController()
  const over = new AbortController()
  let words = begun
  let refused: StopReason | null = null
  /** The newest append, with what its refusal leads to. */
  let publishing = Promise.resolve()

  const take = ({ words: next, publish }: WordsStep): void => {
    words = next
    publishEvents(publish)
  }
  /** STREAM-PUBLISHER-5. What is held back is among its words. */
  const takeAnew = (seen: Parameters<typeof catchUp>[1]): void => {
    hold?.release()
    take(catchUp(words, seen))
  }
  const publishEvents = (events: ContentEvent[]): void => {
    if (events.length > 0 && refused === null) append(events)
  }
  const append = (events: ContentEvent[], asksAnew = false): void => {
    const by = words.known
    publishing = writer.append(events, asksAnew ? undefined : by).then(
      (appended) => {
        // What was appended before the last restart is published anew already.
        if (appended === 'appended' || refused !== null || by !== words.known) return
        if (typeof appended === 'object') return takeAnew(appended)
        refused = appended
        if (appended !== 'led' || mayGiveWay) return stop.abort()
        return regain().catch(() => undefined)
      },
      // STREAM-PUBLISHER-1: after one that threw, the writer refuses all others, so readers keep a beginning.
      () => undefined,
    )
  }
  /** STREAM-PUBLISHER-2: nothing is said until it is known what readers have by then. */
  const regain = async (): Promise<void> => {
    for (;;) {
      const lead = await writer.leaderEnded(limitMs, over.signal)
      const seen = lead === 'committed' ? lead : await writer.append([])
      if (seen === 'led') continue
      if (seen === 'committed' || seen === 'superseded') {
        refused = seen
        return stop.abort()
      }
      refused = null
      return takeAnew(seen === 'appended' ? words.known : seen)
    }
  }
  const flushed = async (): Promise<void> => {
    for (let last: Promise<void> | null = null; last !== publishing; await last) last = publishing
  }
  /** Only of what came in pieces: an answer that came as one body has not begun to be published. */
  const publishEnd = async (): Promise<void> => {
    for (let by: Known | null = null; streams && by !== words.known; await flushed()) {
      by = words.known
      take(endWords(words))
    }
  }

  return {
    sink: {
      prefill,
      publish(events) {
        const steps = events.map((event) => {
          const step = readStreamEvent(words, event)
          words = step.words
          return step
        })
        const said = steps.flatMap(({ publish }) => publish)
        publishEvents(hold === null || said.length === 0 ? said : hold.pass(said))
        return steps.flatMap(({ counts }) => counts ?? [])
      },
    },
    stopped: stop.signal,
    why: () => refused,
    async commit(commit, hungUp) {
      over.abort()
      publishEvents(hold?.release() ?? [])
      await flushed()
      await publishEnd()
      while (refused === 'led') {
        const lead = await writer.leaderEnded(limitMs, hungUp).catch(() => null)
        if (lead === 'committed' || hungUp.aborted) return 'beaten'
        // STREAM-PUBLISHER-1
        if (lead === null) return commit
        refused = null
        // Behind what the leader has published it publishes anew what was refused.
        append([], true)
        await publishEnd()
      }
      const rescue = rescueBy(words)
      const own = rescue === null ? commit : { ...commit, rescue }
      return writer.commit(own).catch(() => own)
    },
    fail: (record) => writer.fail(record).catch(() => undefined),
    leave: () => over.abort(),
    leaderEnded: (signal) => writer.leaderEnded(limitMs, signal),
  }
}

/** Without a stream (STREAM-PUBLISHER-1). Its signal is a fresh one each time: one that lives on would keep a listener of every call. */
export const NO_PUBLISHER: StreamPublisher = {
  sink: NO_SINK,
  get stopped() {
    return new AbortController().signal
  },
  why: () => null,
  commit: async (commit) => commit,
  fail: async () => undefined,
  leave: () => undefined,
  leaderEnded: () => new Promise(() => undefined),
}
