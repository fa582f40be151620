/**
 * `import { holdfastPlugin } from 'holdfast/plugin'`: generations on a Temporal worker of your own, in its bundle, under
 * its connection, data converter, interceptors and logger.
 */
import { HoldfastPlugin, type HoldfastPluginOptions } from './worker/plugin'

export { type HoldfastMetrics, holdfastMetrics } from './telemetry/metrics'
export { spanIds } from './telemetry/tracing/ids'
export type { HoldfastPlugin, HoldfastPluginOptions } from './worker/plugin'

/**
 * For `Worker.create({ plugins: [holdfastPlugin()] })`, one for each worker, and for `bundleWorkflowCode` where the bundle
 * is made before. The config is read when the worker is run.
 */
export const holdfastPlugin = (options: HoldfastPluginOptions = {}): HoldfastPlugin =>
  new HoldfastPlugin(options)
