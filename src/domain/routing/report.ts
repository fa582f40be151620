import type { AttemptRecord } from './attempt'
import type { Route } from './route'

/** The attempts as a Markdown table, for the Web UI. Content-free. */
export function attemptsTable(records: readonly AttemptRecord[]): string {
  const rows = records.map(({ target, number, durationMs, failure, retryInMs }) => {
    const outcome = failure === undefined ? 'answered' : `${failure.class}: ${failure.message}`
    const wait = retryInMs === undefined ? '' : `${retryInMs} ms`
    return `| ${cell(target)} | ${number} | ${durationMs} ms | ${cell(outcome)} | ${wait} |`
  })
  return ['| target | attempt | took | outcome | then waited |', '|---|---|---|---|---|', ...rows].join('\n')
}

const cell = (text: string): string => text.replace(/[\\|]/g, '\\$&').replace(/[\r\n]+/g, ' ')

/** The policy of a generation as Markdown, for the Web UI. `deadlineAt` in epoch milliseconds. */
export function routeDetails({ name, candidates, strategy, passes }: Route, deadlineAt: number): string {
  const rows = candidates.map(
    ({ target, retry, timeouts }) =>
      `| ${cell(target)} | ${retry.maximumAttempts} | ${timeouts.attemptMs} ms |`,
  )
  return [
    `Route **${cell(name)}**: ${strategy.type}, ${passes} ${passes === 1 ? 'pass' : 'passes'}, until ${new Date(deadlineAt).toISOString()}`,
    '',
    '| candidate | attempts | each at most |',
    '|---|---|---|',
    ...rows,
  ].join('\n')
}
