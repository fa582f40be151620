/**
 * What workflows say for metrics, by sinks of Temporal's: no event of a history, and nothing in a replay.
 *
 * METRIC-SINKS-1 A workflow task that is done anew says it anew: each message has what no other of its run has,
 *    so that a worker counts it once (src/worker/metric-sinks.ts).
 */
import type { Sinks } from '@temporalio/workflow'
import type { CircuitState } from '../domain/circuits/circuits-report'
import type { FailureClass } from '../domain/failures/failure'
import type { PlanEvent } from '../engine/types'

export interface MetricSinks extends Sinks {
  holdfastMetrics: {
    /** A generation has ended. `served`: null where nothing was. */
    ended(end: { route: string; outcome: string; served: string | null; totalMs: number }): void
    /** An attempt of which no worker could report the end. */
    unreported(attempt: {
      route: string
      target: string
      startedAt: number
      durationMs: number
      outcome: FailureClass
    }): void
    planned(route: string, event: PlanEvent): void
    /** `version`: of the circuit, raised by every change. */
    circuit(change: { target: string; to: CircuitState['state']; version: number }): void
  }
}
