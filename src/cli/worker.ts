/** `holdfast worker`: runs generations against TEMPORAL_ADDRESS. */
import type { Command } from 'commander'
import { loadConfig } from '../config'
import { createLogger } from '../telemetry'
import { temporalOptions } from '../temporal/connection'
import { untilSignal } from './signals'

async function run({ config: file }: { config?: string }): Promise<void> {
  const { env } = process
  const config = await loadConfig({ env, ...(file === undefined ? {} : { file }) })
  const temporal = temporalOptions(env)
  const { installRuntime, startHost } = await import('../worker')
  const logger = createLogger()
  installRuntime(logger)
  const host = await startHost({ config, env, logger, temporal })
  const { address, namespace } = temporal
  const { taskQueue } = host.worker
  logger.info({ event: 'worker_ready', address, namespace, taskQueue }, 'worker ready')
  process.stdout.write(`Worker ready: ${address}, namespace ${namespace}, task queue ${taskQueue}\n`)
  // A worker that breaks rejects here.
  const signal = await Promise.race([untilSignal(), host.worker.running.then(() => null)])
  if (signal !== null) logger.info({ event: 'draining', signal }, 'no new work; calls in flight may end')
  await host.close()
}

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('run generations against the Temporal server at TEMPORAL_ADDRESS')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .action(run)
}
