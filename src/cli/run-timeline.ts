/** A run's story, for a terminal. */
import Table from 'cli-table3'
import type { Story, StoryRow } from '../history/run-story'
import { lasted } from '../history/run-words'

const HEAD = ['at', 'took', 'what', 'how it went']
/** A line that is longer is hard to read. */
const WIDEST = 100
const NARROWEST = 30
/** Of a cell: a blank on both sides. Between cells, and at both ends, stands a line. */
const PADDING = 2

/** @param columns of the terminal; undefined: it is none */
export function timelineText({ id, verdict, facts, rows, next }: Story, columns?: number): string {
  const cells = rows.map((row) => [`+${lasted(row.offsetMs)}`, took(row), row.subject, clipped(row.text)])
  const longest = (column: number): number =>
    Math.max(...[HEAD, ...cells].map((row) => row[column]?.length ?? 0)) + PADDING
  const others = longest(0) + longest(1) + longest(2) + HEAD.length + 1
  const room = Math.max(NARROWEST, Math.min(WIDEST, (columns ?? Number.POSITIVE_INFINITY) - others))
  const table = new Table({
    head: HEAD,
    style: { head: [], border: [], compact: true },
    colWidths: [null, null, null, Math.min(room, longest(3))],
    wordWrap: true,
  })
  table.push(...cells)
  return [id, verdict, ...facts, table.toString(), ...(next === null ? [] : [`Next: ${next}`])].join('\n')
}

const took = ({ durationMs, ongoing, kind }: StoryRow): string =>
  durationMs === 0 && kind !== 'attempt' ? '' : `${lasted(durationMs)}${ongoing ? ' …' : ''}`

/** A provider may quote a whole page. */
const MAX_CHARS = 400

const clipped = (text: string): string => (text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}…`)
