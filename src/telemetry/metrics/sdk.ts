/**
 * Temporal's own metrics, of the SDK's runtime in this process. Its exporter sums them up in native code and serves them on a
 * port of loopback; from there they come into our text.
 *
 * SDK-1 Whatever becomes of the exporter (its port was taken meanwhile, another runtime was installed first), a scrape gets
 *    our own metrics, soon.
 */
import { createServer } from 'node:net'
import type { RuntimeOptions } from '@temporalio/worker'

/** SDK-1. It answers from memory. */
const SCRAPE_LIMIT_MS = 1_000

export interface SdkMetrics {
  /** For `installRuntime`, before anything native is made. */
  telemetryOptions: NonNullable<RuntimeOptions['telemetryOptions']>
  /** Prometheus' text; empty: it can't be had. Never rejects. */
  text(): Promise<string>
}

/** Chooses a free port; nothing listens there before the runtime is installed. */
export async function sdkMetrics(): Promise<SdkMetrics> {
  const address = `127.0.0.1:${await freePort()}`
  return {
    telemetryOptions: {
      metrics: {
        // As Prometheus names things, and as the other SDKs of Temporal do, so that their dashboards fit.
        prometheus: {
          bindAddress: address,
          countersTotalSuffix: true,
          unitSuffix: true,
          useSecondsForDurations: true,
        },
      },
    },
    async text() {
      try {
        const response = await fetch(`http://${address}/metrics`, {
          signal: AbortSignal.timeout(SCRAPE_LIMIT_MS),
        })
        const text = response.ok ? await response.text() : ''
        // Another process may have got the port.
        return /^# (HELP|TYPE) temporal_/m.test(text) ? text : ''
      } catch {
        return ''
      }
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
