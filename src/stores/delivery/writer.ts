/**
 * One call's way into the log.
 *
 * WRITER-1 One append is under way at a time. What is appended meanwhile waits, and goes together as one.
 * WRITER-2 No hole: after an append that was refused, what waits behind it is refused too; after one that
 *    threw, all later ones throw. So what readers have stays a beginning of what the call said.
 *    That holds for what comes before its caller has read the refusal, too: the log may take by then what it refused.
 * WRITER-3 Bounded: of reasoning past REASONING_CHARS_MAX only that there was some is kept. An answer has a
 *    limit of its own.
 */
import { createNotifier } from './notifier'
import type { DeliveryStore } from './store'
import type { Appended, ContentEvent, DeliveryWriter, Epoch } from './types'

/** Twice as long as any model is let think today (128,000 tokens). */
export const REASONING_CHARS_MAX = 1_048_576

interface Waiting {
  events: readonly ContentEvent[]
  basis: object | undefined
  resolve: (appended: Appended) => void
  reject: (error: unknown) => void
}

export function createWriter(store: DeliveryStore, log: string, epoch: Epoch): DeliveryWriter {
  const waiting: Waiting[] = []
  let sending: Promise<void> | null = null
  let broken: { error: unknown } | null = null
  /** WRITER-2: the basis that was refused last, and how. */
  let refusal: { basis: object; appended: Appended } | null = null
  let reasonedChars = 0
  /** WRITER-3. The leader is not silent: so the event itself stays. */
  const bounded = (event: ContentEvent): ContentEvent => {
    if (event.type !== 'reasoning') return event
    reasonedChars += event.text.length
    return reasonedChars > REASONING_CHARS_MAX ? { ...event, text: '' } : event
  }
  const take = () => waiting.splice(0)

  /** WRITER-1, WRITER-2 */
  async function send(): Promise<void> {
    while (waiting.length > 0) {
      const batch = take()
      try {
        const appended = await store.append(log, epoch, merge(batch.flatMap(({ events }) => events)))
        const answered = appended === 'appended' ? batch : [...batch, ...take()]
        const basis = answered.at(-1)?.basis
        if (appended !== 'appended' && basis !== undefined) refusal = { basis, appended }
        for (const one of answered) one.resolve(appended)
      } catch (error) {
        broken = { error }
        for (const one of [...batch, ...take()]) one.reject(error)
      }
    }
    sending = null
  }

  return {
    append: (events, basis) =>
      new Promise((resolve, reject) => {
        if (broken !== null) return reject(broken.error)
        if (basis === undefined) refusal = null
        else if (refusal?.basis === basis) return resolve(refusal.appended)
        waiting.push({ events: events.map(bounded), basis, resolve, reject })
        sending ??= send()
      }),
    async fail(record) {
      await sending
      await store.fail(log, epoch, record)
    },
    async commit(commit) {
      await sending
      return store.commit(log, epoch, commit)
    },
    async leaderEnded(silentMs, signal) {
      const notifier = createNotifier()
      const stop = store.watch(log, notifier.notify)
      try {
        for (;;) {
          signal.throwIfAborted()
          const lead = await store.takeLead(log, epoch, silentMs)
          if (lead.state !== 'led') return lead.state
          await notifier.notified(lead.silentInMs, signal)
        }
      } finally {
        stop()
      }
    },
  }
}

/** Pieces of one text, side by side, are one piece. */
function merge(events: readonly ContentEvent[]): ContentEvent[] {
  const merged: { event: ContentEvent; pieces: string[] }[] = []
  for (const event of events) {
    const last = merged.at(-1)
    const goesOn = 'text' in event && last?.event.type === event.type && last.event.target === event.target
    if (goesOn) last.pieces.push(event.text)
    else merged.push({ event, pieces: 'text' in event ? [event.text] : [] })
  }
  return merged.map(({ event, pieces }) => (pieces.length < 2 ? event : { ...event, text: pieces.join('') }))
}
