/** Drills, for a terminal. */
import Table from 'cli-table3'
import type { DrillSchedule } from '../client/drill-schedule'
import type { LastDrill } from '../client/last-drills'
import { formatDuration } from '../config/duration'
import type { FailoverReport } from '../domain/drill/failover'
import type { DrillCase, DrillReport } from '../domain/drill/report'
import { span } from '../domain/text/durations'
import { clock, dollars, lasted } from '../history/run-words'

/** One row a case; below, why those that failed did. */
export function drillTable({ cases, unusable }: DrillReport): string {
  const table = new Table({
    head: ['route', 'fault', '', 'what came', 'calls', 'took'],
    style: { head: [], border: [], compact: true },
  })
  for (const one of cases) table.push(cells(one))
  const out = unusable.map(({ route, target, reason }) => `${route}: ${target} was left out: ${reason}`)
  return [table.toString(), ...cases.filter(({ passed }) => !passed).map(failedText), ...out].join('\n')
}

const cells = ({ route, fault, passed, got, attempts, tookMs }: DrillCase): string[] => [
  route,
  fault,
  passed ? 'passed' : 'FAILED',
  got,
  String(attempts),
  lasted(tookMs),
]

const failedText = ({ route, fault, says, expected, got, message, id }: DrillCase): string =>
  `FAILED ${route}, ${fault} (${says}): expected ${expected}; came ${got}${message === '' ? '' : `: ${message}`}. holdfast explain ${id}`

export function drillSummary({ cases, startedAt, finishedAt }: DrillReport): string {
  const failed = cases.filter(({ passed }) => !passed).length
  const took = lasted((finishedAt ?? startedAt) - startedAt)
  return `${cases.length - failed} of ${cases.length} passed${failed === 0 ? '' : `, ${failed} FAILED`}, in ${took}. No call reached a provider`
}

/** One row a prompt. */
export function failoverTable({ cases }: FailoverReport): string {
  const table = new Table({
    head: ['route', 'prompt', '', 'answered by', 'calls', 'took', 'cost'],
    style: { head: [], border: [], compact: true },
  })
  for (const { route, prompt, passed, target, attempts, tookMs, costUsd } of cases)
    table.push([
      route,
      prompt.length > PROMPT_CHARS ? `${prompt.slice(0, PROMPT_CHARS - 1)}…` : prompt,
      passed ? 'passed' : 'FAILED',
      target ?? '',
      String(attempts),
      lasted(tookMs),
      costUsd === null ? '' : dollars(costUsd),
    ])
  const failed = cases.filter(({ passed }) => !passed)
  return [
    table.toString(),
    ...failed.map(({ route, why, id }) => `FAILED ${route}: ${why}. holdfast explain ${id}`),
  ].join('\n')
}

const PROMPT_CHARS = 40

export function failoverSummary({
  target,
  cases,
  undone,
  startedAt,
  finishedAt,
  forcedUntil,
}: FailoverReport): string {
  const passed = cases.filter((one) => one.passed).length
  const took = lasted((finishedAt ?? startedAt) - startedAt)
  const state = undone
    ? `The circuit of ${target} is as before`
    : `The circuit of ${target} could NOT be given back; its forcing ends by itself at ${clock(forcedUntil)}`
  return `${passed} of ${cases.length} passed without ${target}, in ${took}. ${state}`
}

export function scheduleLine({ everyMs, nextAt, paused }: DrillSchedule): string {
  const every = everyMs === null ? 'by a schedule of your own' : `every ${formatDuration(everyMs)}`
  return `Drills run ${every}, ${paused ? 'paused' : nextAt === null ? 'no next one' : `the next at ${clock(nextAt)}`}`
}

/** `now` in epoch milliseconds. */
export function statusText(schedule: DrillSchedule | null, last: readonly LastDrill[], now: number): string {
  const head =
    schedule === null ? 'No drills run by themselves: holdfast drill --every 1d' : scheduleLine(schedule)
  const lines = last.map(({ kind, passed, id, status, endedAt }) => {
    const end = passed ? 'passed' : status === 'completed' ? 'FAILED' : `FAILED (${status})`
    return `${kind}: ${end}, ${span(Math.max(0, now - endedAt))} ago (${id})`
  })
  return [head, ...(lines.length === 0 ? ['No whole drill is kept'] : lines)].join('\n')
}
