/**
 * A call's voice in the delivery log: what it says reaches those who wait for the answer, word by word.
 *
 * O1 A log that is out of reach costs no answer: the call goes on without a voice, and the workflow's result serves.
 * O2 Refused by the log, the call is hung up: another one leads, has answered, or has taken this one's place. Where
 *    another one leads and this candidate could not be called again, the call goes on unheard, so that what is paid
 *    for is there if the leader fails.
 * O3 Where readers have the beginning of an answer, this one goes on behind it (src/domain/retelling.ts): by
 *    assistant prefill where the model takes it, else from the beginning, without what readers have.
 * O4 Tool calls are not told in pieces: they come whole with the answer, so a cut one never reaches anybody.
 * O5 Of calls that run at once, one that takes the lead when another was cut goes by what readers have then, not by
 *    what they had when it was opened.
 * O6 A whole answer does not break the words of one that leads: it waits, and counts if the leader fails.
 */
import type { CallProviderInput } from '../src/contract/generation'
import type { Behind, Commit, ContentEvent, Opened } from '../src/delivery/types'
import type { StreamEvent } from '../src/domain/answer'
import { type AttemptRecord, countCalls } from '../src/domain/attempt'
import { beginRetelling, endRetelling, rescueOf, retell, type Said } from '../src/domain/retelling'
import type { RetryPolicy } from '../src/domain/route'
import type { ActivityDeps } from './deps'

/** The code of a failure that says: this model does not go on from an assistant's message. */
export const PREFILL_REFUSED = 'prefill_refused'

/** Longer than a healthy store ever takes; a call must not wait for one that hangs. */
const OPEN_LIMIT_MS = 1_000

export type Hushed = 'led' | 'superseded' | 'committed'

export interface Listener {
  /** What readers have already, for the model to go on from; null: it begins anew. */
  prefill: string | null
  /** Told as they come; what they count as. */
  hear(events: StreamEvent[]): StreamEvent[]
}

export interface Voice {
  listener: Listener
  /** O2 */
  hushed: AbortSignal
  why(): Hushed | null
  /**
   * Returns the answer that counts; null: superseded; `beaten`: the one that leads has answered, or `hungUp` was
   * aborted while it was waited for (O6).
   */
  commit(commit: Commit, hungUp: AbortSignal): Promise<Commit | 'beaten' | null>
  fail(record: AttemptRecord): Promise<void>
  /** The call is over: it waits for nothing any longer. */
  leave(): void
  /** For one that is led: see DeliveryWriter. Rejects when aborted. */
  leaderEnded(signal: AbortSignal): Promise<'free' | 'committed'>
}

type Deps = Pick<ActivityDeps, 'delivery' | 'logger'>

/** null: without a voice (O1). */
export async function openVoice(
  deps: Deps,
  input: CallProviderInput,
  attempt: number,
  records: readonly AttemptRecord[],
): Promise<Exclude<Opened, { state: 'open' }> | { state: 'open'; voice: Voice } | null> {
  const { place } = input
  if (place === undefined) return null
  const epoch = { order: place.order, attempt }
  const opened = await inTime(deps.delivery.open(place.log, epoch, place.alone)).catch((error) => {
    deps.logger.debug({ event: 'delivery_unreachable', err: error }, 'a call without a delivery log')
    return null
  })
  if (opened === null || opened.state !== 'open') return opened
  return { state: 'open', voice: createVoice(input, records, opened) }
}

function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the delivery log did not answer in time')), OPEN_LIMIT_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function createVoice(
  input: CallProviderInput,
  records: readonly AttemptRecord[],
  opened: Extract<Opened, { state: 'open' }>,
): Voice {
  const { target } = input.candidate
  const { writer } = opened
  const prefill = opened.text !== '' && takesPrefill(input, records) ? opened.text : null
  const hush = new AbortController()
  let why: Hushed | null = null
  let known: Known = { ...opened, continued: prefill !== null }
  let retelling = beginRetelling(known.text, known.continued)
  /** This call's answer as far as it has come. */
  let whole = prefill ?? ''
  // Some models take no blank at the end of what they go on from, and begin with one themselves.
  let blankTold = prefill !== null && prefill !== prefill.trimEnd()
  let telling = Promise.resolve()
  const mayGiveWay = givesWay(input, records)
  const over = new AbortController()
  let regaining = Promise.resolve()

  const say = (events: ContentEvent[]): void => {
    if (events.length === 0 || why !== null) return
    append(events)
  }
  const append = (events: ContentEvent[]): void => {
    const by = known
    telling = writer.append(events).then(
      (appended) => {
        // What was appended by an older knowledge is told anew already.
        if (appended === 'appended' || why !== null || by !== known) return
        if (typeof appended === 'object') return catchUp(appended)
        why = appended
        if (appended === 'led' && !mayGiveWay) regaining = regain().catch(() => undefined)
        else hush.abort()
      },
      // O1: after one that threw, the writer refuses all others, so readers keep a beginning.
      () => undefined,
    )
  }
  const tell = (said: readonly Said[]): ContentEvent[] => said.map((one) => ({ ...one, target }))
  /** O5 */
  const catchUp = ({ text, reasoned }: Omit<Behind, 'state'>): void => {
    known = { text, reasoned: known.reasoned || reasoned, continued: false }
    const step = retell(beginRetelling(text, false), whole)
    retelling = step.state
    say(tell(step.said))
  }
  /** O2: nothing is said until it is known what readers have by then. */
  const regain = async (): Promise<void> => {
    for (;;) {
      const lead = await writer.leaderEnded(silentMs(input), over.signal)
      const seen = lead === 'committed' ? lead : await writer.append([])
      if (seen === 'led') continue
      if (seen === 'committed' || seen === 'superseded') {
        why = seen
        return hush.abort()
      }
      why = null
      return catchUp(seen === 'appended' ? known : seen)
    }
  }
  const told = async (): Promise<void> => {
    for (let last: Promise<void> | null = null; last !== telling; await last) last = telling
  }
  /** Only of what came in pieces: an answer that came as one body has not begun to be told. */
  const tellEnd = async (): Promise<void> => {
    for (let by: Known | null = null; input.stream && by !== known; await told()) {
      by = known
      const end = endRetelling(retelling)
      retelling = end.state
      say(tell(end.said))
    }
  }

  const heard = (event: StreamEvent): { told: ContentEvent[]; counts: StreamEvent[] } => {
    if (event.type === 'reasoning') {
      // Who has seen some would hear another train of thought.
      const quiet = known.reasoned || known.text !== '' || event.text === ''
      const told: ContentEvent[] = quiet ? [] : [{ ...event, target }]
      return { told, counts: [event] }
    }
    if (event.type !== 'text') return { told: [], counts: [event] }
    const text = blankTold ? event.text.trimStart() : event.text
    if (text === '') return { told: [], counts: [] }
    blankTold = false
    whole += text
    const step = retell(retelling, text)
    retelling = step.state
    return { told: tell(step.said), counts: [{ type: 'text', text }] }
  }

  return {
    listener: {
      prefill,
      hear(events) {
        const all = events.map(heard)
        say(all.flatMap(({ told }) => told))
        return all.flatMap(({ counts }) => counts)
      },
    },
    hushed: hush.signal,
    why: () => why,
    async commit(commit, hungUp) {
      over.abort()
      await regaining
      await tellEnd()
      while (why === 'led') {
        const lead = await writer.leaderEnded(silentMs(input), hungUp).catch(() => null)
        if (lead === 'committed' || hungUp.aborted) return 'beaten'
        // O1
        if (lead === null) return commit
        why = null
        // Behind what the leader has said it tells anew what was refused.
        append([])
        await tellEnd()
      }
      const rescue = rescueOf(known.text, known.continued, retelling)
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

/** O3. JSON that a schema binds is not cut in two: some models would begin it anew. */
const takesPrefill = ({ candidate, request, stream }: CallProviderInput, records: readonly AttemptRecord[]) =>
  stream &&
  candidate.facts.prefill === true &&
  request.output === undefined &&
  records.every(({ failure }) => failure?.code !== PREFILL_REFUSED)

/** Voiceless (O1). Its signal is a fresh one each time: one that lives on would keep a note of every call. */
export const NO_VOICE: Voice = {
  listener: { prefill: null, hear: (events) => events },
  get hushed() {
    return new AbortController().signal
  },
  why: () => null,
  commit: async (commit) => commit,
  fail: async () => undefined,
  leave: () => undefined,
  leaderEnded: () => new Promise(() => undefined),
}
