/** The attempts of a generation, for a terminal. */
import Table from 'cli-table3'
import type { AttemptRecord } from '../client'
import { attemptRows } from '../domain/routing/attempt-rows'

export { seconds } from '../domain/text/durations'

/** One row per attempt, in order of time; `at` counts from the first. */
export function attemptsTable(attempts: readonly AttemptRecord[]): string {
  const table = new Table({
    head: ['at', 'target', 'attempt', 'took', 'outcome', 'then'],
    style: { head: [], border: [] },
  })
  for (const { at, target, attempt, took, outcome, followed } of attemptRows(attempts))
    table.push([at, target, attempt, took, outcome, followed])
  return table.toString()
}
