/** Heartbeats that left this process, counted by Temporal's own core, on the wire. */
import { MetricsBuffer, Runtime } from '@temporalio/worker'
import type { Logger } from 'pino'
import { temporalLogger } from '../src/telemetry'

export interface HeartbeatCounter {
  /** Since the last call of this, or the start. */
  count(): number
}

/** In place of `installRuntime`, and like it once per process, before anything native. */
export function installCountingRuntime(logger: Logger): HeartbeatCounter {
  const buffer = new MetricsBuffer()
  Runtime.install({
    logger: temporalLogger(logger),
    shutdownSignals: [],
    telemetryOptions: { metrics: { buffer } },
  })
  return {
    count() {
      let heartbeats = 0
      for (const { metric, value, attributes } of buffer.retrieveUpdates())
        if (
          metric.name.endsWith('temporal_request') &&
          attributes.operation === 'RecordActivityTaskHeartbeat'
        )
          heartbeats += value
      return heartbeats
    },
  }
}
