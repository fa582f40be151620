/**
 * Publishes a call's stream in the delivery log: what it says reaches those who wait for the answer, word by word.
 *
 * STREAM-PUBLISHER-1 A log that is out of reach costs no answer: the call goes on without a stream, and the
 *    workflow's result serves.
 * STREAM-PUBLISHER-2 Refused by the log, the call is hung up: another one leads, has answered, or has taken
 *    this one's place. Where another one leads and this candidate could not be called again, the call goes on
 *    unheard, so that what is paid for is there if the leader fails.
 * STREAM-PUBLISHER-3 Where readers have the beginning of an answer, this one goes on behind it
 *    (src/domain/streaming/resume.ts): by assistant prefill where the model takes it, else from the
 *    beginning, without what readers have.
 * STREAM-PUBLISHER-4 Tool calls are not told in pieces: they come whole with the answer, so a cut one never
 *    reaches anybody.
 * STREAM-PUBLISHER-5 Of calls that run at once, one that takes the lead when another was cut goes by what
 *    readers have then, not by what they had when it was opened.
 * STREAM-PUBLISHER-6 A whole answer does not break the words of one that leads: it waits, and counts if the
 *    leader fails.
 */
import type { CallProviderInput } from '../src/contract/generation'
import { type AttemptRecord, countCalls } from '../src/domain/routing/attempt'
import type { RetryPolicy } from '../src/domain/routing/route'
import type { StreamEvent } from '../src/domain/streaming/answer'
import { beginResume, endResume, rescueOf, resumeText, type Said } from '../src/domain/streaming/resume'
import type { Behind, Commit, ContentEvent, Opened } from '../src/stores/delivery/types'
import { inTime } from '../src/util/in-time'
import type { ActivityDeps } from './deps'

/** The code of a failure that says: this model does not go on from an assistant's message. */
export const PREFILL_REFUSED = 'prefill_refused'

/** Longer than a healthy store ever takes; a call must not wait for one that hangs. */
const OPEN_LIMIT_MS = 1_000

export type StopReason = 'led' | 'superseded' | 'committed'

export interface EventSink {
  /** What readers have already, for the model to go on from; null: it begins anew. */
  prefill: string | null
  /** Told as they come; what they count as. */
  publish(events: StreamEvent[]): StreamEvent[]
}

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

type Deps = Pick<ActivityDeps, 'delivery' | 'logger'>

/** null: without a stream (STREAM-PUBLISHER-1). */
export async function openPublisher(
  deps: Deps,
  input: CallProviderInput,
  attempt: number,
  records: readonly AttemptRecord[],
): Promise<Exclude<Opened, { state: 'open' }> | { state: 'open'; publisher: StreamPublisher } | null> {
  const { place } = input
  if (place === undefined) return null
  const epoch = { order: place.order, attempt }
  const opened = await inTime(OPEN_LIMIT_MS, deps.delivery.open(place.log, epoch, place.alone)).catch(
    (error) => {
      deps.logger.debug({ event: 'delivery_unreachable', err: error }, 'a call without a delivery log')
      return null
    },
  )
  if (opened === null || opened.state !== 'open') return opened
  return { state: 'open', publisher: createPublisher(input, records, opened) }
}

function createPublisher(
  input: CallProviderInput,
  records: readonly AttemptRecord[],
  opened: Extract<Opened, { state: 'open' }>,
): StreamPublisher {
  const { target } = input.candidate
  const { writer } = opened
  const prefill = opened.text !== '' && takesPrefill(input, records) ? opened.text : null
  const stop = new AbortController()
  let why: StopReason | null = null
  let known: Known = { ...opened, continued: prefill !== null }
  let resume = beginResume(known.text, known.continued)
  /** This call's answer as far as it has come. */
  let whole = prefill ?? ''
  // Some models take no blank at the end of what they go on from, and begin with one themselves.
  let blankTrimmed = prefill !== null && prefill !== prefill.trimEnd()
  let publishing = Promise.resolve()
  const mayGiveWay = givesWay(input, records)
  const over = new AbortController()
  let regaining = Promise.resolve()

  const publishEvents = (events: ContentEvent[]): void => {
    if (events.length === 0 || why !== null) return
    append(events)
  }
  const append = (events: ContentEvent[]): void => {
    const by = known
    publishing = writer.append(events).then(
      (appended) => {
        // What was appended by an older knowledge is told anew already.
        if (appended === 'appended' || why !== null || by !== known) return
        if (typeof appended === 'object') return catchUp(appended)
        why = appended
        if (appended === 'led' && !mayGiveWay) regaining = regain().catch(() => undefined)
        else stop.abort()
      },
      // STREAM-PUBLISHER-1: after one that threw, the writer refuses all others, so readers keep a beginning.
      () => undefined,
    )
  }
  const withTarget = (said: readonly Said[]): ContentEvent[] => said.map((one) => ({ ...one, target }))
  /** STREAM-PUBLISHER-5 */
  const catchUp = ({ text, reasoned }: Omit<Behind, 'state'>): void => {
    known = { text, reasoned: known.reasoned || reasoned, continued: false }
    const step = resumeText(beginResume(text, false), whole)
    resume = step.state
    publishEvents(withTarget(step.said))
  }
  /** STREAM-PUBLISHER-2: nothing is said until it is known what readers have by then. */
  const regain = async (): Promise<void> => {
    for (;;) {
      const lead = await writer.leaderEnded(silentMs(input), over.signal)
      const seen = lead === 'committed' ? lead : await writer.append([])
      if (seen === 'led') continue
      if (seen === 'committed' || seen === 'superseded') {
        why = seen
        return stop.abort()
      }
      why = null
      return catchUp(seen === 'appended' ? known : seen)
    }
  }
  const flushed = async (): Promise<void> => {
    for (let last: Promise<void> | null = null; last !== publishing; await last) last = publishing
  }
  /** Only of what came in pieces: an answer that came as one body has not begun to be told. */
  const publishEnd = async (): Promise<void> => {
    for (let by: Known | null = null; input.stream && by !== known; await flushed()) {
      by = known
      const end = endResume(resume)
      resume = end.state
      publishEvents(withTarget(end.said))
    }
  }

  const publishOne = (event: StreamEvent): { flushed: ContentEvent[]; counts: StreamEvent[] } => {
    if (event.type === 'reasoning') {
      // Who has seen some would read another train of thought.
      const quiet = known.reasoned || known.text !== '' || event.text === ''
      const flushed: ContentEvent[] = quiet ? [] : [{ ...event, target }]
      return { flushed, counts: [event] }
    }
    if (event.type !== 'text') return { flushed: [], counts: [event] }
    const text = blankTrimmed ? event.text.trimStart() : event.text
    if (text === '') return { flushed: [], counts: [] }
    blankTrimmed = false
    whole += text
    const step = resumeText(resume, text)
    resume = step.state
    return { flushed: withTarget(step.said), counts: [{ type: 'text', text }] }
  }

  return {
    sink: {
      prefill,
      publish(events) {
        const all = events.map(publishOne)
        publishEvents(all.flatMap(({ flushed }) => flushed))
        return all.flatMap(({ counts }) => counts)
      },
    },
    stopped: stop.signal,
    why: () => why,
    async commit(commit, hungUp) {
      over.abort()
      await regaining
      await publishEnd()
      while (why === 'led') {
        const lead = await writer.leaderEnded(silentMs(input), hungUp).catch(() => null)
        if (lead === 'committed' || hungUp.aborted) return 'beaten'
        // STREAM-PUBLISHER-1
        if (lead === null) return commit
        why = null
        // Behind what the leader has said it tells anew what was refused.
        append([])
        await publishEnd()
      }
      const rescue = rescueOf(known.text, known.continued, resume)
      const own = rescue === null ? commit : { ...commit, rescue }
      return writer.commit(own).catch(() => own)
    },
    fail: (record) => writer.fail(record).catch(() => undefined),
    leave: () => over.abort(),
    leaderEnded: (signal) => writer.leaderEnded(silentMs(input), signal),
  }
}

/** Once a pass, and not with its last call, unless that is its first: a loser costs less than it helps. */
function givesWay(input: CallProviderInput, records: readonly AttemptRecord[]): boolean {
  const calls = countCalls(records)
  return input.callsBefore === 0 && (calls === 0 || calls + 1 < retryOf(input).maximumAttempts)
}

/** What is left of its calls in this pass: one at least, for one that gave way with its only one. */
export const retryOf = ({ candidate: { retry }, callsBefore = 0 }: CallProviderInput): RetryPolicy => ({
  ...retry,
  maximumAttempts: Math.max(1, retry.maximumAttempts - callsBefore),
})

/** What readers have, and was this call given it to go on from? */
type Known = Pick<Behind, 'text' | 'reasoned'> & { continued: boolean }

/** Longer than it takes to notice that the leader's worker is gone, and to give its call to another one. */
const silentMs = ({ candidate: { timeouts } }: CallProviderInput): number =>
  Math.max(2 * timeouts.workerLostMs, timeouts.idleMs + timeouts.workerLostMs)

/** STREAM-PUBLISHER-3. JSON that a schema binds is not cut in two: some models would begin it anew. */
const takesPrefill = ({ candidate, request, stream }: CallProviderInput, records: readonly AttemptRecord[]) =>
  stream &&
  candidate.facts.prefill === true &&
  request.output === undefined &&
  records.every(({ failure }) => failure?.code !== PREFILL_REFUSED)

/** Voiceless (STREAM-PUBLISHER-1). Its signal is a fresh one each time: one that lives on would keep a note of every call. */
export const NO_PUBLISHER: StreamPublisher = {
  sink: { prefill: null, publish: (events) => events },
  get stopped() {
    return new AbortController().signal
  },
  why: () => null,
  commit: async (commit) => commit,
  fail: async () => undefined,
  leave: () => undefined,
  leaderEnded: () => new Promise(() => undefined),
}
