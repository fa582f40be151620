/** What a payload store is: objects by key, in a folder for each workflow. */

import type { Expiry } from './s3-lifecycle'

/** Why an object can't be had, or not be kept. */
export type PayloadFault =
  /** Nothing of this name: it was deleted, or is in another store. */
  | 'missing'
  /** Its bytes are not those that were stored. */
  | 'damaged'
  /** The store says no: rights, a bucket that does not exist, no space left. */
  | 'refused'
  /** It does not answer, or not in time: later it may. */
  | 'unavailable'

/** Its message names the store and the object, and never content. */
export class PayloadStoreError extends Error {
  override readonly name = 'PayloadStoreError'
  constructor(
    readonly fault: PayloadFault,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

/** Not instanceof: an error may come from another copy of this module. */
export const payloadFaultOf = (error: unknown): PayloadFault | null => {
  const found = typeof error === 'object' && error !== null ? (error as Partial<PayloadStoreError>) : {}
  return found.name === 'PayloadStoreError' ? (found.fault ?? null) : null
}

/** What differs from store to store. All of it may reject: with PayloadStoreError where the store knows why. */
export interface ObjectStore {
  /** As references name it: what was stored on disk is not looked for in S3. */
  name: 'holdfast.disk' | 'holdfast.s3'
  /** For people. */
  place: string
  write(key: string, bytes: Uint8Array, signal: AbortSignal): Promise<void>
  /** null: there is none. */
  read(key: string, signal: AbortSignal): Promise<Buffer | null>
  /** Removes a folder with all that stands in it. Returns how many objects there were. */
  removeFolder(folder: string, signal: AbortSignal): Promise<number>
  /** Removes what was stored before this instant, epoch milliseconds. Absent: the store has rules of its own for that. */
  removeBefore?(instant: number): Promise<number>
  /** By the store's own rules. Rejects where they can't be read. Absent: it has none. */
  expiry?(signal: AbortSignal): Promise<Expiry>
}

export interface PayloadStore extends Pick<ObjectStore, 'name' | 'place' | 'removeBefore'> {
  /** Whole and durable when it resolves. Returns its key. Rejects with PayloadStoreError. */
  put(folder: string, bytes: Uint8Array, signal?: AbortSignal): Promise<string>
  /** Rejects with PayloadStoreError. */
  get(key: string, signal?: AbortSignal): Promise<Buffer>
  /** Returns how many objects there were. Rejects with PayloadStoreError. */
  removeFolder(folder: string): Promise<number>
  /** Can it be written, read and deleted from? Rejects with PayloadStoreError. */
  check(): Promise<void>
  /** As of ObjectStore; null: it has no rules of its own. Rejects with PayloadStoreError. */
  expiry(): Promise<Expiry | null>
}
