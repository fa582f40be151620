/** The circuits, for a terminal. */
import Table from 'cli-table3'
import type { CircuitRow, KnownProvider, UnknownProvider } from '../client/circuits'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** Milliseconds, the two largest units: `45 s`, `2 min 5 s`, `3 h`, `2 d 4 h`. A part of a second counts as one. */
export function span(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms / SECOND_MS)) * SECOND_MS
  const parts = [
    [Math.floor(whole / DAY_MS), 'd'],
    [Math.floor((whole % DAY_MS) / HOUR_MS), 'h'],
    [Math.floor((whole % HOUR_MS) / MINUTE_MS), 'min'],
    [Math.floor((whole % MINUTE_MS) / SECOND_MS), 's'],
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  return parts
    .slice(first, first + 2)
    .flatMap(([amount, unit]) => (amount > 0 ? [`${amount} ${unit}`] : []))
    .join(' ')
}

const ago = (at: number, now: number): string => `${span(now - at)} ago`

/** One row per circuit; an unknown provider has one row. `now` in epoch milliseconds. */
export function circuitsTable(providers: readonly (KnownProvider | UnknownProvider)[], now: number): string {
  const table = new Table({
    head: ['circuit', 'state', 'since', 'until', 'failures', 'why'],
    style: { head: [], border: [], compact: true },
  })
  for (const provider of providers)
    if (provider.known) table.push(...provider.circuits.map((row) => cells(row, now)))
    else table.push([provider.provider, 'unknown', '', '', '', provider.reason])
  return table.toString()
}

function cells(row: CircuitRow, now: number): string[] {
  const { target, model, state, since, failures, why } = row
  return [
    model === null ? `${target} (account)` : target,
    state,
    since === null ? '' : ago(since, now),
    untilText(row, now),
    failures === null ? '' : failuresText(failures, now),
    why ?? '',
  ]
}

function untilText({ state, until }: CircuitRow, now: number): string {
  if (until !== null && until > now) return `for ${span(until - now)} more`
  // Whose time has passed, and those whose probe gave its permit back.
  return state === 'open' || state === 'half_open' ? 'the next call probes' : ''
}

const failuresText = (
  { count, lastAt, lastClass }: NonNullable<CircuitRow['failures']>,
  now: number,
): string => `${count}, last ${lastClass === null ? '' : `${lastClass} `}${ago(lastAt, now)}`

/** One circuit as a sentence, in the table's words. */
export function circuitLine(row: CircuitRow, now: number): string {
  const [name, state, since, until, failures, why] = cells(row, now)
  const more = [since && `since ${since}`, until, failures && `failures: ${failures}`, why].filter(Boolean)
  return `${name}: ${state}${more.length === 0 ? '' : ` (${more.join('; ')})`}`
}
