/** What is measured. A subject has a caller and, where it goes through Temporal, a worker. */
import type { ConnectionLike } from '@temporalio/client'
import type { Setup } from '../setup'

export interface WorkerPart {
  connection: ConnectionLike
  close(): Promise<void>
}

export interface CallerPart {
  /** One call, to its answer. Resolves with its workflow's id; null where there is none. */
  call(): Promise<string | null>
  close(): Promise<void>
}

export interface Subject {
  /** null: it needs none. */
  startWorker: ((setup: Setup, taskQueue: string) => Promise<WorkerPart>) | null
  /** With a worker in this process they share its connection, and the first workflow task starts eagerly. */
  startCaller(setup: Setup, taskQueue: string, worker: WorkerPart | null): Promise<CallerPart>
}
