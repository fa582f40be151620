/**
 * The words of one call against those that readers have: what is to be published of each event, and what of it counts
 * as this call's answer. Pure steps; `stream-publisher.ts` carries them to the log.
 */
import type { StreamEvent } from '../src/domain/streaming/answer'
import {
  beginResume,
  endResume,
  type Rescue,
  rescueOf,
  resumeText,
  type Said,
  type StreamResume,
} from '../src/domain/streaming/resume'
import type { Behind, ContentEvent } from '../src/stores/delivery/types'

export interface EventSink {
  /** What readers have already, for the model to go on from; null: it begins anew. */
  prefill: string | null
  /** Published as they come; what they count as. */
  publish(events: StreamEvent[]): StreamEvent[]
}

/** Nothing is published. */
export const NO_SINK: EventSink = { prefill: null, publish: (events) => events }

/** What readers have, and was this call given it to go on from? */
export type Known = Pick<Behind, 'text' | 'reasoned'> & { continued: boolean }

export interface Words {
  readonly target: string
  /** Another object as soon as readers are known to have something else. */
  readonly known: Known
  readonly resume: StreamResume
  /** This call's answer as far as it has come. */
  readonly whole: string
  /** It has begun to call tools. */
  readonly calls: boolean
  /** A blank at its beginning is no part of it. */
  readonly trimsBlank: boolean
}

export interface WordsStep {
  words: Words
  publish: ContentEvent[]
}

/** `prefill`: what the model was given of `seen` to go on from. */
export function beginWords(
  target: string,
  seen: Pick<Behind, 'text' | 'reasoned'>,
  prefill: string | null,
): Words {
  const continued = prefill !== null
  return {
    target,
    known: { text: seen.text, reasoned: seen.reasoned, continued },
    resume: beginResume(seen.text, continued),
    whole: prefill ?? '',
    calls: false,
    // Some models take no blank at the end of what they go on from, and begin with one themselves.
    trimsBlank: continued && prefill !== prefill.trimEnd(),
  }
}

/** One event of the call's stream. `counts`: what it is of the answer; null: nothing. */
export function readStreamEvent(
  words: Words,
  event: StreamEvent,
): WordsStep & { counts: StreamEvent | null } {
  const { target, known } = words
  if (event.type === 'reasoning') {
    // A reader that has got thoughts of one call would get those of another call behind them.
    // Behind a call, which comes with the whole answer, its text would stand before it: it comes in its block.
    const text = words.calls ? '' : event.text
    const quiet = known.reasoned || known.text !== '' || event.text === ''
    return { words, publish: quiet ? [] : [{ type: 'reasoning', text, target }], counts: event }
  }
  if (event.type === 'opaque') {
    // Behind what readers have of another call it would be taken for a thought of that one: it comes with the answer.
    const quiet = known.reasoned || known.text !== '' || words.calls
    const block = { ...event.block, at: { text: words.whole.length, calls: 0 } }
    return { words, publish: quiet ? [] : [{ type: 'opaque', block, target }], counts: event }
  }
  if (event.type === 'toolCallStart') return { words: { ...words, calls: true }, publish: [], counts: event }
  if (event.type !== 'text') return { words, publish: [], counts: event }
  const text = words.trimsBlank ? event.text.trimStart() : event.text
  if (text === '') return { words, publish: [], counts: null }
  const { state, said } = resumeText(words.resume, text)
  return {
    words: { ...words, resume: state, whole: words.whole + text, trimsBlank: false },
    publish: withTarget(said, target),
    counts: { type: 'text', text },
  }
}

/** Readers have something else by now: what they lack of this call's words (STREAM-PUBLISHER-5). */
export function catchUp(words: Words, { text, reasoned }: Pick<Behind, 'text' | 'reasoned'>): WordsStep {
  const known = { text, reasoned: words.known.reasoned || reasoned, continued: false }
  const { state, said } = resumeText(beginResume(text, false), words.whole)
  return { words: { ...words, known, resume: state }, publish: withTarget(said, words.target) }
}

/** The call's answer is whole. */
export function endWords(words: Words): WordsStep {
  const { state, said } = endResume(words.resume)
  return { words: { ...words, resume: state }, publish: withTarget(said, words.target) }
}

/** As of `rescueOf`. */
export const rescueBy = ({ known, resume }: Words): Rescue | null =>
  rescueOf(known.text, known.continued, resume)

const withTarget = (said: readonly Said[], target: string): ContentEvent[] =>
  said.map((one) => ({ ...one, target }))
