/**
 * `npm run bench`: what a generation costs beside a direct call and beside Temporal's floor, all in one run
 * on one server. This process holds the simulator and the server's guard; each subject has its own.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from '@temporalio/client'
import { Command } from 'commander'
import { startEmbeddedServer } from '../src/dev-server/embedded'
import { type Simulator, startSimulator } from '../src/simulator'
import { connectClient } from '../src/temporal/connection'
import { type Footprint, measureFootprint } from './footprint'
import { againstOf, chosen, type Options, planOf, withOptions } from './options'
import { progress } from './progress'
import { type Report, reportText } from './report'
import { measureRounds, type Row } from './rounds'
import { providerUrl, SCRIPT } from './routes'
import type { Setup } from './setup'
import type { Studies } from './studies'
import { measureSoak } from './studies/soak'
import { measureStart } from './studies/start'
import { measureWaiting } from './studies/waiting'
import { type SubjectName, subjectNames } from './subjects'
import { type Ground, type Layout, startTeam, type Team } from './team'

type Closers = (() => unknown)[]

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
  const layout: Layout = options.apart ? 'apart' : 'together'
  const { subjects, studies } = chosen(options)
  const { ground, simulator } = await prepare(options, closers)
  const names = subjectNames(ground.setup, subjects)
  const footprints = await measureFootprints(names, ground)
  const plan = planOf(options)
  const rows = names.length === 0 ? [] : await measureSubjects(names, layout, options, ground)
  const found: Studies = {}
  if (studies.includes('start')) found.start = await measureStart(ground.setup, progress)
  if (studies.includes('waiting'))
    found.waiting = await measureWaiting(options.waiting, ground, simulator, progress)
  if (options.soak !== undefined) found.soak = await measureSoak(options.soak, ground, simulator, progress)
  const { rounds, segmentMs } = plan
  return {
    layout,
    rounds,
    segmentMs,
    machine: await machine(ground.client),
    rows,
    footprints,
    studies: found,
  }
}

async function prepare(
  options: Options,
  closers: Closers,
): Promise<{ ground: Ground; simulator: Simulator }> {
  progress('starting the simulator and the Temporal server')
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-bench-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const simulator = await startSimulator({ script: SCRIPT, port: options.simulatorPort ?? 0 })
  closers.push(simulator.close)
  const server = await startEmbeddedServer({ onProgress: progress })
  closers.push(server.stop)
  const { address, namespace } = server
  const temporal = { address, namespace, connection: {} }
  const floorBundle = path.join(__dirname, '..', 'bench-floor-bundle.js')
  const against = againstOf(options)
  const setup: Setup = { temporal, simulatorUrl: simulator.url, floorBundle, folder, against }
  if (against !== null)
    progress(`measuring against ${against.baseUrl}; the provider is ${providerUrl(setup)}`)
  const connection = await connectClient(temporal)
  closers.push(() => connection.close())
  const client = new Client({ connection, namespace })
  // Of the last one that is kept: counted on when old calls are forgotten.
  const providerCalls = () => (simulator.calls().at(-1)?.index ?? -1) + 1
  return { ground: { setup, serverPid: server.pid, client, providerCalls }, simulator }
}

const COUNTED: readonly SubjectName[] = ['floor', 'holdfast', 'gateway', 'gateway-express']

async function measureFootprints(
  names: readonly SubjectName[],
  { setup, client }: Ground,
): Promise<Footprint[]> {
  const counted = COUNTED.filter((name) => names.includes(name))
  if (counted.length > 0) progress('counting events, bytes and heartbeats')
  return Promise.all(counted.map((name) => measureFootprint(name, setup, client)))
}

async function measureSubjects(
  names: readonly SubjectName[],
  layout: Layout,
  options: Options,
  ground: Ground,
): Promise<Row[]> {
  const teams: Team[] = []
  try {
    for (const name of names) teams.push(await startTeam(name, layout, ground))
    return await measureRounds(teams, planOf(options), progress)
  } finally {
    await Promise.all(teams.map((team) => team.close()))
  }
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

withOptions(new Command('bench'))
  .description("what a generation costs beside a direct call and beside Temporal's floor")
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
