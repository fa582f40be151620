/**
 * How the last drills ended, as metrics. Read from Temporal, so that it is the same on every worker and after every restart.
 *
 * DRILL-METRICS-1 While Temporal can't be read, what was last read stands.
 */
import type { LastDrill } from '../client/last-drills'
import type { Metrics } from '../telemetry/metrics'

const EVERY_MS = 60_000

export interface DrillMetricsSettings {
  read(): Promise<LastDrill[]>
  metrics: Pick<Metrics, 'drill'>
  /** Default: a minute. */
  everyMs?: number
}

/** Reads at once, and again and again until the function that comes back is called. */
export function watchDrills({ read, metrics, everyMs = EVERY_MS }: DrillMetricsSettings): () => void {
  const refresh = (): void => {
    read().then(
      (last) => {
        for (const { kind, passed, endedAt } of last) metrics.drill({ drill: kind, passed, at: endedAt })
      },
      // DRILL-METRICS-1
      () => undefined,
    )
  }
  refresh()
  const timer = setInterval(refresh, everyMs).unref()
  return () => clearInterval(timer)
}
