/** The findings of `holdfast doctor`, for a terminal. */
import Table from 'cli-table3'
import type { DoctorReport, Finding, Status } from '../doctor'
import { areaOf } from '../doctor/types'

/** ANSI colours of the foreground. */
const COLOURS: { [status in Status]: number } = { ok: 32, warn: 33, error: 31, skipped: 90 }

const coloured = (status: Status, coloursWanted: boolean): string =>
  coloursWanted ? `\u001b[${COLOURS[status]}m${status}\u001b[39m` : status

/** One line as a check ends. */
export const findingLine = ({ check, status, message }: Finding, coloursWanted: boolean): string =>
  `${coloured(status, coloursWanted)} ${check}: ${message}`

const MESSAGE_CHARS = 76

/** Checks that have the same to say share a row. */
interface Row extends Omit<Finding, 'check'> {
  checks: string[]
}

function rowsOf(findings: readonly Finding[]): Row[] {
  const rows = new Map<string, Row>()
  for (const { check, ...finding } of findings) {
    const key = JSON.stringify(finding)
    const row = rows.get(key) ?? { ...finding, checks: [] }
    rows.set(key, { ...row, checks: [...row.checks, check] })
  }
  return [...rows.values()]
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

/** All findings by area, and what to do. */
export function findingsTable({ findings, counts }: DoctorReport, coloursWanted: boolean): string {
  const areas = [...new Set(findings.map(({ check }) => areaOf(check)))]
  const table = new Table({
    head: ['check', 'status', 'what was found'],
    style: { head: [], border: [], compact: true },
    colWidths: [null, null, MESSAGE_CHARS + 2],
    wordWrap: true,
  })
  for (const area of areas)
    for (const { checks, status, message, fix } of rowsOf(
      findings.filter((one) => areaOf(one.check) === area),
    ))
      table.push([
        checks.join('\n'),
        coloured(status, coloursWanted),
        fix === null ? message : `${message}\nTo do: ${fix}`,
      ])
  const { ok, warn, error, skipped } = counts
  return [
    '',
    table.toString(),
    `${counted(error, 'error')}, ${counted(warn, 'warning')}, ${ok} ok, ${skipped} skipped`,
  ].join('\n')
}
