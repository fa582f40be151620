/** `holdfast limits`: what providers allow, as configured and learned, and how much of it is used. */
import Table from 'cli-table3'
import type { Command } from 'commander'
import { HoldfastError } from '../client'
import type { LimitRow, ProviderLimits } from '../client/limits'
import { loadConfig } from '../config'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { span } from '../domain/text/durations'
import { temporalOptions } from '../temporal/connection'

export function registerLimits(program: Command): void {
  program
    .command('limits')
    .description('list the limits of all providers: configured and learned, used now, waiting')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--json', 'print as JSON, moments in epoch milliseconds')
    .action(run)
}

async function run({ config: file, json = false }: { config?: string; json?: boolean }): Promise<void> {
  try {
    const taskQueue = process.env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE
    const providers = await read(file, taskQueue)
    const at = Date.now()
    const text = providers.some(({ limits }) => limits.length > 0)
      ? limitsTable(providers, at)
      : 'No limit is configured, and none was learned'
    process.stdout.write(`${json ? JSON.stringify({ at, taskQueue, providers }, null, 2) : text}\n`)
    for (const { provider, problem } of providers)
      if (problem !== null) {
        process.stderr.write(`holdfast limits: ${provider}: ${problem}\n`)
        process.exitCode = 1
      }
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    process.exitCode = 1
    if (json) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`)
    process.stderr.write(`holdfast limits: ${error.message}\n`)
  }
}

async function read(file: string | undefined, taskQueue: string): Promise<ProviderLimits[]> {
  const { env } = process
  const config = await loadConfig({ file, env })
  const [{ createTemporalClients }, { listLimits }] = await Promise.all([
    import('../client/temporal-client'),
    import('../client/limits'),
  ])
  const temporalClients = createTemporalClients(temporalOptions(env))
  try {
    const { client } = await temporalClients.open(false)
    return await listLimits(client, config, taskQueue)
  } finally {
    await temporalClients.close()
  }
}

/** `now` in epoch milliseconds. */
export function limitsTable(providers: readonly ProviderLimits[], now: number): string {
  const table = new Table({
    head: ['limit', 'key', 'of', 'source', 'used', 'waiting', 'reported'],
    style: { head: [], border: [], compact: true },
  })
  table.push(...providers.flatMap(({ limits }) => limits.map((row) => cells(row, now))))
  return table.toString()
}

const cells = (
  { target, key, unit, amount, windowMs, source, used, waiting, at }: LimitRow,
  now: number,
): string[] => [
  target,
  key ?? '',
  `${amount} ${unit} in ${span(windowMs)}`,
  source,
  used === null ? '' : `${Math.round((100 * used) / amount)} %`,
  waiting === 0 ? '' : String(waiting),
  at === null ? '' : `${span(now - at)} ago`,
]
