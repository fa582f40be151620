/** The benchmark's result, for a terminal. */
import Table from 'cli-table3'
import type { Footprint } from './footprint'
import type { Row } from './rounds'
import type { Layout } from './team'

/** What a generation may cost: the project's own budget. */
export const TARGETS = { cpuTimesFloor: 1.3, events: 14, heartbeats: 0, gatewayTimesFloor: 0.7 }

export interface Report {
  layout: Layout
  rounds: number
  segmentMs: number
  machine: { cpus: number; cpu: string; node: string; server: string }
  rows: Row[]
  footprints: Footprint[]
}

const plain = { style: { head: [], border: [] } }
const right = (columns: number) =>
  Array.from({ length: columns }, (_, at) => (at < 2 ? 'left' : 'right')) as ('left' | 'right')[]

const number = (value: number | null, digits: number): string =>
  value === null || Number.isNaN(value) ? '-' : value.toFixed(digits)
const times = (value: number | null | undefined): string => (value == null ? '-' : `${value.toFixed(2)} x`)

export function timingTable({ rows, layout }: Report): string {
  const apart = layout === 'apart'
  const head = [
    'in flight',
    'subject',
    'calls',
    'p50 ms',
    'p99 ms',
    'first token ms',
    'per second',
    ...(apart ? ['CPU caller ms'] : []),
    apart ? 'CPU worker ms' : 'CPU caller+worker ms',
    'CPU server ms',
    apart ? 'worker+server ms' : 'CPU in all ms',
    'CPU / floor',
    'p50 / floor',
    'first token / floor',
  ]
  const table = new Table({ head, colAligns: right(head.length), ...plain })
  for (const row of rows) {
    const { inFlight, subject, calls, p50Ms, p99Ms, cpuMs, timesFloor } = row
    table.push([
      inFlight,
      subject,
      calls,
      number(p50Ms, 1),
      number(p99Ms, 1),
      number(row.firstTokenMs, 1),
      number(row.perSecond, 1),
      ...(apart ? [number(cpuMs.caller, 2)] : []),
      number(cpuMs.worker, 2),
      number(cpuMs.server, 2),
      number(row.totalCpuMs, 2),
      times(timesFloor?.cpu),
      times(timesFloor?.p50),
      times(timesFloor?.firstToken),
    ])
  }
  return table.toString()
}

export function footprintTable({ footprints }: Pick<Report, 'footprints'>): string {
  const head = ['subject', 'calls', 'events', 'history bytes', 'heartbeats', 'answered before the end']
  const colAligns = head.map((_, at) => (at === 0 ? 'left' : 'right'))
  const table = new Table({ head, ...plain, colAligns })
  for (const { subject, sampled, events, bytes, heartbeats, early } of footprints)
    table.push([subject, sampled, events, bytes, heartbeats, early])
  return table.toString()
}

interface Verdict {
  target: string
  measured: string
  /** null: it could not be measured here. */
  met: boolean | null
}

export function verdicts({ rows, footprints }: Pick<Report, 'rows' | 'footprints'>): Verdict[] {
  const { cpuTimesFloor, events, heartbeats, gatewayTimesFloor } = TARGETS
  const generations = rows.filter(({ subject }) => subject === 'holdfast')
  const footprint = footprints.find(({ subject }) => subject === 'holdfast')
  const cpu = generations.map(({ inFlight, timesFloor }): Verdict => {
    const ratio = timesFloor?.cpu ?? null
    return {
      target: `a generation costs at most ${cpuTimesFloor} x the floor's CPU, ${inFlight} in flight`,
      measured: times(ratio),
      met: ratio === null ? null : ratio <= cpuTimesFloor,
    }
  })
  const gateway = rows.find(({ subject, inFlight }) => subject === 'gateway' && inFlight === 1)
  const answered = gateway?.timesFloor?.p50 ?? null
  const early: Verdict = {
    target: `the gateway's caller has its answer within ${gatewayTimesFloor} x the floor's time, 1 in flight`,
    measured: times(answered),
    met: answered === null ? null : answered <= gatewayTimesFloor,
  }
  if (footprint === undefined) return [...cpu, early]
  return [
    ...cpu,
    early,
    {
      target: `a healthy generation's history has at most ${events} events`,
      measured: String(footprint.events),
      met: footprint.events <= events,
    },
    {
      target: 'a generation under 5 s sends no heartbeat',
      measured: String(footprint.heartbeats),
      met: footprint.heartbeats === heartbeats,
    },
  ]
}

const NOT_MEASURED =
  'A gateway runs in one process with its worker, and its CPU is theirs: its caller is in another one, over HTTP.\n' +
  'Not measured: a provider (the simulator answers at once, and its CPU is not counted), the CPU of a gateway\n' +
  'measured against, failures, a network between the processes, a database other than the SQLite in memory of the embedded server, and\n' +
  'more than one worker. Absolute times are of this machine; the ratios are what carries over.'

export function reportText(report: Report): string {
  const { layout, rounds, segmentMs, machine } = report
  const where =
    layout === 'together'
      ? 'caller and worker in one process, as in `holdfast up`'
      : 'caller and worker in two processes'
  const lines = [
    `${machine.cpus} x ${machine.cpu}, Node ${machine.node}, ${machine.server}`,
    `${rounds} rounds of ${segmentMs / 1_000} s for each subject; ${where}`,
    '',
    timingTable(report),
    '',
    footprintTable(report),
    '',
    ...report.rows.filter(({ failed }) => failed > 0).map(failureLine),
    ...verdicts(report).map(({ target, measured, met }) => `${mark(met)}  ${target}: ${measured}`),
    '',
    NOT_MEASURED,
  ]
  return `${lines.join('\n')}\n`
}

const failureLine = ({ subject, inFlight, failed, reason }: Row): string =>
  `WARNING  ${failed} calls of ${subject} failed at ${inFlight} in flight: ${reason}`

const mark = (met: boolean | null): string => (met === null ? 'unknown' : met ? 'met    ' : 'MISSED ')
