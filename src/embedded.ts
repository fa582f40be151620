/**
 * `import { createHoldfast } from 'holdfast/embedded'`: client and worker in one process, on one connection,
 * so that a generation's first task needs no trip through the server's queues (eager start).
 */
import type { Holdfast } from './client'
import { type EmbeddedHoldfastOptions, startEmbedded } from './worker/embedded'

export { type HoldfastMetrics, holdfastMetrics } from './telemetry/metrics'
export { spanIds } from './telemetry/tracing/ids'
export type { EmbeddedHoldfastOptions } from './worker/embedded'

/** As `createHoldfast` of `holdfast`, with the worker beside it. `close` drains it. */
export async function createHoldfast(options: EmbeddedHoldfastOptions = {}): Promise<Holdfast> {
  const { holdfast, close } = await startEmbedded(options)
  return { ...holdfast, close }
}
