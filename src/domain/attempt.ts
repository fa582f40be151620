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

/** The calls that reached out to the provider: lost workers and refused admissions are not among them. */
export const countCalls = (records: readonly AttemptRecord[]): number =>
  records.filter((record) => record.failure === undefined || ruleOf(record.failure.class).counts).length

/** What a candidate failed of: a retry that its circuit refused says less than the calls before it. */
export function decisiveFailure(records: readonly AttemptRecord[]): Failure | undefined {
  const failures = records.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  return failures.findLast((failure) => !refusedByCircuit(failure)) ?? failures.at(-1)
}
