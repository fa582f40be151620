/** How a fault showed in latency and success, before, while it stood, and after it. Pure. */
import type { FaultWindow, RequestRecord } from './types'

export interface Spell {
  requests: number
  answered: number
  /** Of those that were answered, in milliseconds; null: none was. */
  p50Ms: number | null
  p99Ms: number | null
}

export interface Course {
  before: Spell
  during: Spell
  after: Spell
  /** From the end of the fault until requests go as before; null: they did not within what was observed. */
  recoveredMs: number | null
}

/** A share of requests that are answered, and a latency, count as they were before within these. */
const WINDOW_MS = 5_000
const STEP_MS = 1_000
const SUCCESS_TOLERANCE = 0.1
const LATENCY_RATIO = 2
/** Fewer say nothing. */
const REQUESTS_MIN = 5

/** By when a request ended: what ends well shows that the cluster works. */
export function courseOf(requests: readonly RequestRecord[], { beganAt, endedAt }: FaultWindow): Course {
  const ended = (from: number, to: number): RequestRecord[] =>
    requests.filter((request) => request.endedAt >= from && request.endedAt < to)
  const before = spellOf(ended(0, beganAt))
  const during = spellOf(ended(beganAt, endedAt))
  const after = spellOf(ended(endedAt, Number.POSITIVE_INFINITY))
  const lastAt = requests.reduce((latest, request) => Math.max(latest, request.startedAt), endedAt)
  for (let from = endedAt; from < lastAt; from += STEP_MS) {
    // What was begun before hangs on what has passed: how those go that begin now is the question.
    const begun = requests.filter(({ startedAt }) => startedAt >= from && startedAt < from + WINDOW_MS)
    if (isAsBefore(spellOf(begun), before)) return { before, during, after, recoveredMs: from - endedAt }
  }
  return { before, during, after, recoveredMs: null }
}

const isAsBefore = (now: Spell, before: Spell): boolean =>
  now.requests >= REQUESTS_MIN &&
  now.answered / now.requests >= before.answered / Math.max(1, before.requests) - SUCCESS_TOLERANCE &&
  (now.p50Ms ?? Number.POSITIVE_INFINITY) <= (before.p50Ms ?? 0) * LATENCY_RATIO

export function spellOf(requests: readonly RequestRecord[]): Spell {
  const answered = requests.filter(({ end }) => end.type === 'answered')
  const latencies = answered
    .map(({ startedAt, endedAt }) => endedAt - startedAt)
    .sort((one, other) => one - other)
  return {
    requests: requests.length,
    answered: answered.length,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  }
}

const quantile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null
