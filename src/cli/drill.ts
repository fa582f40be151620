/** `holdfast drill`: the fault table on the live config, without a call to a provider; or a target that is out, with real ones. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { StartedDrill } from '../client/drill'
import type { DrillInput } from '../contract/drill'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { goldenPrompts } from './drill-prompts'
import { drillSummary, drillTable, failoverSummary, failoverTable } from './drill-table'
import { agoOption } from './options'
import { type Context, connected, reportError } from './recorded-run'
import { untilSignal } from './signals'

interface DrillOptions {
  config?: string
  route?: string[]
  fault?: string[]
  strict?: boolean
  unscaled?: boolean
  failover?: string
  prompts?: string
  /** Milliseconds. */
  for: number
  json?: boolean
}

const FAILOVER_LIMIT_MS = 600_000

/** What to print: `data` with --json, else `text`. */
interface Output {
  data: object
  text: string
  passed: boolean
}

export function registerDrill(program: Command): void {
  program
    .command('drill')
    .description('run every fault on every route, on the real workers, without a call to a provider')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--route <route...>', 'only on these')
    .option('--fault <fault...>', 'only these')
    .option('--strict', 'fail where a fault that can be survived is not answered, whatever the policy says')
    .option('--unscaled', 'with timeouts and deadlines as configured: minutes instead of seconds')
    .option(
      '--failover <target>',
      'instead: force this provider/model (or provider) open, send real prompts, give it back',
    )
    .option('--prompts <file>', 'of --failover: one prompt a line, as text or as {"prompt", "expects"}')
    .option(
      '--for <duration>',
      'of --failover: the longest that it is forced, e.g. 10m',
      agoOption,
      FAILOVER_LIMIT_MS,
    )
    .option('--json', 'print as JSON, moments in epoch milliseconds')
    .action(run)
}

const taskQueueOf = (env: NodeJS.ProcessEnv): string => env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE

async function run({ json = false, config, ...options }: DrillOptions): Promise<void> {
  checkOptions(options)
  try {
    const { failover } = options
    const { data, text, passed } = await connected(config, (context) =>
      failover === undefined ? drillFaults(context, options) : drillFailover(context, failover, options),
    )
    process.stdout.write(`${json ? JSON.stringify(data, null, 2) : text}\n`, () =>
      process.exit(passed ? 0 : 1),
    )
  } catch (error) {
    reportError('drill', error, json)
  }
}

function checkOptions({ failover, prompts, fault, strict, unscaled }: Omit<DrillOptions, 'json'>): void {
  if (failover === undefined && prompts !== undefined) throw new Error('--prompts is of --failover')
  if (failover !== undefined && (fault !== undefined || strict || unscaled))
    throw new Error('--failover makes real calls: --fault, --strict and --unscaled are of the fault table')
}

async function drillFaults(
  { client }: Context,
  options: DrillOptions | Omit<DrillOptions, 'json'>,
): Promise<Output> {
  const { startDrill } = await import('../client/drill')
  const started = await startDrill(client, inputOf(options), taskQueueOf(process.env))
  const report = await followed({ client }, started)
  return {
    data: report,
    text: `${drillTable(report)}\n${drillSummary(report)}`,
    passed: report.cases.every(({ passed }) => passed),
  }
}

async function drillFailover(
  { client }: Pick<Context, 'client'>,
  target: string,
  { route, prompts, for: limitMs }: Omit<DrillOptions, 'json'>,
): Promise<Output> {
  const { startFailover } = await import('../client/drill')
  const input = {
    target,
    limitMs,
    ...(route === undefined ? {} : { routes: route }),
    ...(prompts === undefined ? {} : { prompts: goldenPrompts(readFileSync(prompts, 'utf8'), prompts) }),
  }
  const started = await startFailover(client, input, taskQueueOf(process.env))
  const report = await followed({ client }, started)
  return {
    data: report,
    text: `${failoverTable(report)}\n${failoverSummary(report)}`,
    passed: report.undone === true && report.cases.every(({ passed }) => passed),
  }
}

/** The first SIGINT or SIGTERM cancels the drill, which then gives back what it has forced; a second one ends at once. */
async function followed<Report extends { total: number; cases: { passed: boolean }[] }>(
  { client }: Pick<Context, 'client'>,
  started: StartedDrill<Report>,
): Promise<Report> {
  const { followDrill } = await import('../client/drill')
  process.stderr.write(`holdfast drill: ${started.id}\n`)
  untilSignal()
    .then(() => started.handle.cancel())
    .catch(() => undefined)
  return followDrill(client, started, progressLines())
}

const inputOf = ({ route, fault, strict, unscaled }: Omit<DrillOptions, 'json'>): DrillInput => ({
  ...(route === undefined ? {} : { routes: route }),
  ...(fault === undefined ? {} : { faults: fault }),
  ...(strict ? { strict } : {}),
  ...(unscaled ? { unscaled } : {}),
})

/** On a terminal one line that changes, else a line now and then. */
function progressLines(): (report: { cases: { passed: boolean }[]; total: number }) => void {
  let shown = -1
  return ({ cases, total }) => {
    const tenths = Math.floor((cases.length * 10) / total)
    if (cases.length === shown || (!process.stderr.isTTY && tenths === Math.floor((shown * 10) / total)))
      return
    shown = cases.length
    const failed = cases.filter(({ passed }) => !passed).length
    const line = `${cases.length} of ${total} done, ${failed} failed`
    process.stderr.write(
      process.stderr.isTTY ? `\r${line}${cases.length === total ? '\n' : ''}` : `${line}\n`,
    )
  }
}
