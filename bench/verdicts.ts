/** What is wanted, and whether a run has shown it. */
import type { Footprint } from './footprint'
import type { Row } from './rounds'
import type { SubjectName } from './subjects'

export interface Verdict {
  target: string
  measured: string
  /** null: it could not be measured here. */
  met: boolean | null
}

/** What a healthy generation may leave and send. */
export const TARGETS = { events: 14, heartbeats: 0 }

interface Goal {
  subject: SubjectName
  /** Absent: whatever is in flight. */
  inFlight?: number
  text: string
  /** null: not known. */
  of(row: Row, rows: readonly Row[]): number | null
  unit: 'x' | 'ms' | 'calls'
  /** Default `at_most`. */
  bound?: 'at_least'
  limit: number
}

const cpu = (row: Row): number | null => row.ratio?.cpu ?? null
const p50 = (row: Row): number | null => row.ratio?.p50 ?? null
const sameLoad = (rows: readonly Row[], subject: SubjectName, { inFlight }: Row): Row | undefined =>
  rows.find((row) => row.subject === subject && row.inFlight === inFlight)

const timesPeer = (peer: SubjectName) => (row: Row, rows: readonly Row[]) => {
  const other = sameLoad(rows, peer, row)
  return other === undefined ? null : row.perSecond / other.perSecond
}

const GOALS: readonly Goal[] = [
  { subject: 'holdfast', text: "the floor's CPU", of: cpu, unit: 'x', limit: 1.3 },
  { subject: 'gateway', inFlight: 1, text: "the floor's time", of: p50, unit: 'x', limit: 0.6 },
  {
    subject: 'gateway-stream',
    inFlight: 1,
    text: "first token, over the whole answer's time",
    of: (row, rows) => {
      const whole = sameLoad(rows, 'gateway', row)
      return whole === undefined || row.firstTokenMs === null ? null : row.firstTokenMs - whole.p50Ms
    },
    unit: 'ms',
    limit: 5,
  },
  ...(['up-file', 'up-file-stream'] as const).map(
    (subject): Goal => ({
      subject,
      inFlight: 16,
      text: "the other gateway's calls a second",
      of: timesPeer(subject === 'up-file' ? 'against' : 'against-stream'),
      unit: 'x',
      bound: 'at_least',
      limit: 1.2,
    }),
  ),
  { subject: 'open-circuit', text: "a healthy route's time", of: p50, unit: 'x', limit: 1.1 },
  { subject: 'open-circuit', text: "a healthy route's CPU", of: cpu, unit: 'x', limit: 1.1 },
  { subject: 'hedge', text: "sequence's CPU", of: cpu, unit: 'x', limit: 1.15 },
  { subject: 'long-tail', text: 'p99', of: ({ p99Ms }) => p99Ms, unit: 'ms', limit: 350 },
  {
    subject: 'long-tail',
    text: 'calls for an answer',
    of: ({ providerCalls }) => providerCalls,
    unit: 'calls',
    limit: 1.1,
  },
]

export function verdicts(rows: readonly Row[], footprints: readonly Footprint[]): Verdict[] {
  return [...GOALS.flatMap((goal) => ofGoal(goal, rows)), ...ofFootprint(footprints)]
}

const said = (value: number, unit: Goal['unit']) => `${value.toFixed(unit === 'ms' ? 1 : 2)} ${unit}`

function ofGoal(goal: Goal, rows: readonly Row[]): Verdict[] {
  const { subject, inFlight, text, of, unit, bound, limit } = goal
  return rows
    .filter((row) => row.subject === subject && (inFlight ?? row.inFlight) === row.inFlight)
    .map((row) => {
      const value = of(row, rows)
      return {
        target: `${subject}, ${row.inFlight} in flight: ${text}: at ${bound === 'at_least' ? 'least' : 'most'} ${limit} ${unit}`,
        measured: value === null ? '-' : said(value, unit),
        met: value === null ? null : bound === 'at_least' ? value >= limit : value <= limit,
      }
    })
}

function ofFootprint(footprints: readonly Footprint[]): Verdict[] {
  const own = footprints.find(({ subject }) => subject === 'holdfast')
  if (own === undefined) return []
  const { events, heartbeats } = TARGETS
  return [
    {
      target: `a healthy generation's history has at most ${events} events`,
      measured: String(own.events),
      met: own.events <= events,
    },
    {
      target: 'a generation under 5 s sends no heartbeat',
      measured: String(own.heartbeats),
      met: own.heartbeats <= heartbeats,
    },
  ]
}
