/** The benchmark's result, for a terminal. */
import Table from 'cli-table3'
import type { Footprint } from './footprint'
import type { Row } from './rounds'
import { type Studies, studyTexts } from './studies'
import type { Layout } from './team'
import { type Verdict, verdicts } from './verdicts'

export interface Report {
  layout: Layout
  rounds: number
  segmentMs: number
  machine: { cpus: number; cpu: string; node: string; server: string }
  rows: Row[]
  footprints: Footprint[]
  studies: Studies
}

const plain = { style: { head: [], border: [] } }

const number = (value: number | null, digits: number): string =>
  value === null || Number.isNaN(value) ? '-' : value.toFixed(digits)
const times = (value: number | null | undefined): string =>
  value == null || Number.isNaN(value) ? '-' : `${value.toFixed(2)} x`
const mebibytes = (bytes: number | null): string => number(bytes === null ? null : bytes / 1024 ** 2, 0)

interface Column {
  head: string
  of(row: Row): string | number
  /** Only where caller and worker are two processes, or only where they are one. */
  in?: Layout
}

const COLUMNS: readonly Column[] = [
  { head: 'in flight', of: ({ inFlight }) => inFlight },
  { head: 'subject', of: ({ subject }) => subject },
  { head: 'calls', of: ({ calls }) => calls },
  { head: 'p50 ms', of: ({ p50Ms }) => number(p50Ms, 1) },
  { head: 'p99 ms', of: ({ p99Ms }) => number(p99Ms, 1) },
  { head: 'first token ms', of: ({ firstTokenMs }) => number(firstTokenMs, 1) },
  { head: 'per second', of: ({ perSecond }) => number(perSecond, 1) },
  { head: 'provider calls', of: ({ providerCalls }) => number(providerCalls, 2) },
  { head: 'CPU caller ms', of: ({ cpuMs }) => number(cpuMs.caller, 2), in: 'apart' },
  { head: 'CPU worker ms', of: ({ cpuMs }) => number(cpuMs.worker, 2), in: 'apart' },
  { head: 'CPU caller+worker ms', of: ({ cpuMs }) => number(cpuMs.worker, 2), in: 'together' },
  { head: 'CPU server ms', of: ({ cpuMs }) => number(cpuMs.server, 2) },
  { head: 'worker+server ms', of: ({ totalCpuMs }) => number(totalCpuMs, 2) },
  { head: 'MiB', of: ({ rssBytes }) => mebibytes(rssBytes) },
  { head: 'MiB server', of: ({ serverRssBytes }) => mebibytes(serverRssBytes) },
  { head: 'held against', of: ({ ratio }) => ratio?.to ?? '-' },
  { head: 'CPU', of: ({ ratio }) => times(ratio?.cpu) },
  { head: 'p50', of: ({ ratio }) => times(ratio?.p50) },
  { head: 'first token', of: ({ ratio }) => times(ratio?.firstToken) },
]

export function timingTable({ rows, layout }: Pick<Report, 'rows' | 'layout'>): string {
  const columns = COLUMNS.filter((column) => (column.in ?? layout) === layout)
  const colAligns = columns.map((_, at) => (at < 2 ? 'left' : 'right'))
  const table = new Table({ head: columns.map(({ head }) => head), colAligns, ...plain })
  for (const row of rows) table.push(columns.map(({ of }) => of(row)))
  return table.toString()
}

export function footprintTable(footprints: readonly Footprint[]): string {
  const head = ['subject', 'calls', 'events', 'history bytes', 'heartbeats', 'answered before the end']
  const colAligns = head.map((_, at) => (at === 0 ? 'left' : 'right'))
  const table = new Table({ head, ...plain, colAligns })
  for (const { subject, sampled, events, bytes, heartbeats, early } of footprints)
    table.push([subject, sampled, events, bytes, heartbeats, early])
  return table.toString()
}

const NOT_MEASURED =
  'A gateway runs in one process with its worker, and its CPU is theirs: its caller is in another one, over HTTP.\n' +
  'Not measured: a provider (the CPU of the simulator is not counted), a network between the processes, a database other than\n' +
  'SQLite, and more than one worker. Absolute times are of this machine; the ratios are what carries over.'

export function reportText(report: Report): string {
  const { machine, rows, footprints, studies } = report
  const { texts, verdicts: studied } = studyTexts(studies)
  const lines = [
    `${machine.cpus} x ${machine.cpu}, Node ${machine.node}, ${machine.server}`,
    ...(rows.length === 0 ? [] : [...roundsText(report), '']),
    ...(footprints.length === 0 ? [] : [footprintTable(footprints), '']),
    ...texts.flatMap((text) => [text, '']),
    ...[...verdicts(rows, footprints), ...studied].map(verdictLine),
    '',
    NOT_MEASURED,
  ]
  return `${lines.join('\n')}\n`
}

function roundsText(report: Report): string[] {
  const { layout, rounds, segmentMs, rows } = report
  const where =
    layout === 'together'
      ? 'caller and worker in one process, as in `holdfast up`'
      : 'caller and worker in two processes'
  return [
    `${rounds} rounds of ${segmentMs / 1_000} s for each subject; ${where}`,
    '',
    timingTable(report),
    ...rows.filter(({ failed }) => failed > 0).map(failureLine),
  ]
}

const failureLine = ({ subject, inFlight, failed, reason }: Row): string =>
  `WARNING  ${failed} calls of ${subject} failed at ${inFlight} in flight: ${reason}`

const verdictLine = ({ target, measured, met }: Verdict): string => `${mark(met)}  ${target}: ${measured}`

const mark = (met: boolean | null): string => (met === null ? 'unknown' : met ? 'met    ' : 'MISSED ')
