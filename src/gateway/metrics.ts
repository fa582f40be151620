/**
 * What a gateway counts: its HTTP side. What a generation is, and what it costs, is counted by the worker that runs it.
 *
 * GATEWAY-METRICS-1 A stream that ended in an error after text was sent counts as a rescue that failed; one whose client had
 *    left does not.
 */
import type { ServerResponse } from 'node:http'
import type { AnswerEvent } from '../formats/inbound'
import type { Metrics } from '../telemetry/metrics'

/** Of one request for a generation. */
export interface StreamMeter {
  streaming(raw: ServerResponse): void
  event(event: AnswerEvent): void
  /** It has ended in an error, inside the stream. */
  failed(): void
}

/** `requestedRoute`: as the caller wrote it; null: one that was started before. `arrivedAt` in epoch milliseconds. */
export function streamMeter(
  metrics: Pick<Metrics, 'streamOpened' | 'httpFirstToken' | 'rescue'>,
  requestedRoute: string | null,
  arrivedAt: number,
): StreamMeter {
  let hasContent = false
  return {
    streaming(raw) {
      // One that has gone before closes no more.
      if (!raw.destroyed) raw.once('close', metrics.streamOpened())
    },
    event({ type }) {
      if (hasContent || type === 'attempt' || type === 'restart' || type === 'done') return
      hasContent = true
      if (requestedRoute !== null) metrics.httpFirstToken(requestedRoute, (Date.now() - arrivedAt) / 1_000)
    },
    // GATEWAY-METRICS-1
    failed() {
      if (hasContent) metrics.rescue('failed')
    },
  }
}
