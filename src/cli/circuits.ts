/** `holdfast circuits`: what the cluster holds of its providers, and an operator's word over it. */
import { Argument, type Command } from 'commander'
import { HoldfastError } from '../client'
import type { Forced } from '../client/force-circuit'
import type { TemporalClient } from '../client/temporal-client'
import { type Config, loadConfig } from '../config'
import { FORCE_WORDS, type ForceRequest } from '../contract/circuits'
import { DEFAULT_TASK_QUEUE } from '../contract/generation'
import { temporalOptions } from '../temporal/connection'
import { circuitLine, circuitsTable } from './circuits-table'

interface CircuitsOptions {
  config?: string
  json?: boolean
}

const ACTIONS = ['list', 'open', 'close', 'auto'] as const
type Action = (typeof ACTIONS)[number]

interface Context extends TemporalClient {
  config: Config
  taskQueue: string
}

/** What to print: `data` with --json, else `text`; `note` on stderr. */
interface Output {
  data: object
  text: string
  note?: string
  exitCode?: number
}

export function registerCircuits(program: Command): void {
  program
    .command('circuits')
    .description('list the circuits of all providers; open or close one by hand, or give it back (auto)')
    .addArgument(new Argument('[action]', 'what to do').choices(ACTIONS).default('list'))
    .argument('[target]', 'provider/model, or a provider for its account')
    .option('--config <file>', 'config file (default: holdfast.yaml)')
    .option('--json', 'print as JSON, moments in epoch milliseconds')
    .action(run)
}

async function run(
  action: Action,
  target: string | undefined,
  { config: file, json = false }: CircuitsOptions,
): Promise<void> {
  if (action === 'list' && target !== undefined) throw new Error('holdfast circuits list takes no target')
  if (action !== 'list' && target === undefined)
    throw new Error(`Which one? holdfast circuits ${action} provider/model, or provider`)
  try {
    const { data, text, note, exitCode } = await connected(file, (context) =>
      action === 'list' ? list(context) : force(context, FORCE_WORDS[action], target ?? ''),
    )
    process.stdout.write(`${json ? JSON.stringify(data, null, 2) : text}\n`)
    if (note !== undefined) process.stderr.write(`holdfast circuits: ${note}\n`)
    process.exitCode = exitCode ?? 0
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error
    process.exitCode = 1
    if (json) process.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`)
    process.stderr.write(`holdfast circuits: ${error.message}\n`)
  }
}

async function connected(
  file: string | undefined,
  act: (context: Context) => Promise<Output>,
): Promise<Output> {
  const { env } = process
  const config = await loadConfig({ file, env })
  const { createTemporalClients } = await import('../client/temporal-client')
  const { withDataConverter } = await import('../temporal/data-converter')
  const seams = withDataConverter({}, { env, config })
  const temporalClients = createTemporalClients(temporalOptions(env), undefined, seams)
  try {
    const temporalClient = await temporalClients.open(false)
    return await act({ ...temporalClient, config, taskQueue: env.HOLDFAST_TASK_QUEUE || DEFAULT_TASK_QUEUE })
  } finally {
    await temporalClients.close()
  }
}

async function list({ client, config, taskQueue }: Context): Promise<Output> {
  const { listCircuits } = await import('../client/circuits')
  const at = Date.now()
  const providers = await listCircuits(client, config, taskQueue, at)
  const output = { data: { at, taskQueue, providers }, text: circuitsTable(providers, at) }
  if (providers.some(({ known }) => known)) return output
  const note = `no circuits are known: is a worker running on task queue ${taskQueue}?`
  return { ...output, note, exitCode: 1 }
}

async function force(context: Context, to: ForceRequest['to'], target: string): Promise<Output> {
  const { forceCircuit } = await import('../client/force-circuit')
  const forced = await forceCircuit(context.client, { ...context, target, to })
  const { problem } = forced.nudged
  const text = forcedText(forced, to)
  if (problem === null) return { data: forced, text }
  const note = `the circuit is changed, but not all waiting generations were notified: ${problem}. They read it again within 15 s`
  return { data: forced, text, note }
}

function forcedText({ circuit, account, nudged }: Forced, to: ForceRequest['to']): string {
  const now = Date.now()
  const { sent } = nudged
  return [
    circuitLine(circuit, now),
    // A call needs both.
    ...(circuit.model === null ? [] : [circuitLine(account, now)]),
    // One that opens lets nobody through.
    ...(to === 'open' ? [] : [`${sent} running ${sent === 1 ? 'generation' : 'generations'} notified`]),
    ...(circuit.state.startsWith('forced') ? [`Undo: holdfast circuits auto ${circuit.target}`] : []),
  ].join('\n')
}
