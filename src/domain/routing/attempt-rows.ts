/**
 * The attempts of a generation as rows of text, for a terminal and for the Web UI alike. Pure, content-free.
 *
 * ATTEMPT-ROWS-1 In the order of their starts, each with its offset: who overlapped whom can be read from top to bottom.
 */
import { type Failure, gaveWay } from '../failures/failure'
import type { Usage } from '../streaming/answer'
import { duration } from '../text/durations'
import type { AttemptRecord } from './attempt'
import { costUsd } from './cost'
import type { Candidate } from './route'

export interface AttemptRow {
  /** After the first attempt's start. */
  at: string
  target: string
  /** At this target, from 1. */
  attempt: string
  took: string
  /** HTTP status and failure class, or `answered`. */
  outcome: string
  /** What the provider said; empty: it answered. */
  why: string
  /** In and out; empty: not known. */
  tokens: string
  /** Empty: not known. */
  cost: string
  /** What followed from it. */
  followed: string
}

/** The candidates of the route, by whose places the records name them. */
type Priced = readonly Pick<Candidate, 'facts'>[]

/** ATTEMPT-ROWS-1. `candidates`: for the cost; empty: it is not known. `last`: what follows where nothing has. */
export function attemptRows(
  records: readonly AttemptRecord[],
  candidates: Priced = [],
  last = 'gave up',
): AttemptRow[] {
  const inTime = [...records].sort((one, other) => one.startedAt - other.startedAt)
  const beganAt = inTime[0]?.startedAt ?? 0
  return inTime.map((record, index) => {
    const { target, number, startedAt, durationMs, failure, usage, adopted } = record
    return {
      at: `+${duration(startedAt - beganAt)}`,
      target,
      attempt: String(number),
      took: duration(durationMs),
      outcome: outcomeOf(failure),
      why: failure === undefined ? (adopted ? ADOPTED : '') : whyOf(failure),
      tokens: usage === undefined ? '' : tokensText(usage),
      cost: dollars(attemptCostUsd(record, candidates)),
      followed: followedBy(record, inTime, index) ?? last,
    }
  })
}

const outcomeOf = (failure: Failure | undefined): string =>
  failure === undefined ? 'answered' : [failure.status, failure.class].filter(Boolean).join(' ')

const ADOPTED = 'read on what an earlier attempt had begun'

/** Less what the outcome says already. */
const whyOf = ({ message, status }: Failure): string =>
  status !== undefined && message.startsWith(`HTTP ${status}: `)
    ? message.slice(`HTTP ${status}: `.length)
    : message

const tokensText = ({ inputTokens, outputTokens }: Usage): string => `${inputTokens} in, ${outputTokens} out`

const dollars = (usd: number | null): string => (usd === null ? '' : `$${usd.toFixed(6)}`)

function attemptCostUsd({ candidate, usage }: AttemptRecord, candidates: Priced): number | null {
  const facts = candidates[candidate]?.facts
  return facts === undefined ? null : costUsd(usage ?? null, facts)
}

/** What all of them cost, US dollars: of those whose usage and price are known. null: of none. */
export function attemptsCostUsd(records: readonly AttemptRecord[], candidates: Priced): number | null {
  const costs = records.map((record) => attemptCostUsd(record, candidates)).filter((cost) => cost !== null)
  return costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0)
}

const endOf = ({ startedAt, durationMs }: AttemptRecord): number => startedAt + durationMs

/** null: nothing that is known. */
function followedBy(record: AttemptRecord, inTime: readonly AttemptRecord[], index: number): string | null {
  const { target, failure, retryInMs } = record
  if (failure === undefined) return 'done'
  if (retryInMs !== undefined) {
    const reason =
      failure.retryAfterMs === undefined
        ? 'backoff'
        : `Retry-After asked for ${duration(failure.retryAfterMs)}`
    return `waited ${duration(retryInMs)} (${reason})`
  }
  if (gaveWay(failure)) return 'gave way'
  if (failure.class === 'cancelled') return 'hung up'
  const later = inTime.slice(index + 1)
  const next = later.find(({ startedAt }) => startedAt >= endOf(record))
  if (next !== undefined) return wentOn(target, next.target, inTime.slice(0, index))
  const beside = inTime.find((other) => other.target !== target && endOf(other) > endOf(record))
  return beside === undefined ? null : `left to ${beside.target}`
}

function wentOn(target: string, next: string, before: readonly AttemptRecord[]): string {
  if (next === target) return 'tried again'
  return before.some((earlier) => earlier.target === next) ? `back to ${next}` : `fell back to ${next}`
}
