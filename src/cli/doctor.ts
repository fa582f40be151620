/** `holdfast doctor`: what could be wrong in the cluster, and what to do about it. */
import type { Command } from 'commander'
import { DEFAULT_DATA_FOLDER } from '../config'
import { findingLine, findingsTable } from './doctor-table'

interface DoctorCommandOptions {
  config?: string
  data: string
  gateway?: string
  live?: boolean
  only?: string[]
  strict?: boolean
  json?: boolean
}

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'look for what is wrong around Holdfast: Temporal, workers, circuits, Redis, keys, this machine',
    )
    .option('--config <file>', 'config file (default: holdfast.yaml, else the built-in defaults)')
    .option('--data <folder>', 'of `up`: where it keeps its state', DEFAULT_DATA_FOLDER)
    .option('--gateway <url>', 'a gateway to look at, e.g. http://127.0.0.1:4400')
    .option('--live', 'also ask each target for one token with its real key, which costs that token')
    .option('--only <check...>', 'these checks or areas, and what they need (default: all)')
    .option('--strict', 'end with 1 for warnings too')
    .option('--json', 'print the findings as JSON')
    .action(run)
}

async function run(options: DoctorCommandOptions): Promise<void> {
  const { config: file, data: dataFolder, gateway, live, only = [], strict = false, json = false } = options
  const { examine, selectChecks } = await import('../doctor')
  const selected = selectChecks(only)
  if (!selected.ok) throw new Error(`there is no check "${selected.unknown}": docs/doctor.md lists them`)
  const report = await examine(
    { file, env: process.env, dataFolder, gateway, live },
    selected.checks,
    (finding) => {
      if (!json) process.stderr.write(`${findingLine(finding, colours(process.stderr))}\n`)
    },
  )
  const text = json ? JSON.stringify(report, null, 2) : findingsTable(report, colours(process.stdout))
  const failed = !report.ok || (strict && report.counts.warn > 0)
  // A check that hangs may have left a connection open: it must not keep the process up.
  process.stdout.write(`${text}\n`, () => process.exit(failed ? 1 : 0))
}

/** https://no-color.org */
const colours = ({ isTTY }: NodeJS.WriteStream): boolean => isTTY === true && !process.env.NO_COLOR
