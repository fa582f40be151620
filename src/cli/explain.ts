/** `holdfast explain ID|FILE`: what happened to a generation, and why, as a timeline. */
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Run } from '../history'
import { storyOf } from '../history/run-story'
import { connected, isFile, readRecorded, reportError, savedRun } from './recorded-run'

interface ExplainOptions {
  config?: string
  json?: boolean
  html?: boolean
  out?: string
  run?: string
}

export function registerExplain(program: Command): void {
  program
    .command('explain')
    .description('what happened to a generation, and why: plan, attempts, waits, outcome')
    .argument('<id|file>', "a generation's id, or a saved history (holdfast export)")
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--run <id>', 'one run of its chain, and those before it (default: the latest)')
    .option('--json', 'print as JSON: no prompt and no answer, moments in epoch milliseconds')
    .option('--html', 'print one self-contained page with the timeline drawn')
    .option('--out <file>', 'write there instead')
    .action(run)
}

async function run(given: string, options: ExplainOptions): Promise<void> {
  const { json = false, html = false, out } = options
  if (json && html) throw new Error('--json or --html, not both')
  try {
    const { recorded, webUrl } = await found(given, options)
    const text = await rendered(recorded, webUrl, json ? 'json' : html ? 'html' : 'text')
    if (out === undefined) process.stdout.write(`${text}\n`)
    else writeFileSync(out, `${text}\n`)
  } catch (error) {
    reportError('explain', error, json)
  }
}

interface Found {
  recorded: Run
  /** null: from a file. */
  webUrl: string | null
}

async function found(given: string, { config, run: runId }: ExplainOptions): Promise<Found> {
  if (isFile(given)) return { recorded: await savedRun(given), webUrl: null }
  const { runOf } = await import('../client/recorded-runs')
  const { webUrls } = await import('../client/web-url')
  return connected(config, async (context) => {
    const recorded = runOf(await readRecorded(context, given, runId))
    return { recorded, webUrl: webUrls(context.temporal, process.env)(given, recorded.runId) }
  })
}

async function rendered(run: Run, webUrl: string | null, form: 'json' | 'html' | 'text'): Promise<string> {
  if (form === 'json') return JSON.stringify({ ...withoutContent(run), webUrl }, null, 2)
  const story = storyOf(run, Date.now())
  if (form === 'html') return (await import('./run-page')).runPage(story, webUrl)
  const { timelineText } = await import('./run-timeline')
  return [timelineText(story, process.stdout.columns), ...(webUrl === null ? [] : [webUrl])].join('\n')
}

/** The facts of a request are enough for a ticket or a chat. */
const withoutContent = ({ input: _input, answer: _answer, route, ...facts }: Run): object => ({
  ...facts,
  route: route === null ? null : { name: route.name, strategy: route.strategy, passes: route.passes },
})
