/** What is measured. A subject has a caller and, where it goes through Temporal, a worker. */
import type { ConnectionLike } from '@temporalio/client'
import type { Setup } from '../setup'

export interface WorkerPart {
  connection: ConnectionLike
  /** Where it serves HTTP; null: nowhere. */
  url: string | null
  /** A Temporal server of its own. */
  server?: OwnServer
  close(): Promise<void>
}

export interface OwnServer {
  pid: number
  address: string
}

/** What one call reports beside its answer. */
export interface Called {
  /** null: there is none, or it is not reported. */
  workflowId: string | null
  /** From the call's start; null: it was not streamed. */
  firstTokenMs: number | null
}

export interface CallerPart {
  /** One call, to its answer. */
  call(): Promise<Called>
  close(): Promise<void>
}

export interface CallerSettings {
  setup: Setup
  taskQueue: string
  /** In this process: they share its connection, and the first workflow task starts eagerly. */
  worker: WorkerPart | null
  /** Of the worker, wherever it is. */
  url: string | null
}

export interface Subject {
  /** null: it needs none. */
  startWorker: ((setup: Setup, taskQueue: string) => Promise<WorkerPart>) | null
  /** Its caller is a client over HTTP: timed in a process of its own, as it would be in life. */
  overHttp: boolean
  startCaller(settings: CallerSettings): Promise<CallerPart>
}
