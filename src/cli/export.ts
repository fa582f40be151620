/**
 * `holdfast export ID|FILE`: a run's history as every Temporal tool reads it; with --redact, without its content; with
 * --test, and a test of it beside.
 */
import { writeFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import type { RecordedRuns } from '../client/recorded-runs'
import { type HistorySource, redactHistory } from '../history'
import { connected, isFile, readableHistory, readRecorded, reportError, savedHistory } from './recorded-run'

interface ExportOptions {
  config?: string
  redact?: boolean
  out?: string
  run?: string
  test?: 'jest' | 'vitest'
}

export function registerExport(program: Command): void {
  program
    .command('export')
    .description("write a generation's history, as proto JSON")
    .argument('<id|file>', "a generation's id, or a saved history")
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--redact', 'replace prompts, answers, arguments, headers, tenants and quoted messages')
    .option('--run <id>', 'one run of its chain (default: the latest)')
    .option('--out <file>', 'write there instead, for its owner alone')
    .addOption(
      new Option('--test <runner>', 'and a test beside it: FILE.test.ts (with --out)').choices([
        'vitest',
        'jest',
      ]),
    )
    .action(run)
}

async function run(
  given: string,
  { config, redact = false, out, run: runId, test }: ExportOptions,
): Promise<void> {
  if (test !== undefined && out === undefined)
    throw new Error('--test writes beside the history: name its file with --out')
  try {
    const history = isFile(given)
      ? await savedAs(given, redact)
      : await connected(config, async (context) => latest(await readRecorded(context, given, runId), redact))
    const text = `${JSON.stringify(history, null, 2)}\n`
    if (out === undefined) process.stdout.write(text)
    else writeFileSync(out, text, { mode: 0o600 })
    if (out !== undefined && test !== undefined) await writeTest(out, test)
  } catch (error) {
    reportError('export', error, false)
  }
}

/** A test that is there already has perhaps been changed by hand: it stays. */
async function writeTest(history: string, runner: 'jest' | 'vitest'): Promise<void> {
  const { fromHistory } = await import('../testing/from-history')
  const file = `${history.replace(/\.json$/, '')}.test.ts`
  writeFileSync(file, fromHistory(history, { runner }), { flag: 'wx' })
  process.stderr.write(`holdfast export: ${file} written\n`)
}

function latest({ histories, readable, runId }: RecordedRuns, redact: boolean): HistorySource {
  const [last] = (redact ? readable : histories).slice(-1)
  if (last === undefined) throw new Error('This generation has no history')
  if (histories.length > 1)
    process.stderr.write(
      `holdfast export: run ${runId}, the last of ${histories.length} of its chain; --run writes another one\n`,
    )
  return redacted(last, redact)
}

/** As it was saved, or redacted. */
async function savedAs(file: string, redact: boolean): Promise<HistorySource> {
  const history = savedHistory(file)
  return redact ? redactHistory((await readableHistory(history)).readable) : history
}

const redacted = (history: HistorySource, redact: boolean): HistorySource =>
  redact ? redactHistory(history) : history
