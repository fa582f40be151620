/**
 * `npm run bench`: what a generation costs beside a direct call and beside Temporal's floor, all in one run
 * on one server. This process holds the simulator and the server's guard; each subject has its own.
 */
import { cpus } from 'node:os'
import path from 'node:path'
import { Client } from '@temporalio/client'
import { Command, InvalidArgumentError } from 'commander'
import { countOption, portOption } from '../src/cli/options'
import { startEmbeddedServer } from '../src/dev-server/embedded'
import { startSimulator } from '../src/simulator'
import { connectClient } from '../src/temporal/connection'
import { type Footprint, measureFootprint } from './footprint'
import { type Report, reportText } from './report'
import { measureRounds, type Plan } from './rounds'
import { type Against, MODEL, providerUrl, SCRIPT, type Setup } from './setup'
import { subjectNames } from './subjects'
import { type Layout, startTeam, type Team } from './team'

interface Options {
  rounds?: number
  quick?: boolean
  apart?: boolean
  json?: boolean
  simulatorPort?: number
  against?: string
  againstModel: string
  againstKeyEnv?: string
}

/** Many short rounds rather than few long ones: a ratio's two sides must meet the same machine. */
const FULL: Plan = { rounds: 11, segmentMs: 1_000, warmUpMs: 4_000 }
const QUICK: Plan = { rounds: 2, segmentMs: 500, warmUpMs: 500 }

type Closers = (() => Promise<unknown>)[]

const progress = (message: string): boolean => process.stderr.write(`${message}\n`)

async function run(options: Options): Promise<void> {
  const closers: Closers = []
  try {
    const report = await bench(options, closers)
    process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report))
  } finally {
    for (const close of closers.reverse()) await close()
  }
}

async function bench(options: Options, closers: Closers): Promise<Report> {
  const { rounds, quick, apart, simulatorPort = 0 } = options
  const preset = quick ? QUICK : FULL
  const plan = { ...preset, rounds: rounds ?? preset.rounds }
  const layout: Layout = apart ? 'apart' : 'together'
  progress('starting the simulator and the Temporal server')
  const simulator = await startSimulator({ script: SCRIPT, port: simulatorPort })
  closers.push(() => simulator.close())
  const server = await startEmbeddedServer({ onProgress: progress })
  closers.push(() => server.stop())
  const { address, namespace } = server
  const temporal = { address, namespace, connection: {} }
  const floorBundle = path.join(__dirname, '..', 'bench-floor-bundle.js')
  const setup: Setup = { temporal, simulatorUrl: simulator.url, floorBundle, against: againstOf(options) }
  if (setup.against !== null)
    progress(`measuring against ${setup.against.baseUrl}; the provider is ${providerUrl(setup)}`)

  const connection = await connectClient(temporal)
  closers.push(() => connection.close())
  const client = new Client({ connection, namespace })
  const footprints = await measureFootprints(setup, client)

  const teams: Team[] = []
  closers.push(() => Promise.all(teams.map((team) => team.close())))
  for (const name of subjectNames(setup)) teams.push(await startTeam(name, layout, setup))
  const rows = await measureRounds(teams, server.pid, plan, progress)
  const { rounds: measured, segmentMs } = plan
  return { layout, rounds: measured, segmentMs, machine: await machine(client), rows, footprints }
}

async function measureFootprints(setup: Setup, client: Client): Promise<Footprint[]> {
  progress('counting events, bytes and heartbeats')
  const names = ['floor', 'holdfast', 'gateway'] as const
  return Promise.all(names.map((name) => measureFootprint(name, setup, client)))
}

async function machine(client: Client): Promise<Report['machine']> {
  const { serverVersion } = await client.workflowService.getSystemInfo({})
  const [first] = cpus()
  return {
    cpus: cpus().length,
    cpu: first?.model ?? 'unknown',
    node: process.versions.node,
    server: `Temporal server ${serverVersion}`,
  }
}

const againstOf = ({ against, againstModel, againstKeyEnv }: Options): Against | null =>
  against === undefined ? null : { baseUrl: against, model: againstModel, keyEnv: againstKeyEnv ?? null }

function urlOption(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new InvalidArgumentError('a URL as an OpenAI client takes it, e.g. http://127.0.0.1:4400/v1')
  return text.replace(/\/+$/, '')
}

new Command('bench')
  .description("what a generation costs beside a direct call and beside Temporal's floor")
  .option('--rounds <n>', `how often each subject is measured (default: ${FULL.rounds})`, countOption)
  .option(
    '--quick',
    `${QUICK.rounds} short rounds, about 25 s in all: a smoke test rather than a measurement`,
  )
  .option('--apart', "caller and worker in two processes, so that the worker's CPU stands alone")
  .option(
    '--against <url>',
    'another OpenAI-compatible gateway, measured in the same run: its base URL, /v1 included',
    urlOption,
  )
  .option('--against-model <model>', 'the model to request', MODEL)
  .option('--against-key-env <name>', 'the environment variable that holds its API key')
  .option(
    '--simulator-port <port>',
    `the provider's: the other gateway is to call ${providerUrl({ simulatorUrl: 'http://127.0.0.1:<port>' })}`,
    portOption,
  )
  .option('--json', 'the whole result as JSON')
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
