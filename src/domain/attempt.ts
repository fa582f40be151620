/** The record of one attempt: what the result, the error, the logs and the Web UI tell about it. */
import type { Usage } from './answer'
import { type Failure, refusedByCircuit, ruleOf } from './failure'

export interface AttemptRecord {
  /** Place of the target in the route, from 0. */
  candidate: number
  target: string
  /** Which attempt at this candidate, from 1. */
  number: number
  /** Epoch milliseconds. */
  startedAt: number
  durationMs: number
  /** Absent: it succeeded. */
  failure?: Failure | undefined
  /** How long the next attempt at this target was put off; absent where there was none. */
  retryInMs?: number | undefined
  usage?: Usage | undefined
}

/** Waits of days may have thousands: so many are carried on, the first of them and the latest. */
const CARRIED_FIRST = 20
const CARRIED_MAX = 400

/** Not to be too much for the input of a run; what is left out is between the first ones and the rest. */
export const boundedRecords = (records: AttemptRecord[]): AttemptRecord[] =>
  records.length <= CARRIED_MAX
    ? records
    : [...records.slice(0, CARRIED_FIRST), ...records.slice(CARRIED_FIRST - CARRIED_MAX)]

/** The calls that reached out to the provider: lost workers and refused admissions are not among them. */
export const countCalls = (records: readonly AttemptRecord[]): number =>
  records.filter((record) => record.failure === undefined || ruleOf(record.failure.class).counts).length

/** What a candidate failed of: a retry that its circuit refused says less than the calls before it. */
export function decisiveFailure(records: readonly AttemptRecord[]): Failure | undefined {
  const failures = records.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  return failures.findLast((failure) => !refusedByCircuit(failure)) ?? failures.at(-1)
}
