/**
 * What workflows report to the worker that runs them, for metrics and traces, by a sink of Temporal's: no event of a history, and
 * nothing in a replay.
 *
 * REPORT-SINKS-1 A workflow task that is done anew reports anew: each report has what no other of its run has, so that a
 *    worker takes it once (src/worker/report-sinks.ts).
 */
import type { Sinks } from '@temporalio/workflow'
import type { Amount } from '../domain/budgets/amount'
import type { CircuitState } from '../domain/circuits/circuits-report'
import type { FailureClass } from '../domain/failures/failure'
import type { PlanEvent } from '../engine/types'
import type { GenerationEnd } from './generation-end'

export interface ReportSinks extends Sinks {
  holdfast: {
    ended(end: GenerationEnd): void
    /** An attempt of which no worker could report the end. */
    unreported(attempt: {
      route: string
      target: string
      startedAt: number
      durationMs: number
      outcome: FailureClass
      /** What it may have used. Absent: it is billed to nobody. */
      bill?: { tenant: string | null; generation: string; amount: Amount } | undefined
    }): void
    planned(route: string, event: PlanEvent): void
    /** `version`: of the circuit, raised by every change. */
    circuit(change: { target: string; to: CircuitState['state']; version: number }): void
  }
}
