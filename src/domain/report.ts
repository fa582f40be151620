import type { AttemptRecord } from './attempt'

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
