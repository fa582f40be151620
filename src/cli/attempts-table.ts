/** The attempts of a generation, for a terminal. */
import Table from 'cli-table3'
import type { AttemptRecord } from '../client'

const SECOND_MS = 1_000

export const seconds = (ms: number): string =>
  ms < SECOND_MS ? `${ms} ms` : `${(ms / SECOND_MS).toFixed(2)} s`

/** One row per attempt, in order of time; `at` counts from the first. */
export function attemptsTable(attempts: readonly AttemptRecord[]): string {
  const table = new Table({
    head: ['at', 'target', 'attempt', 'took', 'outcome', 'then'],
    style: { head: [], border: [] },
  })
  const inTime = [...attempts].sort((a, b) => a.startedAt - b.startedAt)
  const beganAt = inTime[0]?.startedAt ?? 0
  for (const [index, record] of inTime.entries()) {
    const { target, number, startedAt, durationMs, failure } = record
    const outcome =
      failure === undefined ? 'answered' : [failure.status, failure.class].filter(Boolean).join(' ')
    table.push([
      `+${seconds(startedAt - beganAt)}`,
      target,
      number,
      seconds(durationMs),
      outcome,
      then(record, inTime[index + 1]),
    ])
  }
  return table.toString()
}

function then({ target, failure, retryInMs }: AttemptRecord, next: AttemptRecord | undefined): string {
  if (failure === undefined) return 'done'
  if (retryInMs !== undefined) {
    const reason =
      failure.retryAfterMs === undefined
        ? 'backoff'
        : `Retry-After asked for ${seconds(failure.retryAfterMs)}`
    return `waited ${seconds(retryInMs)} (${reason})`
  }
  if (next === undefined) return 'gave up'
  return next.target === target ? 'tried again' : `fell back to ${next.target}`
}
