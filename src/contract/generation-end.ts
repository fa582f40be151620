/**
 * What a generation reports of its end to the worker that ran its last task, for traces and metrics (report-sinks.ts).
 *
 * GENERATION-END-1 Reported again where a worker dies between the report and its task's completion: what is made of it has
 *    ids that follow from the report.
 * GENERATION-END-2 A replay reports nothing, and a workflow that Temporal ends by itself (terminated, timed out) neither.
 */
import type { Task } from '../domain/request/request'
import type { AttemptRecord } from '../domain/routing/attempt'
import type { Ended } from '../domain/routing/report'
import type { TraceContext } from './trace-context'

export interface GenerationEnd extends Omit<Ended, 'message' | 'retryAt'> {
  id: string
  /** The id of its chain's first run: two runs of one id are two generations. */
  run: string
  tenant: string | null
  route: string
  /** What was wanted in the place of words. null: words. */
  task: Task['type'] | null
  /** Epoch milliseconds by Temporal's clock: when Temporal took it, and its end. */
  acceptedAt: number
  endedAt: number
  /** The first and the latest, where there were many. */
  attempts: AttemptRecord[]
  /** Of its caller. Absent: none was given. */
  trace?: TraceContext | undefined
  /** false: this process ran it without Temporal. */
  durable: boolean
}

/** Of all attempts of one report. */
export const MAX_REPORTED_ATTEMPTS_BYTES = 64 * 1024
