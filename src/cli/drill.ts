/** `holdfast drill`: the fault table on the live config, without a call to a provider; or a target that is out, with real ones. */
import { readFileSync } from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import type { StartedDrill } from '../client/drill'
import { parseDuration } from '../config'
import type { DrillInput } from '../contract/drill'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { goldenPrompts } from './drill-prompts'
import {
  drillSummary,
  drillTable,
  failoverSummary,
  failoverTable,
  scheduleLine,
  statusText,
} from './drill-table'
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
  every?: number | 'off'
  status?: boolean
  json?: boolean
}

const FAILOVER_LIMIT_MS = 600_000
/** A drill takes tens of seconds. */
const SHORTEST_MS = 60_000

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
    .option('--every <duration>', 'do it again and again, e.g. 1d; off: no longer', everyOption)
    .option('--status', 'when it runs, and how the last whole drills have ended')
    .option('--json', 'print as JSON, moments in epoch milliseconds')
    .action(run)
}

const taskQueueOf = (env: NodeJS.ProcessEnv): string => env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE

async function run({ json = false, config, ...options }: DrillOptions): Promise<void> {
  checkOptions(options)
  try {
    const { failover } = options
    const { data, text, passed } = await connected(config, (context) =>
      options.status
        ? status(context)
        : options.every !== undefined
          ? schedule(context, options.every, inputOf(options))
          : failover === undefined
            ? drillFaults(context, options)
            : drillFailover(context, failover, options),
    )
    process.stdout.write(`${json ? JSON.stringify(data, null, 2) : text}\n`, () =>
      process.exit(passed ? 0 : 1),
    )
  } catch (error) {
    reportError('drill', error, json)
  }
}

function everyOption(text: string): number | 'off' {
  if (text === 'off') return text
  const everyMs = parseDuration(text)
  if (everyMs === null || everyMs < SHORTEST_MS)
    throw new InvalidArgumentError('a duration from 1m on, e.g. 1d, or off')
  return everyMs
}

function checkOptions({
  failover,
  prompts,
  fault,
  strict,
  unscaled,
  every,
  status: asked,
}: DrillOptions): void {
  const ways = [failover, every, asked].filter((one) => one !== undefined)
  if (ways.length > 1) throw new Error('--failover, --every and --status exclude each other')
  if (failover === undefined && prompts !== undefined) throw new Error('--prompts is of --failover')
  if (failover !== undefined && (fault !== undefined || strict || unscaled))
    throw new Error('--failover makes real calls: --fault, --strict and --unscaled are of the fault table')
}

async function drillFaults({ client }: Context, options: DrillOptions): Promise<Output> {
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
  { route, prompts, for: limitMs }: DrillOptions,
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

async function schedule({ client }: Context, every: number | 'off', input: DrillInput): Promise<Output> {
  const { removeDrillSchedule, setDrillSchedule } = await import('../client/drill-schedule')
  const taskQueue = taskQueueOf(process.env)
  if (every === 'off') {
    const removed = await removeDrillSchedule(client, taskQueue)
    return {
      data: { removed },
      text: removed ? 'No drills by themselves any longer' : 'There were none',
      passed: true,
    }
  }
  const set = await setDrillSchedule(client, every, input, taskQueue)
  return { data: set, text: scheduleLine(set), passed: true }
}

/** Passed: the last ones have. */
async function status({ client }: Context): Promise<Output> {
  const { readDrillSchedule } = await import('../client/drill-schedule')
  const { readLastDrills } = await import('../client/last-drills')
  const taskQueue = taskQueueOf(process.env)
  const [set, last] = await Promise.all([
    readDrillSchedule(client, taskQueue),
    readLastDrills(client, taskQueue),
  ])
  return {
    data: { schedule: set, last },
    text: statusText(set, last, Date.now()),
    passed: last.every(({ passed }) => passed),
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

const inputOf = ({ route, fault, strict, unscaled }: DrillOptions): DrillInput => ({
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
