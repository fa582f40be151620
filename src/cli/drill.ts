/** `holdfast drill`: the fault table on the live config, without a call to a provider. */
import type { Command } from 'commander'
import type { DrillInput } from '../contract/drill'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { drillSummary, drillTable } from './drill-table'
import { connected, reportError } from './recorded-run'

interface DrillOptions {
  config?: string
  route?: string[]
  fault?: string[]
  strict?: boolean
  unscaled?: boolean
  json?: boolean
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
    .option('--json', 'print as JSON, moments in epoch milliseconds')
    .action(run)
}

export const taskQueueOf = (env: NodeJS.ProcessEnv): string => env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE

async function run({ json = false, config, ...options }: DrillOptions): Promise<void> {
  try {
    const report = await connected(config, async ({ client }) => {
      const { followDrill, startDrill } = await import('../client/drill')
      const taskQueue = taskQueueOf(process.env)
      const started = await startDrill(client, inputOf(options), taskQueue)
      process.stderr.write(`holdfast drill: ${started.id}\n`)
      return followDrill(client, started, taskQueue, progressLines())
    })
    process.stdout.write(`${json ? JSON.stringify(report, null, 2) : drillTable(report)}\n`)
    if (!json) process.stdout.write(`${drillSummary(report)}\n`)
    process.exitCode = report.cases.every(({ passed }) => passed) ? 0 : 1
  } catch (error) {
    reportError('drill', error, json)
  }
}

export const inputOf = ({ route, fault, strict, unscaled }: DrillOptions): DrillInput => ({
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
    const line = `${cases.length} of ${total} drilled, ${failed} failed`
    process.stderr.write(
      process.stderr.isTTY ? `\r${line}${cases.length === total ? '\n' : ''}` : `${line}\n`,
    )
  }
}
