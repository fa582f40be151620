/** A run's story, for a terminal. */
import Table from 'cli-table3'
import { lasted, type Story, type StoryRow } from './run-story'

const WIDEST = 100

export function timelineText({ id, verdict, facts, rows, next }: Story): string {
  const table = new Table({
    head: ['at', 'took', 'what', 'how it went'],
    style: { head: [], border: [], compact: true },
    colWidths: [null, null, null, WIDEST],
    wordWrap: true,
    wrapOnWordBoundary: false,
  })
  for (const row of rows) table.push([`+${lasted(row.offsetMs)}`, took(row), row.subject, clipped(row.text)])
  return [id, verdict, ...facts, table.toString(), ...(next === null ? [] : [`Next: ${next}`])].join('\n')
}

const took = ({ durationMs, ongoing, kind }: StoryRow): string =>
  durationMs === 0 && kind !== 'attempt' ? '' : `${lasted(durationMs)}${ongoing ? ' …' : ''}`

/** A provider may quote a whole page. */
const MAX_CHARS = 400

const clipped = (text: string): string => (text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}…`)
