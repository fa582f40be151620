/** The record of one attempt: what the result, the error, the logs and the Web UI show of it. */

import { type Failure, gaveWay, lackedTurn, refusedByCircuit, ruleOf } from '../failures/failure'
import { jsonBytes } from '../request/json'
import type { Usage } from '../streaming/answer'
import type { Spent } from './spent'

export interface AttemptRecord extends Spent {
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
  /** As its provider has reported it, of a call that was cut as far as that. */
  usage?: Usage | undefined
  /** It read on what an earlier attempt had begun: the prompt was not sent, or paid for, again. Absent: it did not. */
  adopted?: true | undefined
  /** What the provider calls the request, as far as it has said. Absent: it has not, or an older build made the call. */
  requestId?: string | undefined
}

/** Of the attempt that comes after these. */
export const nextNumber = (records: readonly AttemptRecord[]): number => (records.at(-1)?.number ?? 0) + 1

/** With one more. Several in a row whose turn had not come are one: who waits for hours is refused thousands of times. */
export function withRecord(records: readonly AttemptRecord[], record: AttemptRecord): AttemptRecord[] {
  const last = records.at(-1)
  if (last === undefined || !lackedTurn(last.failure) || !lackedTurn(record.failure))
    return [...records, record]
  const durationMs = record.startedAt + record.durationMs - last.startedAt
  return [...records.slice(0, -1), { ...record, startedAt: last.startedAt, durationMs }]
}

/** Waits of days may have thousands: so many are carried on, the first of them and the latest. */
const CARRIED_FIRST = 20
const CARRIED_MAX = 400

/**
 * The first records and the latest, as many as fit into `maxBytes` of JSON; what is left out is between them. One that
 * is too long by itself is left out.
 */
export function boundedRecords(records: readonly AttemptRecord[], maxBytes: number): AttemptRecord[] {
  const sized = records.map((record) => ({ record, bytes: jsonBytes(record) + 1 }))
  const all = sized.reduce((sum, { bytes }) => sum + bytes, 1)
  if (records.length <= CARRIED_MAX && all <= maxBytes) return [...records]
  // The latest say why it has not ended yet: half of the room is theirs.
  const first = fitting(sized.slice(0, CARRIED_FIRST), maxBytes / 2)
  const used = first.reduce((sum, { bytes }) => sum + bytes, 1)
  const others = sized
    .slice(CARRIED_FIRST)
    .slice(-(CARRIED_MAX - CARRIED_FIRST))
    .reverse()
  const latest = fitting(others, maxBytes - used).reverse()
  return [...first, ...latest].map(({ record }) => record)
}

function fitting<T extends { bytes: number }>(sized: readonly T[], maxBytes: number): T[] {
  let leftBytes = maxBytes
  return sized.filter(({ bytes }) => {
    if (bytes > leftBytes) return false
    leftBytes -= bytes
    return true
  })
}

/** A probe whose caller has left for the next candidate (activities/probe.ts): its call went on. */
export const isLeftProbe = ({ failure, estimate }: AttemptRecord): boolean =>
  failure !== undefined && refusedByCircuit(failure) && estimate !== undefined

/** The calls that reached out to the provider: lost workers and refused admissions are not among them. */
export const countCalls = (records: readonly AttemptRecord[]): number =>
  records.filter(({ failure }) => failure === undefined || ruleOf(failure.class).counts || gaveWay(failure))
    .length

/** What a candidate failed of: a retry that its circuit refused says less than the calls before it. */
export function decisiveFailure(records: readonly AttemptRecord[]): Failure | undefined {
  const failures = records.flatMap(({ failure }) => (failure === undefined ? [] : [failure]))
  return failures.findLast((failure) => !refusedByCircuit(failure)) ?? failures.at(-1)
}
