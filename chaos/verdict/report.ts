/** What is printed of a run: a row for each fault, and every violation. Pure. */
import Table from 'cli-table3'
import { groupBy } from './group'
import type { Violation } from './judge'
import type { Course } from './recovery'
import type { RequestRecord } from './types'

export interface FaultReport {
  fault: string
  requests: number
  answered: number
  /** By the name of the error. `connection`: it broke, of a request without an idempotency key. */
  failed: { [kind: string]: number }
  /** Sent again by callers, after a broken connection or while the cluster could not be reached. */
  resent: number
  counts: { [count in Violation['count']]: number }
  /** Completed calls whose answer was never committed, and that were made again. */
  gap: number
  course: Course
  violations: Violation[]
}

export interface ChaosReport {
  seed: number
  faults: FaultReport[]
  /** What the machine has not what it takes for. */
  notRun: { fault: string; needs: string }[]
  passed: boolean
}

export function failuresOf(requests: readonly RequestRecord[]): { [kind: string]: number } {
  const kinds = requests.flatMap(({ end }) =>
    end.type === 'failed' ? [end.kind] : end.type === 'broken' ? ['connection'] : [],
  )
  const counted = groupBy(kinds, (kind) => kind)
  return Object.fromEntries([...counted].map(([kind, all]) => [kind, all.length]))
}

export function countsOf(violations: readonly Violation[]): FaultReport['counts'] {
  const counts = { lost: 0, wrong: 0, paidTwice: 0, probes: 0, circuits: 0 }
  for (const { count } of violations) counts[count] += 1
  return counts
}

/** A run passes when something ran, every count of every fault is 0, and it recovered. */
export const passes = (faults: readonly FaultReport[]): boolean =>
  faults.length > 0 &&
  faults.every(({ violations, course }) => violations.length === 0 && course.recoveredMs !== null)

const seconds = (ms: number | null): string => (ms === null ? '-' : `${(ms / 1_000).toFixed(1)} s`)
const spell = ({ p50Ms, p99Ms }: Course['before']): string => `${seconds(p50Ms)} / ${seconds(p99Ms)}`

const HEAD = [
  ...[
    'fault',
    'requests',
    'answered',
    'failed',
    'resent',
    'lost',
    'wrong',
    'paid twice',
    'gap',
    'probes',
    'circuits',
  ],
  ...['before p50 / p99', 'during', 'after', 'recovered in'],
]

const rowOf = ({ fault, requests, answered, failed, resent, counts, gap, course }: FaultReport): string[] => [
  fault,
  `${requests}`,
  `${answered}`,
  Object.entries(failed)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', '),
  `${resent}`,
  ...[counts.lost, counts.wrong, counts.paidTwice, gap, counts.probes, counts.circuits].map(String),
  ...[course.before, course.during, course.after].map(spell),
  course.recoveredMs === null ? 'not' : seconds(course.recoveredMs),
]

export function reportText({ faults, notRun, passed, seed }: ChaosReport): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [] } })
  table.push(...faults.map(rowOf))
  const violations = faults.flatMap(({ fault, violations: all }) =>
    all.map(({ count, what }) => `${fault}: ${count}: ${what}`),
  )
  const lacking = notRun.map(({ fault, needs }) => `not run: ${fault} needs ${needs}`)
  const verdict = passed ? 'passed' : 'FAILED'
  return [table.toString(), ...violations, ...lacking, `${verdict} (seed ${seed})`, ''].join('\n')
}
