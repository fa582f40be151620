/** `holdfast reenact ID|FILE|--since 24h --route new.yaml`: recorded generations under another policy, before and after. */
import Table from 'cli-table3'
import type { Command } from 'commander'
import { readRun } from '../history'
import { dollars, lasted } from '../history/run-words'
import type { Enacted } from '../testing/enacted'
import type { Reenacted } from '../testing/reenact'
import { type FoundRuns, onRuns, type RunsOptions, takingRuns } from './many-runs'
import { reportError } from './recorded-run'

interface ReenactCommandOptions extends RunsOptions {
  route?: string
  json?: boolean
}

const IN_FLIGHT = 8

export function registerReenact(program: Command): void {
  takingRuns(program.command('reenact'))
    .description('recorded generations under another policy: who would have answered, when, for how much')
    .option('--route <file>', 'the policy: one route, or a config with routes of the recorded names')
    .option('--json', 'print as JSON, with every attempt')
    .action(run)
}

async function run(given: string | undefined, options: ReenactCommandOptions): Promise<void> {
  const { json = false, route } = options
  try {
    const found = await onRuns(given, options, IN_FLIGHT, (one) => again(one, route))
    const runs = found.flatMap((one) => ('skipped' in one ? [] : [one]))
    const skipped = found.flatMap((one) => ('skipped' in one ? [one] : []))
    const [only] = skipped
    if (given !== undefined && only !== undefined) throw new Error(only.skipped)
    const text = json
      ? JSON.stringify({ summary: summaryOf(runs), runs, skipped }, null, 2)
      : [reenactText(runs), ...skippedText(skipped)].join('\n')
    process.stdout.write(`${text}\n`)
  } catch (error) {
    reportError('reenact', error, json)
  }
}

/** It can't run again: the policy's file has no route of its name, say. */
interface Skipped {
  id: string
  skipped: string
}

async function again(
  { name, readable, payload }: FoundRuns,
  route: string | undefined,
): Promise<Reenacted | Skipped> {
  const { reenactRun } = await import('../testing/reenact')
  const { ConfigError } = await import('../config')
  try {
    return await reenactRun(readRun(readable, { payload }), route === undefined ? {} : { route })
  } catch (error) {
    // What is wrong with the policy itself is wrong for all.
    if (error instanceof ConfigError || 'code' in (error as object)) throw error
    return { id: name, skipped: (error as Error).message }
  }
}

function skippedText(skipped: readonly Skipped[]): string[] {
  const counts = new Map<string, number>()
  for (const { skipped: reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => `${count} left out: ${reason}`)
}

/** Of the generations whose outcome is known on both sides. */
interface Side {
  answered: number
  /** Milliseconds, of those that were answered; null: none was. */
  p50Ms: number | null
  p95Ms: number | null
  calls: number
  /** US dollars; null: nothing is known. */
  costUsd: number | null
}

interface Summary {
  generations: number
  /** Those that still run, and those that hang on what was not recorded, are not compared. */
  compared: number
  before: Side
  after: Side
  /** Why an outcome is not known, and how often. */
  unknown: { [reason: string]: number }
}

export function summaryOf(runs: readonly Reenacted[]): Summary {
  const compared = runs.filter(({ before, unknown }) => before.outcome !== 'running' && unknown === null)
  const unknown: Summary['unknown'] = {}
  for (const run of runs) if (run.unknown !== null) unknown[run.unknown] = (unknown[run.unknown] ?? 0) + 1
  return {
    generations: runs.length,
    compared: compared.length,
    before: sideOf(compared.map(({ before }) => before)),
    after: sideOf(compared.map(({ after }) => after)),
    unknown,
  }
}

function sideOf(runs: readonly Enacted[]): Side {
  const answered = runs.filter(({ outcome }) => outcome === 'answered')
  const times = answered.flatMap(({ totalMs }) => (totalMs === null ? [] : [totalMs])).sort((a, b) => a - b)
  const costs = runs.flatMap(({ costUsd }) => (costUsd === null ? [] : [costUsd]))
  return {
    answered: answered.length,
    p50Ms: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    calls: runs.reduce((sum, { calls }) => sum + calls, 0),
    costUsd: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
  }
}

/** The nearest rank. */
const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null

const SHOWN_REASONS = 5

export function reenactText(runs: readonly Reenacted[]): string {
  const summary = summaryOf(runs)
  const { generations, compared, before, after, unknown } = summary
  const table = new Table({ head: ['', 'before', 'after'], style: { head: [], border: [] } })
  const share = ({ answered }: Side): string =>
    compared === 0 ? '' : `${answered} (${((100 * answered) / compared).toFixed(1)} %)`
  const time = (ms: number | null): string => (ms === null ? '' : lasted(ms))
  table.push(
    ['generations', compared, compared],
    ['answered', share(before), share(after)],
    ['p50', time(before.p50Ms), time(after.p50Ms)],
    ['p95', time(before.p95Ms), time(after.p95Ms)],
    ['calls', before.calls, after.calls],
    ['cost', ...[before, after].map(({ costUsd }) => (costUsd === null ? 'not known' : dollars(costUsd)))],
  )
  const [only] = runs
  return [
    ...(compared === 0 ? [] : [table.toString()]),
    ...(only !== undefined && generations === 1
      ? [`before: ${endText(only.before)}`, `after: ${endText(only.after)}`]
      : []),
    ...(generations > 1 && compared < generations
      ? [
          `${generations - compared} of ${generations} are not compared: they still run, or the record does not say enough`,
        ]
      : []),
    ...(generations > 1
      ? Object.entries(unknown)
          .sort(([, a], [, b]) => b - a)
          .slice(0, SHOWN_REASONS)
          .map(([reason, count]) => `  ${count}: ${reason}`)
      : []),
    ...(generations === 0 ? ['none found'] : []),
  ].join('\n')
}

const endText = ({ outcome, target, message }: Enacted): string =>
  outcome === 'answered' ? `answered by ${target}` : `${outcome}${message === null ? '' : `: ${message}`}`
