/** `holdfast replay ID|FILE|--since 24h`: would today's workflow code go on with what was recorded? */
import type { Command } from 'commander'
import { type FoundRuns, onRuns, type RunsOptions, takingRuns } from './many-runs'
import { reportError } from './recorded-run'

interface ReplayCommandOptions extends RunsOptions {
  json?: boolean
}

interface ReplayedRun {
  id: string
  /** null: it replays. */
  differs: { message: string; recorded: string | null; today: string | null; eventId: number | null } | null
}

export function registerReplay(program: Command): void {
  takingRuns(program.command('replay'))
    .description(
      "run today's workflow code over recorded generations; exit code 1 where one decides otherwise",
    )
    .option('--json', 'print as JSON')
    .action(run)
}

async function run(given: string | undefined, options: ReplayCommandOptions): Promise<void> {
  const { json = false } = options
  try {
    // One at a time: each makes a worker.
    const runs = await onRuns(given, options, 1, replayed)
    const differing = runs.filter(({ differs }) => differs !== null)
    process.stdout.write(`${json ? JSON.stringify({ runs }, null, 2) : text(runs)}\n`)
    process.exitCode = differing.length > 0 ? 1 : 0
  } catch (error) {
    reportError('replay', error, json)
  }
}

async function replayed({ name, histories }: FoundRuns): Promise<ReplayedRun> {
  const { ReplayDiffersError, replay } = await import('../testing/replay')
  try {
    for (const history of histories) await replay(history)
    return { id: name, differs: null }
  } catch (error) {
    if (!(error instanceof ReplayDiffersError)) throw error
    const { message, recorded, today, eventId } = error
    return { id: name, differs: { message, recorded, today, eventId } }
  }
}

function text(runs: readonly ReplayedRun[]): string {
  const messages = runs.flatMap(({ differs }) => (differs === null ? [] : [differs.message]))
  const replay = runs.length - messages.length
  const count = runs.length === 1 ? 'it' : `${replay} of ${runs.length} recorded generations`
  if (messages.length === 0)
    return runs.length === 0 ? 'none found' : `${count} ${replay === 1 ? 'replays' : 'replay'}`
  return [...messages, ...(runs.length === 1 ? [] : [`${count} replay, ${messages.length} do not`])].join(
    '\n\n',
  )
}
