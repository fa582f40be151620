/**
 * The delivery log of a running generation: what its calls have said so far, in order, for those who wait for it.
 * Tokens go here, and never into the history. The workflow's result stays the truth, and both agree:
 *
 * DELIVERY-LOG-1 An append carries its call's epoch. What a later epoch has superseded is refused, so that a
 *    worker that was given up can't write between the words of the one that took its call over.
 * DELIVERY-LOG-2 Of calls that run at once, the first that appends text leads; the others are refused until
 *    it has ended. Whoever leads next has to know what readers have by then: else its first append is refused
 *    once more, and delivers it.
 * DELIVERY-LOG-3 One answer is committed, the first; whoever commits later gets that one.
 * DELIVERY-LOG-4 Positions count from 1, and an event keeps its position: readers resume by it. A log that
 *    begins with a later call, because an earlier one is lost or never was, counts from far above: who
 *    resumes by a position of the lost log is not given other words for the rest of its own. A gap is only
 *    where a restart has dropped words (DELIVERY-LOG-6).
 * DELIVERY-LOG-5 What stands in the log since its last restart is a beginning of the committed text.
 * DELIVERY-LOG-6 What was said before a restart is dropped with it. A reader that comes later begins there:
 *    of what it missed it gets a mark, and the records of failed calls. A reader that was within those words
 *    gets the restart next.
 */

import type { OpaqueBlock } from '../../domain/request/opaque'
import type { AttemptRecord } from '../../domain/routing/attempt'
import type { Answer } from '../../domain/streaming/answer'
import type { Rescue } from '../../domain/streaming/resume'

/** Of one call: the n-th candidate that this generation has started (from 1), and the attempt at it (from 1). */
export interface Epoch {
  sequence: number
  attempt: number
}

/** The whole answer, as the workflow will give it. */
export interface Commit {
  /** The route's name. */
  route: string
  answer: Answer
  target: string
  /** The candidate's index in the route, from 0. */
  candidate: number
  /** Of this candidate, the last one being the call that answered. */
  records: AttemptRecord[]
  /** US dollars; null: unknown. */
  costUsd: number | null
  /** It made an answer whole that another call had begun. */
  rescue?: Rescue | undefined
}

export type DeliveryEvent =
  | { type: 'text'; text: string; target: string }
  | { type: 'reasoning'; text: string; target: string }
  /** A sealed thought, whole, behind the reasoning that it holds. */
  | { type: 'opaque'; block: OpaqueBlock; target: string }
  /** The text so far is void: another call answers in other words. */
  | { type: 'restart'; target: string }
  /**
   * What stood from here on was made void by a restart, and is gone (DELIVERY-LOG-6). `textAt`: the position from which on readers had
   * text of it; null: they had none.
   */
  | { type: 'void'; textAt: number | null }
  /** A call has ended without an answer. */
  | { type: 'attempt'; record: AttemptRecord }
  | { type: 'committed'; commit: Commit }

/** What a writer may append by itself; the others come by `fail` and `commit`. */
export type ContentEvent = Extract<DeliveryEvent, { type: 'text' | 'reasoning' | 'opaque' | 'restart' }>

export interface Delivered {
  /** From 1. */
  position: number
  event: DeliveryEvent
}

export type Opened =
  /** Somebody has answered already: no call is needed. */
  | { state: 'committed'; commit: Commit }
  /** A later epoch has been opened before: this one's worker was given up. */
  | { state: 'superseded' }
  /** `text`: what readers have since the last restart. `reasoned`: some reasoning was shown. */
  | { state: 'open'; text: string; reasoned: boolean; writer: DeliveryWriter }

/**
 * `appended`; `led`: another call that runs at the same time leads (DELIVERY-LOG-2); `superseded` (DELIVERY-LOG-1); `committed`: the answer
 * is there (DELIVERY-LOG-3); or what readers have by now, which this call did not know (DELIVERY-LOG-2).
 */
export type Appended = 'appended' | 'led' | 'superseded' | 'committed' | Behind

/** As of `Opened`. */
export interface Behind {
  state: 'behind'
  text: string
  reasoned: boolean
}

/** One call's way into the log. All methods may throw where the store is out of reach. */
export interface DeliveryWriter {
  /**
   * `basis`: what its caller knew of the log when it said this, by identity. What was said on a basis that has been refused is
   * refused likewise, whenever it comes; without one the log itself is asked. Default: none.
   */
  append(events: readonly ContentEvent[], basis?: object): Promise<Appended>
  /** The call has ended without an answer: it leads no longer. Never refused, but void once superseded. */
  fail(record: AttemptRecord): Promise<void>
  /** Returns the answer that counts: this one, or the one that was there first. null: superseded. */
  commit(commit: Commit): Promise<Commit | null>
  /**
   * For one that got `led`: resolves when the leader has ended without an answer, when it has been silent for
   * `silentMs` (then it leads no longer, and is superseded for good), or with `committed`. Rejects when aborted.
   */
  leaderEnded(silentMs: number, signal: AbortSignal): Promise<'free' | 'committed'>
}

export interface DeliveryLog {
  /**
   * `log`: the first run's id of the generation. `exclusive`: no other candidate runs at the same time, so all earlier
   * sequences are over (sequence); else only earlier attempts of the same sequence are.
   */
  open(log: string, epoch: Epoch, exclusive: boolean): Promise<Opened>
  /**
   * All events after position `after` (0: from the beginning), then those to come, as they come. Ends after
   * `committed`. A log that nobody has opened yet is waited for, and so is a store that is out of reach. Aborted:
   * ends without an error. Ends early where what follows `after` is lost: then the workflow's result serves.
   * `over` is aborted when nothing more will come: what is there is still read, and nothing is waited for.
   */
  read(log: string, after: number, signal: AbortSignal, over?: AbortSignal): AsyncIterable<Delivered>
  /** Deletes it: nobody runs or waits any longer. May reject where the store is out of reach. */
  forget(log: string): Promise<void>
  close(): Promise<void>
}
