/** `holdfast worker`: runs generations against TEMPORAL_ADDRESS. */
import { type Command, Option } from 'commander'
import { type Config, type Env, loadConfig } from '../config'
import { createLogger } from '../telemetry'
import { temporalOptions } from '../temporal/connection'
import { type Closers, closeAll } from '../util/close-all'
import { portOption } from './options'
import { untilSignal } from './signals'
import { closeTraces, openTraces } from './traces'

interface Options {
  config?: string
  metricsPort?: number
  metricsHost: string
}

async function run(options: Options): Promise<void> {
  const { env } = process
  const config = await loadConfig({ env, file: options.config })
  const closers: Closers = []
  try {
    await serve(config, options, env, closers)
  } finally {
    await closeAll(closers)
  }
}

async function serve(config: Config, options: Options, env: Env, closers: Closers): Promise<void> {
  const temporal = temporalOptions(env)
  const { installRuntime, startHost } = await import('../worker')
  const { createClient } = await import('../temporal/options')
  const logger = createLogger()
  const { metricsPort: port, metricsHost } = options
  const endpoint = port === undefined ? null : await openEndpoint(port, metricsHost, closers)
  installRuntime(logger, endpoint?.runtimeOptions)
  const tracing = await openTraces(config, logger)
  closers.push(() => closeTraces(tracing))
  const host = await startHost({ config, env, logger, temporal, tracing })
  closers.push(host.close)
  const { address, namespace } = temporal
  const { taskQueue, identity } = host.worker
  endpoint?.polls({ client: createClient(host.connection, namespace), taskQueue, identity })
  logger.info({ event: 'worker_ready', address, namespace, taskQueue }, 'worker ready')
  const signalled = untilSignal()
  process.stdout.write(`Worker ready: ${address}, namespace ${namespace}, task queue ${taskQueue}\n`)
  // A worker that breaks rejects here.
  const signal = await Promise.race([signalled, host.worker.running.then(() => null)])
  endpoint?.drains()
  if (signal !== null) logger.info({ event: 'draining', signal }, 'no new work; calls in flight may end')
}

/** Metrics, the SDK's too, and probes. */
async function openEndpoint(port: number, host: string, closers: Closers) {
  const { processMetrics } = await import('../telemetry/metrics')
  const { sdkMetrics } = await import('../telemetry/metrics/sdk')
  const { startEndpoint } = await import('../worker/endpoint')
  const metrics = processMetrics()
  const { telemetryOptions, text } = await sdkMetrics()
  metrics.watch({ text })
  const endpoint = await startEndpoint({ port, host, metrics })
  closers.push(endpoint.close)
  process.stdout.write(`Metrics at ${endpoint.url}/metrics\n`)
  return { ...endpoint, runtimeOptions: { telemetryOptions } }
}

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('run generations against the Temporal server at TEMPORAL_ADDRESS')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .addOption(
      new Option('--metrics-port <port>', 'serve /metrics, /healthz and /readyz there (default: not at all)')
        .env('HOLDFAST_METRICS_PORT')
        .argParser((text) => (text === '' ? undefined : portOption(text))),
    )
    .option('--metrics-host <address>', 'address to serve them at', '127.0.0.1')
    .action(run)
}
