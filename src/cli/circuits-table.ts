/** The circuits, for a terminal. */
import Table from 'cli-table3'
import type { CircuitRow, KnownProvider, UnknownProvider } from '../client/circuits'
import { span } from '../domain/text/durations'

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
