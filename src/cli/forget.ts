/** `holdfast forget`: deletes what is kept of a generation, and says what it can't delete. */
import type { Command } from 'commander'
import { type Forgotten, HoldfastError } from '../client'
import { DEFAULT_DATA_FOLDER, diskPayloads, loadConfig } from '../config'
import { reportError } from './recorded-run'

interface ForgetCommand {
  config?: string
  data?: string
  force?: boolean
  json?: boolean
}

/** Temporal deletes within half a minute, or a little more. */
const WAIT_MS = 90_000

export function registerForget(program: Command): void {
  program
    .command('forget')
    .description(
      'delete what is kept of a generation: histories, stored objects, cached answer, delivery log',
    )
    .argument('<id>', "the generation's id")
    .option('--force', 'cancel it first, where it runs')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--data <folder>', 'the folder that `up --data` was given')
    .option('--json', 'print as JSON')
    .action(run)
}

async function run(
  id: string,
  { config: file, data, force = false, json = false }: ForgetCommand,
): Promise<void> {
  const loaded = await loadConfig({ file, dataFolder: data })
  // As `up`: its generations are the ones that are run without a block of their own.
  const config = { ...loaded, payloads: loaded.payloads ?? diskPayloads(data ?? DEFAULT_DATA_FOLDER) }
  const { createInternalHoldfast } = await import('../client/internal')
  const holdfast = await createInternalHoldfast({ config })
  try {
    const forgotten = await holdfast.forget(id, { force, waitMs: WAIT_MS })
    process.stdout.write(json ? `${JSON.stringify(forgotten, null, 2)}\n` : forgottenText(forgotten))
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    reportError('forget', error, json)
  } finally {
    await holdfast.close()
  }
}

export function forgottenText({ id, runs, objects, cached, left }: Forgotten): string {
  const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`
  const found = runs + objects > 0 || cached
  return [
    found
      ? `Deleted of ${id}: ${count(runs, 'workflow run')}, ${count(objects, 'stored object')}, ${cached ? 'its' : 'no'} cached answer`
      : `Nothing of ${id} was found`,
    ...(left.length === 0 ? [] : ['Not deleted:', ...left.map((what) => `- ${what}`)]),
    '',
  ].join('\n')
}
