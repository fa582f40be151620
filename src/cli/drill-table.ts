/** Drills, for a terminal. */
import Table from 'cli-table3'
import type { DrillCase, DrillReport } from '../domain/drill/report'
import { lasted } from '../history/run-words'

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
