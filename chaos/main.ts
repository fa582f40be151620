/** `npm run chaos`: the cluster under load and failing providers, one fault after the other, and what came of it. */
import { Command } from 'commander'
import { countOption } from '../src/cli/options'
import { untilSignal } from '../src/cli/signals'
import { seededRandom } from '../src/simulator/latency'
import { type Cluster, startCluster } from './cluster/cluster'
import { ToolsMissingError } from './cluster/tools'
import { runPhase } from './faults/phase'
import { FAULTS } from './faults/table'
import type { Fault } from './faults/types'
import { type FaultReport, passes, reportText } from './verdict/report'

interface Options {
  only?: string[]
  minutes?: number
  seed?: number
  inFlight: number
  list?: boolean
  json?: boolean
}

const WARM_UP_MS = 10_000
const BEFORE_MS = 15_000
const AFTER_MS = 30_000
const MINUTE_MS = 60_000

const progress = (line: string): boolean => process.stderr.write(`${line}\n`)

/** Throws where a name is none. A name's beginning will do: `redis`. */
export function chosenFaults(only: readonly string[] | undefined): Fault[] {
  if (only === undefined) return [...FAULTS]
  for (const part of only)
    if (!FAULTS.some(({ name }) => name.startsWith(part)))
      throw new Error(`No fault is named ${part}; there are: ${FAULTS.map(({ name }) => name).join(', ')}`)
  return FAULTS.filter(({ name }) => only.some((part) => name.startsWith(part)))
}

async function run({ only, minutes, seed, inFlight, list = false, json = false }: Options): Promise<void> {
  const faults = chosenFaults(only)
  if (list) {
    process.stdout.write(`${faults.map(({ name, what }) => `${name}: ${what}`).join('\n')}\n`)
    return
  }
  const signalled = untilSignal().then((signal) => {
    throw new Error(`ended by ${signal}`)
  })
  signalled.catch(() => undefined)
  const actualSeed = seed ?? Math.floor(Math.random() * 1_000_000)
  const cluster = await startCluster({ seed: actualSeed, onProgress: progress })
  let passed = false
  const reports: FaultReport[] = []
  const notRun = faults.flatMap(({ name, lacks }) => {
    const needs = lacks?.(cluster) ?? null
    return needs === null ? [] : [{ fault: name, needs }]
  })
  const able = faults.filter(({ name }) => !notRun.some(({ fault }) => fault === name))
  try {
    for (const { fault, needs } of notRun) progress(`${fault} is not run, it needs ${needs}`)
    const runs = { random: seededRandom(actualSeed), inFlight, minutes, reports }
    await Promise.race([runFaults(able, cluster, runs), signalled])
    passed = passes(reports)
  } finally {
    if (!passed) progress(`what it wrote to its logs stays in ${cluster.logFolder}`)
    await cluster.close({ keep: !passed })
    // One that a signal has ended says what it has counted until then.
    const report = { seed: actualSeed, faults: reports, notRun, passed }
    if (reports.length > 0) process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report))
  }
  if (!passed) process.exitCode = 1
}

interface Runs {
  random: () => number
  inFlight: number
  minutes: number | undefined
  reports: FaultReport[]
}

/** Each once; for so many minutes again and again where they are given. */
async function runFaults(
  faults: readonly Fault[],
  cluster: Cluster,
  { random, inFlight, minutes, reports }: Runs,
) {
  const untilAt = minutes === undefined ? null : Date.now() + minutes * MINUTE_MS
  const answers = new Map<string, Set<string>>()
  const phase = { inFlight, random, answers, beforeMs: BEFORE_MS, afterMs: AFTER_MS, onProgress: progress }
  progress('warming up')
  await runPhase(WARM_UP, cluster, { ...phase, beforeMs: WARM_UP_MS, afterMs: 0 })
  for (let round = 1; round === 1 || (untilAt !== null && Date.now() < untilAt); round += 1) {
    for (const fault of faults) {
      if (round > 1 && untilAt !== null && Date.now() > untilAt) return
      reports.push(await runPhase(fault, cluster, phase))
    }
  }
}

const WARM_UP: Fault = {
  name: 'warm-up',
  what: 'processes load what they need; not reported',
  holdMs: 0,
  losesCommits: false,
  begin: async () => async () => undefined,
}

new Command('chaos')
  .description(
    'the cluster under load, one fault at a time: nothing lost, nothing answered wrongly, nothing paid twice',
  )
  .option('--only <names...>', 'faults whose names begin with one of these (default: all)')
  .option('--minutes <n>', 'go through them again and again for so long (default: once)', countOption)
  .option(
    '--seed <n>',
    'of chance: prompts, kinds of callers, faults of providers (default: a fresh one)',
    countOption,
  )
  .option('--in-flight <n>', 'generations at all times', countOption, 50)
  .option('--list', 'say which faults there are, and end')
  .option('--json', 'the report as JSON')
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    const known = error instanceof ToolsMissingError
    process.stderr.write(
      `chaos: ${known || !(error instanceof Error) ? String((error as Error).message) : error.stack}\n`,
    )
    // What still runs of a phase would start parts again.
    process.exit(1)
  })
