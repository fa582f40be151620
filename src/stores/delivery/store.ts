/** What a log is kept in: in process or Redis. Both keep to the rules of `rules.ts`; one suite of tests runs over both. */
import type { AttemptRecord } from '../../domain/routing/attempt'
import type { Appended, Commit, ContentEvent, Delivered, Epoch } from './types'

export type StoreOpened =
  | { state: 'committed'; commit: Commit }
  | { state: 'superseded' }
  | { state: 'open'; text: string; reasoned: boolean }

/** Who leads: nobody or the caller itself; another writer, who will have been silent for too long in `silentInMs`. */
export type Lead = { state: 'free' } | { state: 'committed' } | { state: 'led'; silentInMs: number }

/**
 * `lost`: what comes after the given position is not there and will never be. Nothing delivered: nothing yet.
 */
export type Page = { lost: true } | { lost: false; delivered: Delivered[] }

/** Every operation is atomic. All may reject where the store is out of reach. */
export interface DeliveryStore {
  open(log: string, epoch: Epoch, exclusive: boolean): Promise<StoreOpened>
  append(log: string, epoch: Epoch, events: readonly ContentEvent[]): Promise<Appended>
  fail(log: string, epoch: Epoch, record: AttemptRecord): Promise<void>
  commit(log: string, epoch: Epoch, commit: Commit): Promise<Commit | null>
  /** Takes the lead away from one who has been silent for `silentMs`. */
  takeLead(log: string, epoch: Epoch, silentMs: number): Promise<Lead>
  /** At most some hundred events after a position, and what is left of before the last restart (DELIVERY-LOG-6). */
  page(log: string, after: number): Promise<Page>
  /** Nothing of it is left. */
  remove(log: string): Promise<void>
  /** `notify` is called after every change, and whenever one may have been missed. Returns the way to end it. */
  watch(log: string, notify: () => void): () => void
  close(): Promise<void>
}

export const PAGE_EVENTS = 500

/** A writer's log is no longer there: the store has lost it, or dropped it as the oldest. */
export class LogLost extends Error {
  override name = 'LogLost'
  constructor() {
    super('the delivery log of this generation is lost')
  }
}
